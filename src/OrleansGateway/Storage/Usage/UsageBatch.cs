using OrleansGateway.Usage;

namespace OrleansGateway.Storage.Usage;

/// <summary>Records to be applied together: written as bytes before the transaction begins, and each once.</summary>
internal sealed class UsageBatch
{
    private readonly UsageRecord[] _records;
    private readonly byte[][] _bytes;
    private readonly UsageTuple[] _tuples;
    private readonly UsageTuple[][] _tags;
    private readonly int _given;

    /// <summary>The records that were new, once it is applied.</summary>
    public IReadOnlyList<UsageRecord> Added { get; private set; } = [];

    /// <summary>Throws <see cref="ArgumentException"/> for a record that cannot be summed up; it would be refused again and again.</summary>
    public UsageBatch(IReadOnlyList<UsageRecord> records)
    {
        _given = records.Count;
        _records = [.. records.DistinctBy(r => r.Id).OrderBy(r => r.Id)];
        foreach (var record in _records) Check(record);
        _bytes = Array.ConvertAll(_records, Bytes);
        _tuples = Array.ConvertAll(_records, UsageTuple.Of);
        _tags = Array.ConvertAll(_records, static r => r.Tags.Count == 0
            ? [UsageTuple.OfTag(r, "")]
            : r.Tags.Select(t => UsageTuple.OfTag(r, t)).Distinct().ToArray());
    }

    /// <summary>Writes what is new, and its part in all rollups.</summary>
    public async ValueTask<UsageApplied> ApplyAsync(IUsageTransaction transaction, TupleCatalog catalog)
    {
        if (_records.Length == 0) return default;
        var numbers = await catalog.ResolveAsync(transaction, LastDays());
        var ids = numbers.Counted;
        var rows = new StoredUsage[_records.Length];
        var tags = new long[_records.Length][];
        for (var i = 0; i < rows.Length; i++)
        {
            tags[i] = [.. _tags[i].Select(t => ids[t]).Distinct()];
            rows[i] = new StoredUsage(_records[i].Id, UsageTime.Of(_records[i].At), ids[_tuples[i]], _records[i].RequestId, TagList.Write(tags[i]), _bytes[i]);
        }

        var isNew = await transaction.AddRecordsAsync(rows);
        Added = [.. _records.Where((_, i) => isNew[i])];
        var added = Added.Count;
        if (added > 0) await AddSumsAsync(transaction, rows, tags, isNew, numbers.Views);
        return new UsageApplied(added, _given - added);
    }

    private async ValueTask AddSumsAsync(IUsageTransaction transaction, StoredUsage[] rows, long[][] tags, bool[] isNew, IReadOnlyDictionary<long, long[]> views)
    {
        var sums = new RollupSums();
        var one = new long[SumColumns.Count];
        for (var i = 0; i < rows.Length; i++)
        {
            if (!isNew[i]) continue;
            SumColumns.Of(_records[i], one);
            var minute = UsageGrain.Minute.Floor(rows[i].At);
            sums.Add(minute, rows[i].Tuple, one);
            foreach (var tag in tags[i]) sums.Add(minute, tag, one);
        }

        var hours = sums.By(UsageGrain.Hour);
        await transaction.AddSumsAsync(new(UsageView.All, UsageGrain.Minute), sums.Sorted());
        await transaction.AddSumsAsync(new(UsageView.All, UsageGrain.Hour), hours.Sorted());
        await transaction.AddSumsAsync(new(UsageView.All, UsageGrain.Day), hours.By(UsageGrain.Day).Sorted());
        for (var i = 0; i < UsageViews.Narrow.Count; i++)
        {
            var place = i;
            var narrow = hours.Under(tuple => views.TryGetValue(tuple, out var found) ? found[place] : null);
            await transaction.AddSumsAsync(new(UsageViews.Narrow[i], UsageGrain.Hour), narrow.Sorted());
            await transaction.AddSumsAsync(new(UsageViews.Narrow[i], UsageGrain.Day), narrow.By(UsageGrain.Day).Sorted());
        }
    }

    private Dictionary<UsageTuple, long> LastDays()
    {
        var days = new Dictionary<UsageTuple, long>();
        for (var i = 0; i < _records.Length; i++)
        {
            var day = UsageGrain.Day.Floor(UsageTime.Of(_records[i].At));
            Raise(_tuples[i]);
            foreach (var tag in _tags[i]) Raise(tag);

            void Raise(UsageTuple tuple)
            {
                if (!days.TryGetValue(tuple, out var last) || last < day) days[tuple] = day;
            }
        }

        return days;
    }

    private static byte[] Bytes(UsageRecord record)
    {
        var room = System.Buffers.ArrayPool<byte>.Shared.Rent(UsageRecordCodec.LengthMax(record));
        var bytes = room[..UsageRecordCodec.Write(record, room)];
        System.Buffers.ArrayPool<byte>.Shared.Return(room);
        return bytes;
    }

    private static void Check(UsageRecord record)
    {
        Span<long> sums = stackalloc long[SumColumns.Count];
        SumColumns.Of(record, sums);
        foreach (var figure in sums)
        {
            if (figure is > SumColumns.FigureMax or < -SumColumns.FigureMax) throw new ArgumentException($"The record {record.Id} has a figure of {figure}, which nobody can sum up.");
        }
    }
}
