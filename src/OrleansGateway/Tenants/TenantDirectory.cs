using System.Collections.Concurrent;
using OrleansGateway.Audit;
using OrleansGateway.Configuration;

namespace OrleansGateway.Tenants;

/// <summary>
/// The tenants, teams and users of the configuration and those made at run time, as one. What the configuration states wins, and is changed there only. A
/// change is on disk before it is in memory, and in memory before the call returns: the very next request sees it.
/// </summary>
internal sealed class TenantDirectory(ITenantStore store, WriteTurn writing, Func<Snapshot> current, TimeProvider time, ILogger<TenantDirectory> log) : ITenants
{
    /// <summary>Most tenants made at run time. All are in memory.</summary>
    public const int TenantsMax = 10_000;

    /// <summary>Most teams made at run time in one tenant.</summary>
    public const int TeamsMax = 500;

    /// <summary>Most users made at run time in one tenant, of all its teams: a tenant is shown whole.</summary>
    public const int UsersMax = 10_000;

    private readonly ConcurrentDictionary<string, TenantParts> _parts = new(StringComparer.Ordinal);

    /// <summary>Reads all into memory. Called once, before the first request.</summary>
    public async Task LoadAsync(CancellationToken cancellation)
    {
        var count = 0;
        await foreach (var owner in store.ReadAllAsync(tenant: null, cancellation))
        {
            Take(owner);
            count++;
        }

        log.TenantsLoaded(count);
    }

    /// <summary>Takes in what other nodes have made of a tenant, its teams and users.</summary>
    public async Task RefreshAsync(string tenant, CancellationToken cancellation)
    {
        using var turn = await writing.TakeAsync(cancellation);
        var parts = TenantParts.None;
        await foreach (var owner in store.ReadAllAsync(tenant, cancellation)) parts = parts.With(owner);
        if (parts.IsEmpty) _parts.TryRemove(tenant, out _);
        else _parts[tenant] = parts;
    }

    /// <inheritdoc/>
    public TenantSettings? Find(Snapshot snapshot, string id)
    {
        snapshot.Settings.Tenants.TryGetValue(id, out var stated);
        return _parts.TryGetValue(id, out var parts) ? parts.Over(stated) : stated;
    }

    /// <summary>The tenant as it is now.</summary>
    public TenantSettings? Find(string id) => Find(current(), id);

    /// <summary>Ids of all tenants, in order.</summary>
    public IEnumerable<string> Ids() => current().Settings.Tenants.Keys
        .Concat(_parts.Where(p => p.Value.Made is not null).Select(p => p.Key)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);

    /// <summary>Whether the configuration states it: then it is changed there only.</summary>
    public bool IsStated(OwnerId id) =>
        current().Settings.Tenants.TryGetValue(id.Tenant, out var tenant)
        && (id.Team is null || (tenant.Teams.TryGetValue(id.Team, out var team) && (id.User is null || team.Users.ContainsKey(id.User))));

    /// <summary>Makes one. A repeat with the same content changes nothing and answers with what is there.</summary>
    public async Task<OwnerAnswer> CreateAsync(OwnerId id, OwnerRequest request, AuditActor by, CancellationToken cancellation)
    {
        if (OwnerRules.FaultsOf(id, request) is { Count: > 0 } faults) return OwnerAnswer.Invalid(faults);
        using var turn = await writing.TakeAsync(cancellation);
        if (ParentMissing(id) is { } missing) return OwnerAnswer.NotFound(missing);
        if (IsStated(id)) return OwnerAnswer.InConfiguration(id);

        var owner = new Owner
        {
            Id = id, Name = request.Name ?? id.Last, Enabled = request.Enabled ?? true, CreatedAt = KeyTime.Stored(time.GetUtcNow()), CreatedBy = by.Id,
        };
        if (Made(id) is { } earlier) return (earlier.Name, earlier.Enabled) == (owner.Name, owner.Enabled) ? new OwnerAnswer(earlier) : OwnerAnswer.Exists(id);
        if (MaxReached(id) is { } max) return OwnerAnswer.TooMany(id, max);

        // Not to be cancelled: a client that hangs up must not leave the store changed and memory not.
        var audit = new AuditEntry(owner.CreatedAt, by, id.Kind + ".create", id.ToString(), id.Tenant, After: owner.Facts());
        if (!await store.AddAsync(owner, audit, CancellationToken.None)) return OwnerAnswer.Changed(id);
        Take(owner);
        log.OwnerChanged(audit.Action, audit.Target, by.Id);
        return new OwnerAnswer(owner, Made: true);
    }

