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

    /// <summary>
    /// Numbers of the tuples that they are counted under, and of those in the narrow views; tuples that are not there are added. Valid once the transaction is committed and
    /// <see cref="Committed"/> called.
    /// </summary>
    public async ValueTask<TupleNumbers> ResolveAsync(IUsageTransaction transaction, IReadOnlyDictionary<UsageTuple, long> lastDays)
    {
        await RefreshAsync(transaction);
        await LearnAsync(transaction, [.. lastDays.Keys.Where(t => !_known.ContainsKey(t))]);
        var counted = lastDays.Keys.ToDictionary(t => t, t => Find(t) is null ? Fold(t) : t);
        var days = Days(lastDays, counted);
        var views = Views(days);
        await LearnAsync(transaction, [.. days.Keys.Where(t => Find(t) is null)]);
        var put = days.Where(t => Find(t.Key) is not { } found || found.LastDay < t.Value).Select(t => (t.Key, t.Value)).ToArray();
        if (put.Length > 0)
        {
            foreach (var stored in await transaction.PutTuplesAsync(put)) _learned[stored.Tuple] = (stored.Id, stored.LastDay);
        }

        return new TupleNumbers(
            counted.ToDictionary(c => c.Key, c => Find(c.Value)!.Value.Id),
            views.ToDictionary(v => Find(v.Key)!.Value.Id, v => Array.ConvertAll(v.Value, t => Find(t)!.Value.Id)));
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

    // Of what a tuple is counted under, so that views too are spared what callers make up.
    private static Dictionary<UsageTuple, UsageTuple[]> Views(Dictionary<UsageTuple, long> days)
    {
        var views = days.Keys.Where(t => !t.IsTag).ToDictionary(t => t, t => UsageViews.Narrow.Select(t.In).ToArray());
        foreach (var (tuple, narrow) in views)
        {
            foreach (var one in narrow) days[one] = Math.Max(days[tuple], days.GetValueOrDefault(one, days[tuple]));
        }

        return views;
    }

    private static Dictionary<UsageTuple, long> Days(IReadOnlyDictionary<UsageTuple, long> lastDays, Dictionary<UsageTuple, UsageTuple> counted)
    {
        var days = new Dictionary<UsageTuple, long>();
        foreach (var (tuple, day) in lastDays) days[counted[tuple]] = Math.Max(day, days.GetValueOrDefault(counted[tuple], day));
        return days;
    }
}

/// <param name="Counted">By tuple, the number of the one that it is counted under.</param>
/// <param name="Views">By that number, if it is not of a tag: the numbers in the narrow views, in their order.</param>
internal sealed record TupleNumbers(IReadOnlyDictionary<UsageTuple, long> Counted, IReadOnlyDictionary<long, long[]> Views);
