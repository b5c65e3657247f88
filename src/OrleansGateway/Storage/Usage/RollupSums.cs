using System.Runtime.InteropServices;

namespace OrleansGateway.Storage.Usage;

/// <summary>Rollups in memory.</summary>
internal sealed class RollupSums
{
    private readonly Dictionary<(long Bucket, long Tuple), long[]> _rows = [];

    public int Count => _rows.Count;

    public void Add(long bucket, long tuple, ReadOnlySpan<long> sums)
    {
        ref var row = ref CollectionsMarshal.GetValueRefOrAddDefault(_rows, (bucket, tuple), out _);
        SumColumns.Add(sums, row ??= new long[SumColumns.Count]);
    }

    /// <summary>The same, by the hour or the day.</summary>
    public RollupSums By(UsageGrain grain)
    {
        var coarser = new RollupSums();
        foreach (var ((bucket, tuple), sums) in _rows) coarser.Add(grain.Floor(bucket), tuple, sums);
        return coarser;
    }

    /// <summary>The same under other tuples; none for what is left out.</summary>
    public RollupSums Under(Func<long, long?> tuple)
    {
        var others = new RollupSums();
        foreach (var ((bucket, number), sums) in _rows)
        {
            if (tuple(number) is { } other) others.Add(bucket, other, sums);
        }

        return others;
    }

    /// <summary>Takes the row out; null if there is none.</summary>
    public long[]? Take(long bucket, long tuple) => _rows.Remove((bucket, tuple), out var sums) ? sums : null;

    public IReadOnlyList<RollupRow> Sorted()
    {
        var rows = new RollupRow[_rows.Count];
        var at = 0;
        foreach (var ((bucket, tuple), sums) in _rows) rows[at++] = new RollupRow(bucket, tuple, sums);
        Array.Sort(rows, static (one, other) => one.Bucket != other.Bucket ? one.Bucket.CompareTo(other.Bucket) : one.Tuple.CompareTo(other.Tuple));
        return rows;
    }
}
