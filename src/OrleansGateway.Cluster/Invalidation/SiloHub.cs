using OrleansGateway.Cluster.Owners;
using OrleansGateway.Leases.Edges;
using OrleansGateway.Leases.Ledger;
using OrleansGateway.Leases.Owners;
using OrleansGateway.Storage.Invalidation;
using OrleansGateway.Storage.Ledger;

namespace OrleansGateway.Cluster.Invalidation;

/// <summary>
/// Makes the hub where the cluster places it, and ends it. It is fenced as owners are: the database says who numbers, and a silo that may have been replaced without knowing it answers
/// nobody. See the decision on the terms of silos.
/// </summary>
internal sealed class SiloHub(PostgresInvalidationLog log, PostgresOwnerLives lives, SiloOwners owners, TimeProvider time)
{
    /// <summary>The name under which a hub's life is kept, beside those of owners.</summary>
    public const string Name = "invalidation-hub";

    // Clocks of two machines do not run at quite the same speed.
    private static readonly TimeSpan s_margin = TimeSpan.FromMilliseconds(150);

    private readonly OwnerClock _clock = new(MachineTime.Of(time));
    private InvalidationHub? _hub;

    /// <summary>Hears from now on when another silo takes it over.</summary>
    public void Watch() => owners.TakenOver = name =>
    {
        if (name == Name) Retire();
    };

    /// <summary>Takes the hub over from whoever had it. Throws <see cref="IOException"/> if the database does not say that it is done.</summary>
    public async Task<InvalidationHub> OpenAsync(CancellationToken cancellation)
    {
        // One that was dropped here without being ended answers nobody from now on.
        Retire();
        try
        {
            var life = await log.TakeOverAsync(cancellation);
            var former = await lives.BeginAsync(Name, life.Life, owners.Silo, cancellation);
            var roll = new EdgeRoll(InvalidationHub.SilenceMax, HoldUntil(former, _clock.Now.Monotonic));
            var hub = new InvalidationHub(log, life, roll, new HubParts(time, () => _clock.Now.Monotonic, () => owners.MayGrant));
            Interlocked.Exchange(ref _hub, hub)?.Retire();
            return hub;
        }
        catch (Exception unknown) when (unknown is LedgerException or OrleansGateway.Invalidation.InvalidationException)
        {
            throw new IOException(unknown.Message);
        }
    }

    /// <summary>Ends it. The next one need not wait for this silo's term.</summary>
    public async Task CloseAsync(InvalidationHub hub, CancellationToken cancellation)
    {
        if (hub.IsRetired) return;
        hub.Retire();
        try
        {
            await lives.EndAsync(Name, new OwnerRemains(hub.Life, [], IsInUse: false), cancellation);
        }
        catch (Exception unknown) when (unknown is LedgerException or OperationCanceledException)
        {
            // The next one waits a little longer before it acknowledges.
        }
    }

    /// <summary>Another silo has taken it over. From any thread.</summary>
    public void Retire() => Interlocked.Exchange(ref _hub, null)?.Retire();

    /// <summary>Until when edges may serve by the word of the hub before.</summary>
    private static TimeSpan HoldUntil(FormerLife former, TimeSpan now) => former.End switch
    {
        LifeEnd.None => TimeSpan.MinValue,
        LifeEnd.Unknown => now + SiloTerm.Length + InvalidationHub.SilenceMax + s_margin,
        _ => now + InvalidationHub.SilenceMax - former.Ago + s_margin,
    };
}
