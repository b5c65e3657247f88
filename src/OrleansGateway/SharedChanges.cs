using System.Data.Common;
using OrleansGateway.Admin;
using OrleansGateway.Audit;
using OrleansGateway.Telemetry;
using OrleansGateway.Tenants;

namespace OrleansGateway;

/// <summary>
/// Takes over what other nodes of a cluster change: keys, tenants, admins. The audit log tells of each change, in order and without a gap, in the commit that made it; so it is looked at
/// often, and a node that cannot look goes on with what it has, and says so.
/// </summary>
internal sealed class SharedChanges(
    IAuditLog audit, KeyDirectory keys, TenantDirectory tenants, Readiness readiness, TimeProvider time, ILogger<SharedChanges> log)
{
    /// <summary>A quarter of the time within which a revoked key is to be refused everywhere.</summary>
    private static readonly TimeSpan s_lookEvery = TimeSpan.FromMilliseconds(250);

    private static readonly TimeSpan s_silentMax = TimeSpan.FromSeconds(2);

    private long _seen;
    private bool _hasBegun;
    private Func<CancellationToken, Task>? _load;
    private long _lookedAt = time.GetTimestamp();
    private volatile bool _isBlind;

    /// <summary>Whether all has been read into memory: not yet on a node that was started while the store was down.</summary>
    public bool HasLoaded => Volatile.Read(ref _load) is null;

    /// <summary>Reads all into memory; or leaves that to the first look that can. What is changed while it is read is looked at again.</summary>
    public async Task StartAsync(Func<CancellationToken, Task> load, AdminDirectory admins, CancellationToken cancellation)
    {
        _load = load;
        keys.Await();
        readiness.Watch(Trouble);
        await LookAsync(admins, cancellation);
    }

    public async Task RunAsync(AdminDirectory admins, CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(s_lookEvery, time);
        while (await timer.WaitForNextTickAsync(cancellation)) await LookAsync(admins, cancellation);
    }

    /// <summary>Takes over what was changed since the last look. What cannot be read now is at the next one.</summary>
    public async Task LookAsync(AdminDirectory admins, CancellationToken cancellation)
    {
        try
        {
            if (_load is { } load) await LoadAsync(load, cancellation);
            var (records, seen) = (new List<AuditEntry>(), _seen);
            await foreach (var record in audit.ReadAllAsync(new AuditFilter(1, After: _seen), cancellation))
            {
                records.Add(record.Entry);
                seen = record.Sequence;
            }

            if (records.Count > 0) await TakeAsync(records, admins, cancellation);
            _seen = seen;
            Volatile.Write(ref _lookedAt, time.GetTimestamp());
            if (_isBlind) log.Sees();
            _isBlind = false;
        }
        catch (Exception failed) when (failed is DbException or TimeoutException or IOException or ObjectDisposedException)
        {
            if (!_isBlind) log.Blind(failed.Message);
            _isBlind = true;
        }
    }

    private async Task LoadAsync(Func<CancellationToken, Task> load, CancellationToken cancellation)
    {
        // Once: what an earlier reading that was broken off took in may have been changed since.
        if (!_hasBegun) _seen = (await audit.ListAsync(new AuditFilter(1), cancellation)).Records is [var newest, ..] ? newest.Sequence : 0;
        _hasBegun = true;
        await load(cancellation);
        Volatile.Write(ref _load, null);
    }

    private async Task TakeAsync(List<AuditEntry> changes, AdminDirectory admins, CancellationToken cancellation)
    {
        // Tenants first: a key may be of one that is new.
        foreach (var tenant in changes.Where(static c => IsOf(c, "tenant.") || IsOf(c, "team.") || IsOf(c, "user.")).Select(static c => c.Tenant!).Distinct(StringComparer.Ordinal))
            await tenants.RefreshAsync(tenant, cancellation);
        string[] changed = [.. changes.Where(static c => IsOf(c, "key.")).Select(static c => c.Target).Distinct(StringComparer.Ordinal)];
        if (changed.Length > 0) await keys.RefreshAsync(changed, areNew: !changes.Exists(static c => IsOf(c, "key.") && c.Action != "key.create"), cancellation);
        if (changes.Exists(static c => IsOf(c, "admin.") || IsOf(c, "admin_token."))) await admins.RefreshAsync(cancellation);
    }

    private static bool IsOf(AuditEntry change, string kind) => change.Action.StartsWith(kind, StringComparison.Ordinal);

    private IEnumerable<Trouble> Trouble()
    {
        if (!HasLoaded)
        {
            yield return new Trouble(false, "The cluster's store has not been read since the start; what was made at run time of keys, tenants and admins is not known: unknown keys are refused with 503.");
        }
        else if (time.GetElapsedTime(Volatile.Read(ref _lookedAt)) is var silent && silent > s_silentMax)
        {
            var seconds = (long)silent.TotalSeconds;
            yield return new Trouble(false, string.Create(CultureInfo.InvariantCulture, $"The cluster's store cannot be read; keys, tenants and admins are those of {seconds} s ago."));
        }
    }
}

internal static partial class SharedChangesLog
{
    [LoggerMessage(1320, LogLevel.Warning, "The cluster's store cannot be read; keys, tenants and admins stay as they are: {Reason}")]
    public static partial void Blind(this ILogger log, string reason);

    [LoggerMessage(1321, LogLevel.Information, "The cluster's store can be read again")]
    public static partial void Sees(this ILogger log);
}
