using OrleansGateway.Usage;

namespace OrleansGateway.Storage.Usage;

/// <summary>
/// One report. What is asked by tag and tenant alone comes from the rollups of tags, what is asked without tags from the others, of the narrowest view that has it, and the rest, which no
/// rollup has, from records.
/// </summary>
internal sealed class ReportRun
{
    private readonly IUsageSnapshot _snapshot;
    private readonly UsageQuery _query;
    private readonly UsageSteps _steps;
    private readonly UsageKept _kept;
    private readonly ReportRows _rows;

    private ReportRun(IUsageSnapshot snapshot, UsageQuery query, UsageKept kept)
    {
        (_snapshot, _query, _kept) = (snapshot, query, kept);
        _steps = UsageSteps.Of(query, kept);
        _rows = new ReportRows(query, _steps.Intervals);
    }

    public static async ValueTask<UsageReport> RunAsync(IUsageSnapshot snapshot, UsageQuery query) => await new ReportRun(snapshot, query, await snapshot.KeptAsync()).RunAsync();

    private async ValueTask<UsageReport> RunAsync()
    {
        var (byTag, only) = (_query.By.Contains(UsageDimension.Tag), _query.Only.GetValueOrDefault(UsageDimension.Tag));
        if (!byTag && only is null) return Exact(await FromRollupsAsync(UsageView.All), _steps.ExactFrom);
        var isOfTags = _query.By.Concat(_query.Only.Keys).All(d => d is UsageDimension.Tenant or UsageDimension.Tag) && only is null or { Count: 1 };
        if (!isOfTags) return Exact(await FromRecordsAsync(only), UsageTime.Of(_query.From) < _kept.Records ? UsageTime.Instant(_kept.Records) : null);
        var report = Exact(await FromRollupsAsync(UsageView.Tags), _steps.ExactFrom);
        if (only is not null) return report;
        // A record with two tags is in two rows, and in the total once.
        var whole = await RunAsync(_snapshot, _query with { By = [], Step = UsageStep.None, Limit = 1, Offset = 0 });
        return report with { Total = whole.Total };
    }

    private static UsageReport Exact(UsageReport report, DateTimeOffset? from) => report with { ExactFrom = from };

    private async ValueTask<UsageReport> FromRollupsAsync(UsageView view)
    {
        var chunks = UsageCover.Of(_steps.Intervals, _kept);
        var (coarse, fine) = (chunks.Where(c => c.Grain < UsageGrain.Minute).ToArray(), chunks.Where(c => c.Grain >= UsageGrain.Minute).ToArray());
        var narrow = view == UsageView.All && _query.Step != UsageStep.Minute && coarse.All(c => c.From >= _kept.Views) ? UsageViews.Having(_query.By.Concat(_query.Only.Keys)) : view;
        if (narrow == view)
        {
            var records = fine.Where(c => c.Grain == UsageGrain.Record).ToArray();
            await AddAsync(view, records, isEarly: true);
            await AddAsync(view, [.. chunks.Except(records)], isEarly: false);
            return _rows.Report();
        }

        // The minutes at the ends, which a narrow view has not.
        await AddAsync(view, fine, isEarly: true);
        await AddAsync(narrow, coarse, isEarly: false);
        return _rows.Report();
    }

    // Early is what does not come in the order of steps.
    private async ValueTask AddAsync(UsageView view, UsageChunk[] chunks, bool isEarly)
    {
        if (chunks.Length == 0) return;
        var filter = new UsageFilter(_query.Only, view);
        var groups = new Dictionary<long, int>();
        await _snapshot.TuplesAsync(filter, (id, tuple) => groups[id] = _rows.Group([.. _query.By.Select(d => tuple[d]!)]));
        foreach (var chunk in chunks.Where(c => c.Grain == UsageGrain.Record)) await AddRecordsAsync(chunk, groups, view == UsageView.Tags);
        var rollups = chunks.Where(c => c.Grain != UsageGrain.Record).ToArray();
        await _snapshot.SumsAsync(rollups, filter, (chunk, tuple, sums) =>
        {
            if (!groups.TryGetValue(tuple, out var group)) return;
            var (_, _, _, step, sign, isShared) = rollups[chunk];
            if (isEarly) _rows.AddEarly(step, group, sums, sign);
            else _rows.Add(step, group, sums, sign);
            if (isShared) _rows.AddEarly(step + 1, group, sums, -sign);
        });
    }

    // Seconds at the ends, which no rollup has.
    private ValueTask AddRecordsAsync(UsageChunk chunk, Dictionary<long, int> groups, bool tags)
    {
        var one = new long[SumColumns.Count];
        return RecordScan.EachAsync(_snapshot, new RecordRange { From = chunk.From, To = chunk.To }, row =>
        {
            SumColumns.Of(RecordScan.Decode(row), one);
            foreach (var tuple in tags ? TagList.Read(row.Tags) : [row.Tuple])
            {
                if (groups.TryGetValue(tuple, out var group)) _rows.AddEarly(chunk.Step, group, one, chunk.Sign);
            }
        });
    }

    private async ValueTask<UsageReport> FromRecordsAsync(IReadOnlyList<string>? only)
    {
        var (tuples, tags) = (new Dictionary<long, UsageTuple>(), new Dictionary<long, string>());
        var filter = new UsageFilter(_query.Only, UsageView.All);
        await _snapshot.TuplesAsync(filter, (id, tuple) => tuples[id] = tuple);
        var tagFilter = new Dictionary<UsageDimension, IReadOnlyList<string>>(_query.Only.Where(o => o.Key is UsageDimension.Tenant or UsageDimension.Tag));
        await _snapshot.TuplesAsync(new UsageFilter(tagFilter, UsageView.Tags), (id, tuple) => tags[id] = tuple[UsageDimension.Tag]!);
        var one = new long[SumColumns.Count];
        for (var step = 0; step < _steps.Intervals.Count; step++)
        {
            var at = step;
            await RecordScan.EachAsync(_snapshot, new RecordRange { From = _steps.Intervals[at].From, To = _steps.Intervals[at].To, Filter = filter }, row => AddTagged(at, row, tuples, tags, one));
        }

        return _rows.Report();
    }

    private void AddTagged(int step, StoredUsage row, Dictionary<long, UsageTuple> tuples, Dictionary<long, string> tags, long[] one)
    {
        var asked = TagList.Read(row.Tags).Where(tags.ContainsKey).ToArray();
        if (asked.Length == 0 || !tuples.TryGetValue(row.Tuple, out var tuple)) return;
        SumColumns.Of(RecordScan.Decode(row), one);
        _rows.AddToTotal(one);
        foreach (var tag in _query.By.Contains(UsageDimension.Tag) ? asked : asked[..1])
        {
            _rows.AddRow(step, _rows.Group([.. _query.By.Select(d => d == UsageDimension.Tag ? tags[tag] : tuple[d]!)]), one);
        }
    }
}
