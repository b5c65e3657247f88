using OrleansGateway.Leases;

namespace OrleansGateway.Usage;

/// <summary>What is known of usage, for those who ask.</summary>
internal interface IUsageReports
{
    /// <summary>
    /// Sums by the dimensions asked for, from rollups; from records where the question is about less than they keep: seconds at the ends, and tags together with anything but the tenant.
    /// Sorted by time, then by cost, the dearest first. Throws <see cref="ArgumentException"/> for more than 100,000 steps, and <see cref="UsageStoreException"/>.
    /// </summary>
    ValueTask<UsageReport> ReportAsync(UsageQuery query, CancellationToken cancellation);

    /// <summary>
    /// Records, the oldest first, or the newest; read as they are asked for, never all at once. A record that comes meanwhile may be among them or not. Throws <see cref="UsageStoreException"/>.
    /// </summary>
    IAsyncEnumerable<UsageRecord> ReadAsync(UsageRecordQuery query, CancellationToken cancellation);

    /// <summary>What records have charged each account in each period, as far as they are kept.</summary>
    ValueTask<IReadOnlyList<UsageCharge>> SumChargesAsync(CancellationToken cancellation);

    /// <summary>Sums all records anew, and answers each rollup that says otherwise, at most so many.</summary>
    ValueTask<IReadOnlyList<RollupDifference>> CompareRollupsAsync(int most, CancellationToken cancellation);
}

/// <summary>What reports may be filtered and grouped by.</summary>
internal enum UsageDimension : byte
{
    Tenant, Team, User, Key, Route, Operation, Dialect, Model, Provider, TargetModel, Outcome, Error, Cache, Source, Kind, Tag,
}

internal enum UsageStep : byte
{
    /// <summary>All in one.</summary>
    None, Minute, Hour, Day, Week, Month,
}

/// <summary>A question about usage.</summary>
internal sealed record UsageQuery
{
    /// <summary>From this instant on.</summary>
    public required DateTimeOffset From { get; init; }

    /// <summary>Before this one.</summary>
    public required DateTimeOffset To { get; init; }

    /// <summary>One row for each of these in time; days, weeks and months as the zone has them.</summary>
    public UsageStep Step { get; init; }

    /// <summary>
    /// The zone of days and longer steps, which begin at its midnights; on days when clocks change they have 23 or 25 hours. Default UTC. Minutes and hours are those of UTC. Exact in
    /// every zone as far as rollups of minutes are kept; before, in zones whole hours away from UTC, as far as those of hours are. <see cref="UsageReport.ExactFrom"/> says so.
    /// </summary>
    public TimeZoneInfo Zone { get; init; } = TimeZoneInfo.Utc;

    /// <summary>One row for each combination of these. <see cref="UsageDimension.Tag"/>: a record with two tags is in two rows.</summary>
    public IReadOnlyList<UsageDimension> By { get; init; } = [];

    /// <summary>Only these values of a dimension; an empty text stands for none.</summary>
    public IReadOnlyDictionary<UsageDimension, IReadOnlyList<string>> Only { get; init; } = new Dictionary<UsageDimension, IReadOnlyList<string>>();

    /// <summary>Rows at most. 1 to 100,000; default 1,000.</summary>
    public int Limit { get; init; } = 1_000;

    /// <summary>Rows to leave out first.</summary>
    public int Offset { get; init; }
}

/// <param name="Rows">What was asked for.</param>
/// <param name="Total">The sum of all rows, those beyond the limit included; by tag, of all records, each once.</param>
/// <param name="More">Whether there are rows beyond the limit.</param>
internal sealed record UsageReport(IReadOnlyList<UsageRow> Rows, UsageSums Total, bool More)
{
    /// <summary>
    /// Before this instant the report is not to the point, for what it would need was purged: there it begins, ends and parts at whole hours or days in UTC, and where it is about
    /// records it leaves out what came before. None if it is exact throughout.
    /// </summary>
    public DateTimeOffset? ExactFrom { get; init; }
}

/// <param name="At">Begin of the step; none without steps.</param>
/// <param name="Values">Values of the dimensions asked for, in their order; empty for none.</param>
/// <param name="Sums">What was used.</param>
internal sealed record UsageRow(DateTimeOffset? At, IReadOnlyList<string> Values, UsageSums Sums);

/// <summary>A question for records.</summary>
internal sealed record UsageRecordQuery
{
    public DateTimeOffset? From { get; init; }
    public DateTimeOffset? To { get; init; }
    public IReadOnlyDictionary<UsageDimension, IReadOnlyList<string>> Only { get; init; } = new Dictionary<UsageDimension, IReadOnlyList<string>>();
    public string? RequestId { get; init; }

    /// <summary>Goes on behind this record, in the order asked for; none to begin.</summary>
    public UsageCursor? After { get; init; }

    public bool NewestFirst { get; init; }
}

/// <summary>A place among records, which are in order of time and id.</summary>
internal readonly record struct UsageCursor(DateTimeOffset At, Guid Id);

/// <param name="Step">Minute, hour or day.</param>
/// <param name="At">Its begin.</param>
/// <param name="Values">Which rollup, by all dimensions that it has.</param>
/// <param name="Stored">What it says.</param>
/// <param name="Counted">What the records say.</param>
internal sealed record RollupDifference(UsageStep Step, DateTimeOffset At, IReadOnlyList<string> Values, UsageSums Stored, UsageSums Counted);
