using System.Collections.Concurrent;
using OrleansGateway.Leases.Journal;

namespace OrleansGateway.Leases.Edges;

/// <summary>
/// The edge of this process: admits from leases and deals with their owners, with two loops and one timer for all accounts. Stop it before the process ends, so that
/// everything goes back.
/// </summary>
internal sealed class LeasedAdmissions : IAdmissions, IAsyncDisposable
{
    private static readonly TimeSpan TickEvery = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan StopWithin = TimeSpan.FromSeconds(5);

    private readonly EdgeCore _core;
    private readonly EdgeClock _clock;
    private readonly Func<TimeSpan> _now;
    private readonly EdgeNotices _notices;
    private readonly ILeaseOwners _owners;
    private readonly ILogger _log;
    private readonly Admitting _admitting;
    private readonly EdgeSignals _signals;
    private readonly WaitingLine _line;
    private readonly WaitingLoop _waiting;
    private readonly ConcurrentDictionary<OwnerLink, OwnerLane> _lanes = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _sends;
    private readonly Task _waits;
    private readonly ITimer _tick;
    private int _isStopped;

    /// <param name="settings">How it goes about its leases.</param>
    /// <param name="session">This life of the edge: another one after each start.</param>
    /// <param name="journal">Where it writes down what it holds of money.</param>
    /// <param name="owners">Where requests go.</param>
    /// <param name="notices">What is counted.</param>
    /// <param name="time">Its clock; in place of the system's it goes by one that counts sleep.</param>
    /// <param name="log">Where it says that an owner does not answer.</param>
    public LeasedAdmissions(EdgeSettings settings, Guid session, IHoldJournal journal, ILeaseOwners owners, EdgeNotices notices, TimeProvider time, ILogger<LeasedAdmissions> log)
    {
        (_owners, _notices, _log, _clock) = (owners, notices, log, new EdgeClock(MachineTime.Of(time)));
        _now = () => _clock.Now;
        _signals = new EdgeSignals(notices);
        _core = new EdgeCore(settings, session, journal, _signals);
        _admitting = new Admitting(_core, LaneOf, _clock, notices);
        _line = new WaitingLine(settings.WaitingMax);
        _waiting = new WaitingLoop(_line, _admitting, _signals, _clock);
        _sends = SendAsync();
        _waits = _waiting.RunAsync(_stopping.Token);
        _tick = time.CreateTimer(static s => ((LeasedAdmissions)s!).Tick(), this, TickEvery, TickEvery);
    }

    /// <summary>What this edge has.</summary>
    public EdgeView View() => _core.View();

    public Hold NewHold(string name) => _core.NewHold(name);

    public Account? Find(string owner, AccountId id, AccountSpec spec) => _core.Open(owner, id, spec);

    public ValueTask<Admission> AdmitAsync(Hold hold, ReadOnlyMemory<Account> accounts, Amounts units, AdmissionTerms terms, CancellationToken cancellation)
    {
        var ahead = _line.Ahead(accounts.Span, terms.Priority);
        if (ahead is null && _core.TryAdmit(hold, accounts.Span, units, _clock.Latest, _now)) return default;
        if (terms.WaitMax > TimeSpan.Zero && IsCrowded(accounts.Span, terms.QueueMax)) terms = terms with { WaitMax = TimeSpan.Zero };
        return AdmitWithOwnersAsync(new(hold, accounts, units, terms, _clock.Now), ahead, cancellation);
    }

    /// <summary>The configuration is another one: what is to hand of accounts that it changes goes back, before their owners decide by it.</summary>
    public void SpecsChanged(Func<AccountId, AccountSpec?> specs)
    {
        foreach (var link in _core.SpecsChanged(specs)) LaneOf(link).Send();
    }

    /// <summary>Has all who wait ask again: there may be more than their owners said.</summary>
    public void AskAgain()
    {
        foreach (var request in _line.ToArray())
        {
            if (request.Binding is { } binding) _signals.Freed(binding);
        }
    }

    public async Task ReportAsync(CancellationToken cancellation)
    {
        foreach (var link in _core.Links) await LaneOf(link).ReportAsync().WaitAsync(cancellation);
    }

    /// <summary>Refuses those who wait, admits nobody more, and gives everything back that is not held. To be called when requests have ended.</summary>
    public async Task StopAsync(CancellationToken cancellation)
    {
        if (Interlocked.Exchange(ref _isStopped, 1) != 0) return;
        _core.Stop();
        await _tick.DisposeAsync();
        foreach (var lane in _lanes.Values) await TryEndAsync(lane, cancellation);
        await _stopping.CancelAsync();
        await Task.WhenAll(_sends, _waits);
    }

    public async ValueTask DisposeAsync()
    {
        using var patience = new CancellationTokenSource(StopWithin, _clock.Provider);
        await StopAsync(patience.Token);
        _stopping.Dispose();
    }

    private async ValueTask<Admission> AdmitWithOwnersAsync(PendingAdmission request, Admission? ahead, CancellationToken cancellation)
    {
        var admission = ahead ?? await _admitting.TryAsync(request, cancellation);
        if (admission is { Denial: Denial.NotNow, Binding: { } binding } && request.Deadline > _clock.Now)
        {
            admission = await _waiting.WaitAsync(request, admission, cancellation);
            _notices.Waited(binding, _clock.Now - request.Since, admission.IsGranted);
        }

        if (!admission.IsGranted || admission.RetryAfter <= TimeSpan.Zero) return admission;
        CountDelayed(request, 1);
        try
        {
            // Shaped: the units are there from then on.
            await _clock.WaitAsync(admission.RetryAfter, cancellation);
        }
        catch (OperationCanceledException)
        {
            request.Hold.Undo(request.Mark);
            throw;
        }
        finally
        {
            CountDelayed(request, -1);
        }

        return default;
    }

    private static bool IsCrowded(ReadOnlySpan<Account> accounts, int queueMax)
    {
        foreach (var account in accounts)
        {
            if (Volatile.Read(ref account.Waiting) + Volatile.Read(ref account.Delayed) >= queueMax) return true;
        }

        return false;
    }

    // Only buckets put requests off.
    private static void CountDelayed(PendingAdmission request, int change)
    {
        foreach (var account in request.Accounts)
        {
            if (account.Spec.Kind == AccountKind.Bucket) Interlocked.Add(ref account.Delayed, change);
        }
    }

    private OwnerLane LaneOf(OwnerLink link) =>
        _lanes.GetOrAdd(link, static (l, self) => new OwnerLane(l, self._owners, self._clock, self._notices, self._log, self._stopping.Token), this);

    private void Tick()
    {
        _clock.Tick();
        foreach (var link in _core.Links)
        {
            if (link.Count > 0 || link.HasNews) link.Wake();
        }
    }

    private async Task SendAsync()
    {
        try
        {
            await foreach (var link in _signals.Links.ReadAllAsync(_stopping.Token))
            {
                var lane = LaneOf(link);
                lane.Visit();
                lane.Send();
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped: what is left was given back.
        }
    }

    private async Task TryEndAsync(OwnerLane lane, CancellationToken cancellation)
    {
        try
        {
            await lane.EndAsync(cancellation);
        }
        catch (Exception e) when (e is TimeoutException or IOException or OperationCanceledException)
        {
            _log.NotGivenBack(lane.Link.Owner, e);
        }
    }
}

internal static partial class LeasedAdmissionsLog
{
    [LoggerMessage(2351, LogLevel.Warning, "What is left of the leases of owner {Owner} could not be given back")]
    public static partial void NotGivenBack(this ILogger log, string owner, Exception exception);
}
