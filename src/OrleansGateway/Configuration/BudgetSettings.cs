namespace OrleansGateway.Configuration;

/// <summary>
/// Money that may be spent on model calls. A call is sent only if its worst case fits into every budget that applies to it; what it cost less comes back when
/// it ends. Kept in the database, exact to 10⁻⁹ USD, whatever crashes.
/// </summary>
public sealed record BudgetSettings
{
    /// <summary>
    /// What has a budget of its own, each combination of these: <c>tenant</c>, <c>team</c>, <c>user</c>, <c>key</c>, <c>model</c>, <c>route</c>,
    /// <c>tag:NAME</c> (a label of the caller). Default: none, all calls share one. Without a team (a user, a key …) the budget does not apply; calls without
    /// the label share one.
    /// </summary>
    [MaxLength(8)]
    public IReadOnlyList<string> Per { get; init; } = [];

    /// <summary>Which calls it applies to. Default: all.</summary>
    public RuleMatchSettings Match { get; init; } = new();

    /// <summary>USD that may be spent in one period, such as <c>500</c> or <c>12.50</c>, to 10⁻⁹; 0 refuses all, <c>unlimited</c> none.</summary>
    [Required]
    public Quantity? Limit { get; init; }

    /// <summary>
    /// When it is whole again: <c>lifetime</c> (never), or at the start of each <c>day</c>, <c>week</c>, <c>month</c>, <c>quarter</c> or <c>year</c>. Default
    /// <c>month</c>.
    /// </summary>
    public BudgetPeriod Period { get; init; } = BudgetPeriod.Month;

    /// <summary>In place of <c>period</c>: the limit is for any stretch of time as long as this. 1 hour to 366 days; default: none.</summary>
    [Range(typeof(TimeSpan), "01:00:00", "366.00:00:00")]
    public TimeSpan? Rolling { get; init; }

    /// <summary>Time zone of the periods, by its IANA name such as <c>America/New_York</c>. Default <c>UTC</c>.</summary>
    public TimeZoneInfo TimeZone { get; init; } = TimeZoneInfo.Utc;

    /// <summary>Where in the calendar periods start. Default: at midnight, on Mondays, on the first of the month, with January.</summary>
    public PeriodStartSettings Starts { get; init; } = new();

    /// <summary>
    /// Whether it is never exceeded (<c>hard</c>), or may be, as <c>on_exceeded</c> says (<c>soft</c>). Default <c>hard</c>.
    /// </summary>
    public BudgetMode Mode { get; init; } = BudgetMode.Hard;

    /// <summary>
    /// What becomes of calls once a soft budget is used up: <c>warn</c> lets them pass; <c>degrade</c> sends them to the model <c>degrade_to</c>; <c>cut</c>
    /// lets them pass until <c>grace</c> is used up, or over, too. Default <c>warn</c>. What they cost is counted.
    /// </summary>
    public OnExceeded OnExceeded { get; init; } = OnExceeded.Warn;

    /// <summary>Name of the model in place of the one asked for, with <c>on_exceeded: degrade</c>. Default: none.</summary>
    public string? DegradeTo { get; init; }

    /// <summary>What may be spent beyond the limit with <c>degrade</c> and <c>cut</c>, and for how long. Default: none, no bound for <c>degrade</c>.</summary>
    public GraceSettings? Grace { get; init; }

    /// <summary>Percentages of the limit at which notice is given, once each in a period. Default <c>[50, 80, 95, 100]</c>.</summary>
    [MaxLength(16)]
    public IReadOnlyList<int> Notices { get; init; } = [50, 80, 95, 100];

    /// <summary>Whether what is left at the end of a period is added to the next one, once. Default false.</summary>
    public bool RollsOver { get; init; }

    /// <summary>
    /// What becomes of money held for calls whose end nobody knows, because the machine died: <c>hold</c> keeps it, by name, until there is evidence or an
    /// operator decides; <c>post_worst</c> counts the worst case as spent; <c>release_after</c> gives it back after <c>orphans_kept</c>. Default <c>hold</c>.
    /// Only <c>release_after</c> can overspend.
    /// </summary>
    public OrphanedMoney Orphans { get; init; } = OrphanedMoney.Hold;

    /// <summary>How long <c>release_after</c> keeps it. 1 minute to 90 days; default 1 day. Longer than any call lasts.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "90.00:00:00")]
    public TimeSpan OrphansKept { get; init; } = TimeSpan.FromDays(1);

    /// <summary>
    /// How streams are held: <c>strict</c> holds the worst case of the whole answer before it is sent; <c>elastic</c> holds it slice by slice as tokens come,
    /// and ends the answer properly, as too long, where the budget does. Default <c>elastic</c>: a call with a high token limit does not block others.
    /// </summary>
    public StreamHold Streams { get; init; } = StreamHold.Elastic;

    /// <summary>Output tokens in a slice of an elastic stream. 64 to 1,000,000; default 1,024. Small slices ask more often, large ones hold more.</summary>
    [Range(64, 1_000_000)]
    public int SliceTokens { get; init; } = 1_024;

