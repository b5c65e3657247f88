using System.Collections.Concurrent;
using OrleansGateway.Leases.Journal;
using OrleansGateway.Leases.Ledger;

namespace OrleansGateway.Leases.Owners;

/// <summary>
/// All owners of one machine, in this process. They come to memory when they are asked, and leave it when nothing of them is in use; one loop looks after all of them.
/// </summary>
internal sealed class EmbeddedOwners : IOwnerEngine, ILeaseOwners, IOwnerViews, IBudgets, IAsyncDisposable
{
    private static readonly TimeSpan SweepEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan IdleAfter = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, HostedOwner> _owners = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, AccountRow[]> _saved;
    private readonly CancellationTokenSource _stop = new();
    private readonly ILedgerStore _store;
    private readonly Func<AccountId, AccountSpec?> _specs;
    private readonly OwnerSettings _settings;
    private readonly TimeProvider _time;
    private readonly OwnerClock _clock;
    private readonly SavedLevels _levels;
    private readonly ILogger _log;
    private Task _sweeping = Task.CompletedTask;
    private long _epochs;
    private bool _isStopped;

    /// <param name="store">Where money is kept.</param>
    /// <param name="specs">What an account is like by the configuration now; null if no rule makes it. Asked under a lock: it must not wait.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">Where faults are told.</param>
    /// <param name="settings">How owners hand out; when accounts began is found out here.</param>
    /// <param name="levelsFile">Where levels are kept over a clean stop; null to begin whole at each start.</param>
    public EmbeddedOwners(ILedgerStore store, Func<AccountId, AccountSpec?> specs, TimeProvider time, ILogger<EmbeddedOwners> log, OwnerSettings settings, string? levelsFile)
    {
        (_store, _specs, _time, _log) = (store, specs, time, log);
        _clock = new OwnerClock(time);
        _levels = new SavedLevels(levelsFile);
        _saved = new ConcurrentDictionary<string, AccountRow[]>(_levels.Begin());
        var now = _clock.Now.Monotonic;
        _settings = settings with { SavedAt = now, EmptyAt = _levels.WasKilled ? now : TimeSpan.MinValue };
    }

    /// <summary>Owners in memory.</summary>
    public int Count => _owners.Count;

    /// <summary>Begins to look after owners, until <see cref="StopAsync"/>.</summary>
    public void Start() => _sweeping = SweepAsync();

    public ValueTask<LeaseReply> SendAsync(string owner, LeaseRequest request, CancellationToken cancellation)
    {
        while (true)
        {
            if (!Find(owner).TrySend(request, out var reply, out var later)) continue;
            return later is null ? ValueTask.FromResult(reply!) : new ValueTask<LeaseReply>(later.WaitAsync(cancellation));
        }
    }

    public ValueTask<LedgerRecord?> ReadAsync(string owner, CancellationToken cancellation) => _store.ReadAsync(owner, cancellation);

    public async ValueTask<BudgetActResult> ActAsync(string owner, BudgetAct act, CancellationToken cancellation)
    {
        var step = await DoAsync(owner, needsLedger: true, (core, now) => core.BeginAct(act, now)).WaitAsync(cancellation);
        return step!.Act!;
    }

    /// <summary>
    /// Settles what a session that is over has left, as its journal proves. When it returns that is durable, and the journal may go. Throws <see cref="LedgerException"/> if the
    /// ledger cannot be reached.
    /// </summary>
    public async Task RecoverAsync(JournalFindings findings, CancellationToken cancellation)
    {
        foreach (var owner in await _store.OwnersOfOthersAsync([], cancellation))
        {
            await DoAsync(owner, needsLedger: true, (core, now) => core.BeginRecovery(findings, now)).WaitAsync(cancellation);
        }
    }

