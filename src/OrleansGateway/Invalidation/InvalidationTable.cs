using System.Collections.Concurrent;
using OrleansGateway.Invalidation.Messages;

namespace OrleansGateway.Invalidation;

/// <summary>What has been invalidated, by tenant.</summary>
internal sealed class InvalidationTable
{
    private readonly InvalidationBounds _bounds;
    private readonly ConcurrentDictionary<string, TenantInvalidations> _tenants = new(StringComparer.Ordinal);
    private readonly TenantInvalidations _everybodys;
    private readonly Lock _lock = new();
    private long _remembered;
    private long _head;
    private long? _rememberedFrom;

    public InvalidationTable(InvalidationBounds? bounds = null)
    {
        _bounds = bounds ?? InvalidationBounds.Default;
        _everybodys = new TenantInvalidations(_bounds, Trust);
    }

    /// <summary>How long to go by it.</summary>
    public TableTrust Trust { get; } = new();

    /// <summary>Ids of all that something has been stored or invalidated of.</summary>
    public IReadOnlyCollection<string> Tenants => (IReadOnlyCollection<string>)_tenants.Keys;

    /// <param name="tenant">Id of the tenant; none for what is everybody's.</param>
    public TenantInvalidations Of(string? tenant) =>
        tenant is null ? _everybodys : _tenants.TryGetValue(tenant, out var known) ? known : Add(tenant);

    /// <summary>
    /// Before anything of a sequence that all tenants share is applied: it is applied from that place on, and all of it is remembered, so that what others have stored since can be judged
    /// here (<see cref="TenantInvalidations.TryIntern"/>). What is stored here, or being fetched, is not valid: nobody knows what came before.
    /// </summary>
    public void Remember(long from)
    {
        lock (_lock)
        {
            if (from > 0) ApplyToAll(new NumberedInvalidation(Mapping.AllTenants, from, [Selector.All], InvalidationMode.Hard));
            (_head, _rememberedFrom) = (from, from);
            _everybodys.Remember(from, from);
            foreach (var tenant in _tenants.Values) tenant.Remember(from, from);
        }
    }

    /// <summary>
    /// Applies the next of a sequence that all tenants share. Nothing is kept of a tenant that nothing is stored of: what is fetched for it from now on is fetched after the invalidation;
    /// unless it is to be remembered (<see cref="Remember"/>).
    /// </summary>
    public void ApplyShared(NumberedInvalidation next)
    {
        lock (_lock)
        {
            if (next.Tenant == Mapping.AllTenants) ApplyToAll(next);
            else if (next.Tenant is null) Apply(_everybodys, next);
            else if (_tenants.TryGetValue(next.Tenant, out var known) || (_rememberedFrom is not null && (known = Add(next.Tenant)) is not null)) Apply(known, next);
            _head = next.Seq;
        }
    }

    /// <summary>Nobody can say any more what was invalidated before that place of a sequence that all tenants share: nothing stored or being fetched is valid.</summary>
    public void Forget(long seq)
    {
        lock (_lock)
        {
            ApplyToAll(new NumberedInvalidation(Mapping.AllTenants, seq, [Selector.All], InvalidationMode.Hard));
            _head = seq;
        }
    }

    /// <summary>One of which nothing was known stands where the sequence does: nothing of it was invalidated since it is remembered.</summary>
    private TenantInvalidations Add(string tenant)
    {
        lock (_lock)
        {
            if (_tenants.TryGetValue(tenant, out var known)) return known;
            var added = new TenantInvalidations(_bounds, Trust);
            if (_rememberedFrom is { } from) added.Remember(_head, from);
            return _tenants.GetOrAdd(tenant, added);
        }
    }

    private void Apply(TenantInvalidations tenant, NumberedInvalidation next)
    {
        var before = _rememberedFrom is null ? 0 : tenant.Remembered;
        tenant.Apply(next, isNext: true);
        if (_rememberedFrom is null) return;
        _remembered += tenant.Remembered - before;
        if (_remembered <= _bounds.RememberedMax) return;
        // Whoever invalidates most can do without the past soonest.
        var all = _tenants.Values.Append(_everybodys).ToList();
        all.MaxBy(static one => one.Remembered)!.ForgetHalf();
        _remembered = all.Sum(static one => (long)one.Remembered);
    }

    private void ApplyToAll(NumberedInvalidation next)
    {
        _everybodys.Apply(next, isNext: true);
        foreach (var tenant in _tenants.Values) tenant.Apply(next, isNext: true);
        // Tenants that come later do not know of it.
        if (_rememberedFrom is not null) _rememberedFrom = next.Seq;
    }
}

/// <summary>How much is remembered of one tenant's invalidations. What is beyond them makes more invalid than was asked for, and never less.</summary>
/// <param name="SelectorsMax">Most selectors that nothing stored carries, remembered for the fetches that are under way.</param>
/// <param name="PrefixesMax">Most prefixes remembered while something older than they is stored.</param>
/// <param name="RememberedMax">Most selectors of all tenants remembered for what others have stored, about; some 200 bytes each.</param>
internal sealed record InvalidationBounds(int SelectorsMax, int PrefixesMax, int RememberedMax = 1_000_000)
{
    public static InvalidationBounds Default { get; } = new(SelectorsMax: 100_000, PrefixesMax: 10_000);
}