    /// <summary>
    /// Status of the answer when the budget is used up: 429, 402 or 403. Default 429, which OpenAI's clients know as <c>insufficient_quota</c>.
    /// </summary>
    public int Status { get; init; } = 429;

    /// <summary>
    /// What becomes of calls to a target without a price: <c>refuse</c> makes it a fault of the configuration, <c>free</c> lets them cost nothing. Default
    /// <c>refuse</c>.
    /// </summary>
    public Unpriced Unpriced { get; init; } = Unpriced.Refuse;

    /// <summary>
    /// What becomes of calls while the database cannot be reached and what was taken from the budget beforehand is used up: <c>closed</c> refuses them with
    /// 503, <c>open</c> lets them pass uncounted. Default <c>closed</c>. With <c>open</c> it can be overspent.
    /// </summary>
    public OnUnavailable OnUnavailable { get; init; } = OnUnavailable.Closed;

    /// <summary>Whether it only counts, and says in metrics what it would have refused. Default false.</summary>
    public bool Shadow { get; init; }

    /// <summary>Other limits for some. The first that matches counts. Default: none. They go by what stands in <c>per</c>.</summary>
    [MaxLength(1024)]
    public IReadOnlyList<BudgetOverrideSettings> Overrides { get; init; } = [];
}

/// <summary>When a budget is whole again.</summary>
public enum BudgetPeriod
{
    /// <summary>Never.</summary>
    Lifetime,

    /// <summary>Each day.</summary>
    Day,

    /// <summary>Each week.</summary>
    Week,

    /// <summary>Each month.</summary>
    Month,

    /// <summary>Every three months.</summary>
    Quarter,

    /// <summary>Each year.</summary>
    Year,
}

/// <summary>Whether a budget may be exceeded.</summary>
public enum BudgetMode
{
    /// <summary>Never.</summary>
    Hard,

    /// <summary>As <c>on_exceeded</c> says.</summary>
    Soft,
}

/// <summary>What becomes of calls once a soft budget is used up.</summary>
public enum OnExceeded
{
    /// <summary>They pass.</summary>
    Warn,

    /// <summary>They go to another model.</summary>
    Degrade,

    /// <summary>They pass until the grace is used up.</summary>
    Cut,
}

/// <summary>What becomes of money held for calls whose end nobody knows.</summary>
public enum OrphanedMoney
{
    /// <summary>It stays held.</summary>
    Hold,

    /// <summary>It counts as spent.</summary>
    PostWorst,

    /// <summary>It comes back after a time.</summary>
    ReleaseAfter,
}

/// <summary>How much of a stream is held before it is sent.</summary>
public enum StreamHold
{
    /// <summary>All of it.</summary>
    Strict,

    /// <summary>A slice at a time.</summary>
    Elastic,
}

/// <summary>What becomes of calls to a target without a price.</summary>
public enum Unpriced
{
    /// <summary>The configuration is refused.</summary>
    Refuse,

    /// <summary>They cost nothing.</summary>
    Free,
}

/// <summary>Where in the calendar periods start.</summary>
public sealed record PeriodStartSettings
{
    /// <summary>Hour of the day. 0 to 23; default 0.</summary>
    [Range(0, 23)]
    public int Hour { get; init; }

    /// <summary>Day of the week, for weeks: <c>monday</c> to <c>sunday</c>. Default <c>monday</c>.</summary>
    public DayOfWeek Weekday { get; init; } = DayOfWeek.Monday;

    /// <summary>Day of the month, for months, quarters and years; the last one of months that are shorter. 1 to 31; default 1.</summary>
    [Range(1, 31)]
    public int Day { get; init; } = 1;

    /// <summary>Month of the year, for years and quarters. 1 to 12; default 1. 4 makes fiscal years from April to March.</summary>
    [Range(1, 12)]
    public int Month { get; init; } = 1;
}

/// <summary>What may be spent beyond the limit of a soft budget: an amount, or a percentage; for a time; or as much for so long.</summary>
public sealed record GraceSettings
{
    /// <summary>USD, such as <c>5</c> or <c>0.50</c>. Default: none. Not with <c>percent</c>.</summary>
    public Quantity? Amount { get; init; }

    /// <summary>Percent of the limit. 1 to 1,000; default: none. Not with <c>amount</c>.</summary>
    [Range(1, 1_000)]
    public int? Percent { get; init; }

    /// <summary>
    /// How long calls pass after the first one in a period that went beyond the limit. 1 minute to 366 days; default: none, as long as the amount lasts.
    /// Without an amount nothing else bounds what is spent meanwhile. Not with <c>rolling</c>.
    /// </summary>
    [Range(typeof(TimeSpan), "00:01:00", "366.00:00:00")]
    public TimeSpan? Duration { get; init; }
}

/// <summary>Another limit for some.</summary>
public sealed record BudgetOverrideSettings
{
    /// <summary>For whom. It must ask for something.</summary>
    public RuleMatchSettings Match { get; init; } = new();

    /// <summary>Their limit in USD; 0 refuses all, <c>unlimited</c> none.</summary>
    [Required]
    public Quantity? Limit { get; init; }
}
