using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using OrleansGateway.Cluster.Invalidation;
using OrleansGateway.Leases;
using OrleansGateway.Leases.Ledger;
using OrleansGateway.Leases.Owners;
using OrleansGateway.Storage.Ledger;
using OrleansGateway.Telemetry;

namespace OrleansGateway.Cluster.Owners;

/// <summary>The owners that this silo has: made for their grains, told of changes, and ended in order.</summary>
internal sealed class SiloOwners(
    ILedgerStore ledger, PostgresOwnerLives lives, Func<AccountId, AccountSpec?> specs, TimeProvider time, string silo, ILogger<SiloOwners> log)
{
    // A millisecond or so, in which owners of so many accounts answer nobody.
    private const int AccountsCountedMax = 20_000;

    private readonly ConcurrentDictionary<string, Held> _owners = new(StringComparer.Ordinal);
    private readonly OwnerSettings _settings = new();
    private long _renewals;

    /// <summary>This life of the silo, as the database knows it.</summary>
    public string Silo => silo;

    public OwnerClock Clock { get; } = new(time);

    /// <summary>Told by the silo's term.</summary>
    public Func<bool> HoldsTerm { get; set; } = static () => false;

    /// <summary>Told of all that other silos have taken over, whether it was an owner or something else that there is one of.</summary>
    public Action<string> TakenOver { get; set; } = static _ => { };

    /// <summary>Whether nobody else can have taken over any of them without its being known here.</summary>
    public bool MayGrant => HoldsTerm();

    public int Count => _owners.Count;

    /// <summary>Requests for leases that were answered here since the start.</summary>
    public long Renewals => Interlocked.Read(ref _renewals);

    /// <summary>Takes an owner over from whoever had it.</summary>
    public Task<HostedOwner> OpenAsync(string name, CancellationToken cancellation) => OpenAsync(name, specs, cancellation);

    /// <summary>The same, with accounts that no rule makes.</summary>
    public async Task<HostedOwner> OpenAsync(string name, Func<AccountId, AccountSpec?> specs, CancellationToken cancellation)
    {
        var store = new OwnedLedger(ledger, lives, silo);
        var (record, former) = await store.BeginAsync(name, cancellation);
        if (former.End == LifeEnd.Unknown) log.TookOver(name, record.Epoch);
        var now = Clock.Now;
        var levels = new LedgerRecord { Owner = name, Epoch = record.Epoch, Version = 0, Accounts = former.Levels };
        var core = new OwnerCore(former.Settings(_settings, SiloTerm.Length, now), levels, specs, now, former.IsInUse);
        core.Reload(record, now);
        var owner = new HostedOwner(name, _ => core, store, Clock, log, isOnce: true);
        _owners[name] = new Held(owner, store);
        return owner;
    }

    /// <summary>Ends an owner, and keeps what the next one goes on from.</summary>
    public async Task CloseAsync(string name, HostedOwner owner, CancellationToken cancellation)
    {
        if (_owners.TryGetValue(name, out var held) && held.Owner == owner) _owners.TryRemove(new(name, held));
        if (await owner.EndAsync() is not { } remains) return;
        try
        {
            await lives.EndAsync(name, remains, cancellation);
        }
        catch (Exception failed) when (failed is LedgerException or OperationCanceledException)
        {
            log.NotHandedOver(failed, name);
        }
    }

    /// <summary>Other silos have taken these over: unless they have come back since.</summary>
    public void GiveUp(IEnumerable<Takeover> taken)
    {
        foreach (var (name, epoch) in taken)
        {
            TakenOver(name);
            if (!_owners.TryGetValue(name, out var held) || held.Ledger.Epoch >= epoch || !_owners.TryRemove(new(name, held))) continue;
            held.Owner.Retire();
            log.GaveUp(name);
        }
    }

    public void GiveUpAll() => GiveUp(_owners.Keys.Append(SiloHub.Name).Select(name => new Takeover(name, long.MaxValue)));

    public void SpecsChanged()
    {
        foreach (var held in _owners.Values) held.Owner.SpecsChanged();
    }

    public void Renewed() => Interlocked.Increment(ref _renewals);

    /// <summary>Leases that edges have of the owners here; none if there are more accounts than can be looked through in passing.</summary>
    public int? CountLeases()
    {
        var (count, left) = (0, AccountsCountedMax);
        foreach (var held in _owners.Values)
        {
            var (leases, accounts) = held.Owner.CountLeases(left + 1);
            count += leases;
            if ((left -= accounts) < 0) return null;
        }

        return count;
    }

    public void Observe(GatewayMetrics metrics, Readiness readiness)
    {
        metrics.Meter.CreateObservableGauge("gateway.owners.count", () => (long)Count, "{owner}", "Tenants, and rules of no tenant, whose limits are kept here.");
        metrics.Meter.CreateObservableGauge("gateway.owners.leases", () => CountLeases() is { } leases ? [new Measurement<long>(leases)] : Array.Empty<Measurement<long>>(), "{lease}",
            "Leases that edges have of them; not told where there are more than 20,000 accounts to look through.");
        metrics.Meter.CreateObservableCounter("gateway.owners.renewals", () => Renewals, "{request}", "Requests of edges for leases that were answered here.");
        metrics.Meter.CreateObservableGauge("gateway.owners.may_grant", () => MayGrant ? 1L : 0L, unit: null, "Whether owners here may grant: 1 or 0.");
        readiness.Watch(() => MayGrant ? [] : [new Trouble(Stops: false, "Owners on this node grant nothing: neither PostgreSQL nor Redis has said that they are its own.")]);
    }

    public IEnumerable<BudgetShare> BudgetShares() => _owners.Values.SelectMany(held => held.Owner.BudgetShares());

    private sealed record Held(HostedOwner Owner, OwnedLedger Ledger);
}

internal static partial class SiloOwnersLog
{
    [LoggerMessage(2400, LogLevel.Information, "Took {Owner} over from a silo that has not ended it; this is its life {Epoch}")]
    public static partial void TookOver(this ILogger log, string owner, long epoch);

    [LoggerMessage(2403, LogLevel.Warning, "Where the limits of {Owner} stand could not be handed over; they begin empty")]
    public static partial void NotHandedOver(this ILogger log, Exception exception, string owner);

    [LoggerMessage(2404, LogLevel.Warning, "Gave {Owner} up: another silo has taken it over")]
    public static partial void GaveUp(this ILogger log, string owner);
}