    /// <summary>
    /// Puts into suspense what sessions other than this process's edge have, and of which no journal was found. To be called at the start, after <see cref="RecoverAsync"/>.
    /// </summary>
    public async Task SuspendOthersAsync(Guid ownSession, CancellationToken cancellation)
    {
        foreach (var owner in await _store.OwnersOfOthersAsync([ownSession], cancellation))
        {
            IReadOnlyList<Guid> sessions = [];
            await DoAsync(owner, needsLedger: true, (core, _) =>
            {
                sessions = core.SessionsWithMoney();
                return null;
            }).WaitAsync(cancellation);
            foreach (var session in sessions.Where(s => s != ownSession))
            {
                await DoAsync(owner, needsLedger: true, (core, now) => core.BeginSuspend(session, now)).WaitAsync(cancellation);
            }
        }
    }

    /// <summary>The configuration is another one: accounts are what it says from now on.</summary>
    public void SpecsChanged()
    {
        foreach (var owner in _owners.Values) owner.SpecsChanged();
    }

    /// <summary>What is spent of the budgets in memory.</summary>
    public IEnumerable<BudgetShare> BudgetShares() => _owners.Values.SelectMany(owner => owner.BudgetShares());

    /// <summary>Where an owner stands; money only if the ledger can be reached.</summary>
    public async ValueTask<OwnerView> ViewAsync(string owner, CancellationToken cancellation)
    {
        OwnerView? view = null;
        OwnerStep? Look(OwnerCore core, OwnerTime now)
        {
            view = core.View(now);
            return null;
        }

        try
        {
            await DoAsync(owner, needsLedger: true, Look).WaitAsync(cancellation);
        }
        catch (LedgerException)
        {
            await DoAsync(owner, needsLedger: false, Look).WaitAsync(cancellation);
        }

        return view!;
    }

    public async ValueTask<NearSlice> NearAsync(string owner, int from, int percent, int most, CancellationToken cancellation)
    {
        NearSlice? slice = null;
        await DoAsync(owner, needsLedger: false, (core, now) =>
        {
            slice = core.Near(from, percent, most, now);
            return null;
        }).WaitAsync(cancellation);
        return slice!;
    }

    /// <summary>Saves the levels of rates. Edges have given back what they had; requests that come after this are not counted.</summary>
    public async Task StopAsync()
    {
        if (_isStopped) return;
        _isStopped = true;
        await _stop.CancelAsync();
        await _sweeping;
        var levels = new Dictionary<string, AccountRow[]>(_saved);
        foreach (var owner in _owners.Keys)
        {
            await DoAsync(owner, needsLedger: false, (core, now) =>
            {
                levels[owner] = [.. core.Levels(now)];
                return null;
            });
        }

        _levels.End(levels.Where(l => l.Value.Length > 0).ToDictionary());
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
    }

    private HostedOwner Find(string owner) => _owners.GetOrAdd(
        owner,
        static (name, self) => new HostedOwner(name, isAnother => self.Make(name, isAnother), self._store, self._clock, self._log),
        this);

    private async Task<OwnerStep?> DoAsync(string owner, bool needsLedger, Func<OwnerCore, OwnerTime, OwnerStep?> begin)
    {
        while (true)
        {
            if (Find(owner).Do(needsLedger, begin) is { } done) return await done;
        }
    }

    /// <summary>A core without the ledger: it is asked when money is first at stake. One that takes the place of another does not know what edges have.</summary>
    private OwnerCore Make(string owner, bool isAnother)
    {
        var now = _clock.Now;
        _saved.TryRemove(owner, out var saved);
        var record = new LedgerRecord { Owner = owner, Epoch = Interlocked.Increment(ref _epochs), Version = 0, Accounts = isAnother ? [] : saved ?? [] };
        return new OwnerCore(isAnother ? _settings with { EmptyAt = now.Monotonic } : _settings, record, _specs, now, mayOthersHold: isAnother);
    }

    private async Task SweepAsync()
    {
        using var timer = new PeriodicTimer(SweepEvery, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                foreach (var (name, owner) in _owners)
                {
                    if (owner.Sweep(IdleAfter)) _owners.TryRemove(new(name, owner));
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped.
        }
    }
}
