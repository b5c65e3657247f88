using OrleansGateway.Leases.Edges;
using OrleansGateway.Leases.Ledger;
using OrleansGateway.Storage.Ledger;

namespace OrleansGateway.Cluster.Owners;

/// <summary>
/// Until when this silo's owners may go on granting without hearing anything: a silo that stood still, or was cut off, must not give out what another has taken over. It is extended by
/// the database that says what was taken over; while that is down nobody can take over but who did before, and then this silo was evicted before, so that the membership's word is
/// enough. With neither, nothing is granted until one of them is back.
/// </summary>
internal sealed class SiloTerm(SiloOwners owners, PostgresOwnerLives lives, ISiloMembership membership, TimeProvider time, ILogger<SiloTerm> log) : IHostedService, IDisposable
{
    /// <summary>Longest time without word. A silo that takes over from one that is unheard of lets nothing come back for so long.</summary>
    public static readonly TimeSpan Length = TimeSpan.FromMilliseconds(1500);

    private static readonly TimeSpan s_askEvery = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan s_answerMax = TimeSpan.FromMilliseconds(500);

    // Clocks of two machines do not run at quite the same speed.
    private static readonly TimeSpan s_margin = TimeSpan.FromMilliseconds(50);

    // What is told to a silo that is gone is kept for a day: one that stood still for longer may not hear of it.
    private static readonly TimeSpan s_forgottenAfter = TimeSpan.FromHours(1);

    private readonly TimeProvider _clock = MachineTime.Of(time);
    private readonly CancellationTokenSource _stop = new();
    private Task _asking = Task.CompletedTask;
    private Task<IReadOnlyList<Takeover>>? _asked;
    private long _until;
    private bool _wasLost;

    public bool Holds => Ticks < Volatile.Read(ref _until);

    private long Ticks => (long)((double)_clock.GetTimestamp() / _clock.TimestampFrequency * TimeSpan.TicksPerSecond);

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        owners.HoldsTerm = () => Holds;
        await AskAsync(cancellationToken);
        _asking = RunAsync();
    }

    /// <summary>Goes on for as long as owners are handed over: it is stopped after them.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync();
        await _asking;
    }

    public void Dispose() => _stop.Dispose();

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(s_askEvery, time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token)) await AskAsync(_stop.Token);
        }
        catch (OperationCanceledException)
        {
            // Stopped.
        }
    }

    private async Task AskAsync(CancellationToken cancellation)
    {
        var sent = Ticks;
        if (_until > 0 && sent > _until + s_forgottenAfter.Ticks) owners.GiveUpAll();
        if (await AskDatabaseAsync(cancellation) || await membership.IsMemberAsync(s_answerMax, cancellation)) Volatile.Write(ref _until, sent + (Length - s_margin).Ticks);
        if (Holds == !_wasLost) return;
        _wasLost = !Holds;
        if (_wasLost) log.TermLost();
        else log.TermBack();
    }

    private async Task<bool> AskDatabaseAsync(CancellationToken cancellation)
    {
        try
        {
            // One that does not answer is not asked again meanwhile; and its answer, when it comes, is too old to say anything of now.
            if (_asked is { IsCompleted: false }) return false;
            _asked = lives.TakenOverAsync(owners.Silo, cancellation).AsTask();
            var lost = await _asked.WaitAsync(s_answerMax, time, cancellation);
            if (lost.Count == 0) return true;
            owners.GiveUp(lost);
            await lives.GaveUpAsync(owners.Silo, lost, cancellation);
            return true;
        }
        catch (Exception unknown) when (unknown is LedgerException or TimeoutException)
        {
            return false;
        }
    }
}

/// <summary>Whether the cluster takes this silo for one of its own.</summary>
internal interface ISiloMembership
{
    /// <summary>False if it does not, or nobody says so within a time.</summary>
    Task<bool> IsMemberAsync(TimeSpan within, CancellationToken cancellation);
}

internal static partial class SiloTermLog
{
    [LoggerMessage(2410, LogLevel.Warning, "Neither PostgreSQL nor Redis says that this silo's owners are still its own; nothing is granted until one does")]
    public static partial void TermLost(this ILogger log);

    [LoggerMessage(2411, LogLevel.Information, "This silo's owners are known to be its own again")]
    public static partial void TermBack(this ILogger log);
}
