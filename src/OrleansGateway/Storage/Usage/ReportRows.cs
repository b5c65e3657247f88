using System.Runtime.InteropServices;
using OrleansGateway.Usage;

namespace OrleansGateway.Storage.Usage;

/// <summary>
/// The rows of a report as they come in, step by step: only the rows of one step, and those that are answered, are ever in memory. Sums of a step must come before those of later ones.
/// </summary>
internal sealed class ReportRows(UsageQuery query, IReadOnlyList<UsageInterval> steps)
{
    private readonly Dictionary<string, int> _numbers = [];
    private readonly List<string[]> _groups = [];
    private readonly Dictionary<int, Dictionary<int, long[]>> _early = [];
    private readonly List<UsageRow> _rows = [];
    private readonly long[] _total = new long[SumColumns.Count];
    private readonly Dictionary<int, long[]> _sums = [];

    // Used again for the next step: a month by the hour and key has hundreds of thousands of rows.
    private readonly Stack<long[]> _spare = [];
    private bool _hasTotal;
    private int _step;
    private int _count;

    /// <summary>Number of the combination of values.</summary>
    public int Group(string[] values)
    {
        // Lengths first, for a value may have any character.
        var name = string.Concat(values.Select(v => string.Create(CultureInfo.InvariantCulture, $"{v.Length}:{v}")));
        ref var number = ref CollectionsMarshal.GetValueRefOrAddDefault(_numbers, name, out var isThere);
        if (isThere) return number;
        _groups.Add(values);
        return number = _groups.Count - 1;
    }

    /// <summary>Adds to a row, and to the total.</summary>
    public void Add(int step, int group, ReadOnlySpan<long> sums, int sign)
    {
        Advance(step);
        SumColumns.Add(sums, Row(_sums, group), sign);
    }

    /// <summary>The same for a step that is yet to come.</summary>
    public void AddEarly(int step, int group, ReadOnlySpan<long> sums, int sign)
    {
        ref var rows = ref CollectionsMarshal.GetValueRefOrAddDefault(_early, step, out _);
        SumColumns.Add(sums, Row(rows ??= [], group), sign);
    }

    /// <summary>Adds to a row, and not to the total, which is told apart.</summary>
    public void AddRow(int step, int group, ReadOnlySpan<long> sums) => Add(step, group, sums, sign: 1);

    public void AddToTotal(ReadOnlySpan<long> sums)
    {
        _hasTotal = true;
        SumColumns.Add(sums, _total);
    }

    public UsageReport Report()
    {
        Advance(steps.Count);
        return new UsageReport(_rows, SumColumns.Sums(_total), _count > (long)query.Offset + query.Limit);
    }

    private void Advance(int step)
    {
        while (_step < step)
        {
            Close();
            _step++;
        }
    }

    // Rows of which nothing is left were in the part that was taken away.
    private void Close()
    {
        if (_early.Remove(_step, out var early))
        {
            foreach (var (group, sums) in early) SumColumns.Add(sums, Row(_sums, group));
        }

        var rows = _sums.Where(s => s.Value[SumColumns.Records] != 0).Select(s => (Values: _groups[s.Key], Sums: s.Value)).ToArray();
        Array.Sort(rows, static (one, other) => SumColumns.Cost(other.Sums).CompareTo(SumColumns.Cost(one.Sums)) is var order and not 0 ? order : InOrder(one.Values, other.Values));
        foreach (var (values, sums) in rows)
        {
            if (!_hasTotal) SumColumns.Add(sums, _total);
            if (_count++ < query.Offset || _rows.Count >= query.Limit) continue;
            _rows.Add(new UsageRow(steps[_step].At, values, SumColumns.Sums(sums)));
        }

        foreach (var sums in _sums.Values)
        {
            Array.Clear(sums);
            _spare.Push(sums);
        }

        _sums.Clear();
    }

    private long[] Row(Dictionary<int, long[]> of, int group)
    {
        ref var row = ref CollectionsMarshal.GetValueRefOrAddDefault(of, group, out _);
        return row ??= _spare.TryPop(out var spare) ? spare : new long[SumColumns.Count];
    }

    private static int InOrder(string[] one, string[] other)
    {
        for (var i = 0; i < one.Length; i++)
        {
            if (string.CompareOrdinal(one[i], other[i]) is var order and not 0) return order;
        }

        return 0;
    }
}
