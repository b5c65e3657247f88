namespace OrleansGateway.Storage.Usage;

/// <summary>
/// Numbers of tuples, as far as they are known here. Decides what a record is counted under: where a tenant has too many tuples, new ones go without what its callers choose at will,
/// so that whoever makes up a user or a model with each request fills no disk.
/// </summary>
internal sealed class TupleCatalog(int perTenantMax)
{
    /// <summary>Tuples of one tenant, unless told otherwise.</summary>
    public const int PerTenantMax = 100_000;

    private const int KnownMax = 200_000;

    private readonly Dictionary<UsageTuple, (long Id, long LastDay)> _known = [];
    private readonly Dictionary<UsageTuple, (long Id, long LastDay)> _learned = [];
    private readonly Dictionary<UsageTuple, UsageTuple> _folded = [];
    private readonly Dictionary<string, int> _tenants = [];
    private long _epoch;

    /// <summary>Their numbers, and for each the tuple that it is counted under; tuples that are not there are added. Valid once the transaction is committed and <see cref="Committed"/> called.</summary>
    public async ValueTask<IReadOnlyDictionary<UsageTuple, long>> ResolveAsync(IUsageTransaction transaction, IReadOnlyDictionary<UsageTuple, long> lastDays)
    {
        await RefreshAsync(transaction);
        await LearnAsync(transaction, [.. lastDays.Keys.Where(t => !_known.ContainsKey(t))]);
        var counted = lastDays.Keys.ToDictionary(t => t, t => Find(t) is null ? Fold(t) : t);
        await LearnAsync(transaction, [.. counted.Values.Distinct().Where(t => Find(t) is null)]);
        var put = Days(lastDays, counted).Where(t => Find(t.Key) is not { } found || found.LastDay < t.Value).Select(t => (t.Key, t.Value)).ToArray();
        if (put.Length > 0)
        {
            foreach (var stored in await transaction.PutTuplesAsync(put)) _learned[stored.Tuple] = (stored.Id, stored.LastDay);
        }

        return counted.ToDictionary(c => c.Key, c => Find(c.Value)!.Value.Id);
    }

    /// <summary>What was learned holds.</summary>
    public void Committed()
    {
        if (_known.Count + _learned.Count > KnownMax) _known.Clear();
        foreach (var (tuple, found) in _learned) _known[tuple] = found;
        _learned.Clear();
        _folded.Clear();
    }

    /// <summary>Nothing is known any more: the transaction failed, or may have.</summary>
    public void Forget()
    {
        _known.Clear();
        _learned.Clear();
        _folded.Clear();
        _epoch = 0;
    }

    private async ValueTask RefreshAsync(IUsageTransaction transaction)
    {
        var epoch = await transaction.EpochAsync();
        if (epoch == _epoch) return;
        Forget();
        _tenants.Clear();
        foreach (var (tenant, count) in await transaction.TenantsAsync()) _tenants[tenant] = count;
        _epoch = epoch;
    }

    private async ValueTask LearnAsync(IUsageTransaction transaction, IReadOnlyList<UsageTuple> tuples)
    {
        if (tuples.Count == 0) return;
        foreach (var stored in await transaction.FindTuplesAsync(tuples)) _learned[stored.Tuple] = (stored.Id, stored.LastDay);
    }

    private (long Id, long LastDay)? Find(UsageTuple tuple) => _learned.TryGetValue(tuple, out var found) || _known.TryGetValue(tuple, out found) ? found : null;

    private UsageTuple Fold(UsageTuple tuple)
    {
        var count = _tenants.GetValueOrDefault(tuple.Tenant);
        if (count >= perTenantMax)
        {
            // One object for all that fold to it.
            var folded = tuple.Folded();
            return _folded.TryGetValue(folded, out var same) ? same : _folded[folded] = folded;
        }

        _tenants[tuple.Tenant] = count + 1;
        return tuple;
    }

    private static Dictionary<UsageTuple, long> Days(IReadOnlyDictionary<UsageTuple, long> lastDays, Dictionary<UsageTuple, UsageTuple> counted)
    {
        var days = new Dictionary<UsageTuple, long>();
        foreach (var (tuple, day) in lastDays) days[counted[tuple]] = Math.Max(day, days.GetValueOrDefault(counted[tuple], day));
        return days;
    }
}
