using System.Runtime.InteropServices;
using OrleansGateway.Usage;

namespace OrleansGateway.Storage.Usage;

/// <summary>
/// Sums all records anew and compares, hour by hour, so that no more than a day is in memory. It trusts nothing that the records did not say when they came: neither sums nor the tuple
/// that a row is put under, which must have the record's own values, or those without what its callers choose.
/// </summary>
internal sealed class RollupComparison(IUsageSnapshot snapshot, int most)
{
    private readonly Dictionary<long, UsageTuple> _tuples = [];
    private readonly Dictionary<UsageTuple, long> _numbers = [];
    private readonly Dictionary<UsageTuple, long> _misplaced = [];
    private readonly List<RollupDifference> _differences = [];
    private RollupSums _day = new();

    public async ValueTask<IReadOnlyList<RollupDifference>> RunAsync()
    {
        var kept = await snapshot.KeptAsync();
        foreach (var view in Enum.GetValues<UsageView>())
        {
            await snapshot.TuplesAsync(new UsageFilter(new Dictionary<UsageDimension, IReadOnlyList<string>>(), view), (id, tuple) => (_tuples[id], _numbers[tuple]) = (tuple, id));
        }

        long? day = null;
        for (var next = await snapshot.NextAsync(kept.Records); next is { } at && _differences.Count < most;)
        {
            var hour = UsageGrain.Hour.Floor(at);
            if (day is { } before && before != UsageGrain.Day.Floor(hour)) await CompareDayAsync(before, kept);
            day = UsageGrain.Day.Floor(hour);
            await CompareHourAsync(hour, kept);
            next = await snapshot.NextAsync(hour + UsageGrain.Hour.Length());
        }

        if (day is { } last) await CompareDayAsync(last, kept);
        return [.. _differences.Take(most)];
    }

    private async ValueTask CompareHourAsync(long hour, UsageKept kept)
    {
        var end = hour + UsageGrain.Hour.Length();
        var minutes = new RollupSums();
        await RecordScan.EachAsync(snapshot, new RecordRange { From = Math.Max(hour, kept.Records), To = end }, row => Count(row, minutes));
        var hours = minutes.By(UsageGrain.Hour);
        foreach (var row in hours.Sorted()) _day.Add(UsageGrain.Day.Floor(hour), row.Tuple, row.Sums);
        await CompareAsync(new(UsageView.All, UsageGrain.Minute), Math.Max(hour, kept.Minutes), end, minutes);
        if (hour < Math.Max(kept.Records, kept.Hours)) return;
        if (hour >= kept.Views)
        {
            foreach (var view in UsageViews.Narrow) await CompareAsync(new(view, UsageGrain.Hour), hour, end, hours.Under(tuple => In(tuple, view)));
        }

        await CompareAsync(new(UsageView.All, UsageGrain.Hour), hour, end, hours);
    }

    private async ValueTask CompareDayAsync(long day, UsageKept kept)
    {
        if (day >= Math.Max(kept.Records, kept.Days))
        {
            var end = day + UsageGrain.Day.Length();
            if (day >= kept.Views)
            {
                foreach (var view in UsageViews.Narrow) await CompareAsync(new(view, UsageGrain.Day), day, end, _day.Under(tuple => In(tuple, view)));
            }

            await CompareAsync(new(UsageView.All, UsageGrain.Day), day, end, _day);
        }

        _day = new RollupSums();
    }

    private async ValueTask CompareAsync(UsageTable table, long from, long to, RollupSums counted)
    {
        var nothing = new long[SumColumns.Count];
        await snapshot.RollupsAsync(table, from, to, (bucket, tuple, stored) =>
        {
            var sums = counted.Take(bucket, tuple) ?? nothing;
            if (!stored.SequenceEqual(sums)) Differs(table.Grain, bucket, tuple, stored, sums);
        });
        foreach (var (bucket, tuple, sums) in counted.Sorted())
        {
            if (bucket >= from) Differs(table.Grain, bucket, tuple, nothing, sums);
        }
    }

    private void Differs(UsageGrain grain, long bucket, long tuple, ReadOnlySpan<long> stored, ReadOnlySpan<long> counted)
    {
        if (_differences.Count >= most) return;
        var step = grain switch { UsageGrain.Day => UsageStep.Day, UsageGrain.Hour => UsageStep.Hour, _ => UsageStep.Minute };
        var values = _tuples.TryGetValue(tuple, out var known) ? known.Values : [];
        _differences.Add(new RollupDifference(step, UsageTime.Instant(bucket), values, SumColumns.Sums(stored), SumColumns.Sums(counted)));
    }

    // What cannot be read counts for nothing, and so is a difference.
    private void Count(StoredUsage row, RollupSums minutes)
    {
        UsageRecord record;
        try
        {
            record = RecordScan.Decode(row);
        }
        catch (UsageStoreException)
        {
            return;
        }

        Span<long> one = stackalloc long[SumColumns.Count];
        SumColumns.Of(record, one);
        var minute = UsageGrain.Minute.Floor(UsageTime.Of(record.At));
        minutes.Add(minute, Counted(UsageTuple.Of(record), [row.Tuple]), one);
        var stored = TagList.Read(row.Tags);
        var tags = record.Tags.Count == 0 ? [""] : record.Tags;
        foreach (var tag in tags.Select(t => Counted(UsageTuple.OfTag(record, t), stored)).Distinct()) minutes.Add(minute, tag, one);
    }

    // Where the row is put, if it may be put there. Else apart, and so a difference: who asks for records would not find it.
    private long Counted(UsageTuple tuple, IReadOnlyList<long> stored)
    {
        if (_numbers.TryGetValue(tuple, out var number) && stored.Contains(number)) return number;
        if (_numbers.TryGetValue(tuple.Folded(), out number) && stored.Contains(number)) return number;
        return Misplaced(tuple);
    }

    // What a tuple's rows are summed under in a narrow view; none for tags.
    private long? In(long number, UsageView view)
    {
        if (_tuples[number] is not { IsTag: false } tuple) return null;
        var narrow = tuple.In(view);
        return _numbers.TryGetValue(narrow, out var found) ? found : Misplaced(narrow);
    }

    private long Misplaced(UsageTuple tuple)
    {
        ref var own = ref CollectionsMarshal.GetValueRefOrAddDefault(_misplaced, tuple, out var isThere);
        if (isThere) return own;
        own = -_misplaced.Count;
        _tuples[own] = tuple;
        return own;
    }
}