    /// <summary>Changes name or state of one that was made at run time.</summary>
    public async Task<OwnerAnswer> ChangeAsync(OwnerId id, OwnerChange change, AuditActor by, CancellationToken cancellation)
    {
        if (OwnerRules.FaultsOf(id, change) is { Count: > 0 } faults) return OwnerAnswer.Invalid(faults);
        using var turn = await writing.TakeAsync(cancellation);
        var (before, refused) = Changeable(id);
        if (refused is not null) return refused;

        var after = before! with { Name = change.Name ?? before.Name, Enabled = change.Enabled ?? before.Enabled };
        if (after == before) return new OwnerAnswer(before);
        after = after with { Version = before.Version + 1 };
        var audit = new AuditEntry(time.GetUtcNow(), by, id.Kind + ".update", id.ToString(), id.Tenant, before.Facts(), after.Facts());
        if (!await store.ReplaceAsync(before, after, audit, CancellationToken.None)) return OwnerAnswer.Changed(id);
        Take(after);
        log.OwnerChanged(audit.Action, audit.Target, by.Id);
        return new OwnerAnswer(after);
    }

    /// <summary>Deletes one that was made at run time, and all below it. Refused while a key or an admin belongs to it.</summary>
    public async Task<OwnerAnswer> RemoveAsync(OwnerId id, AuditActor by, CancellationToken cancellation)
    {
        using var turn = await writing.TakeAsync(cancellation);
        var (owner, refused) = Changeable(id);
        if (refused is not null) return refused;

        var now = time.GetUtcNow();
        var removed = _parts[id.Tenant].All().Where(o => id.Holds(o.Id))
            .Select(o => (o, new AuditEntry(now, by, o.Id.Kind + ".delete", o.Id.ToString(), id.Tenant, Before: o.Facts()))).ToArray();
        switch (await store.RemoveAsync(id, removed, CancellationToken.None))
        {
            case OwnerRemoval.HasKeys: return OwnerAnswer.HasKeys(id);
            case OwnerRemoval.HasAdmins: return OwnerAnswer.HasAdmins(id);
            case OwnerRemoval.Changed: return OwnerAnswer.Changed(id);
        }

        var left = _parts[id.Tenant].Without(id);
        if (left.IsEmpty) _parts.TryRemove(id.Tenant, out _);
        else _parts[id.Tenant] = left;
        log.OwnerChanged(id.Kind + ".delete", id.ToString(), by.Id);
        return new OwnerAnswer(owner);
    }

    private void Take(Owner owner) => _parts[owner.Id.Tenant] = _parts.GetValueOrDefault(owner.Id.Tenant, TenantParts.None).With(owner);

    private Owner? Made(OwnerId id) => _parts.GetValueOrDefault(id.Tenant)?.Find(id);

    /// <summary>One that may be changed here; or why not.</summary>
    private (Owner? Owner, OwnerAnswer? Refused) Changeable(OwnerId id)
    {
        if (IsStated(id)) return (null, OwnerAnswer.InConfiguration(id));
        if (ParentMissing(id) is not null || Made(id) is not { } owner) return (null, OwnerAnswer.NotFound(id));
        return (owner, null);
    }

    /// <summary>The tenant or team that it would stand below and that is not there; none if all is well.</summary>
    private OwnerId? ParentMissing(OwnerId id)
    {
        if (id.Team is null) return null;
        if (Find(id.Tenant) is not { } tenant) return new OwnerId(id.Tenant);
        return id.User is null || tenant.Teams.ContainsKey(id.Team) ? null : id with { User = null };
    }

    private int? MaxReached(OwnerId id)
    {
        var parts = _parts.GetValueOrDefault(id.Tenant, TenantParts.None);
        var (count, max) = id.Team is null ? (_parts.Count, TenantsMax) : id.User is null ? (parts.Teams.Count, TeamsMax) : (parts.Users, UsersMax);
        return count >= max ? max : null;
    }
}

internal static partial class TenantLog
{
    [LoggerMessage(1310, LogLevel.Information, "Loaded {Count} tenants, teams and users made at run time")]
    public static partial void TenantsLoaded(this ILogger log, int count);

    [LoggerMessage(1311, LogLevel.Information, "{Action} of {Owner} by {Actor}")]
    public static partial void OwnerChanged(this ILogger log, string action, string owner, string actor);
}
