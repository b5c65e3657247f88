using OrleansGateway.Usage;

namespace OrleansGateway.Storage.Usage;

/// <summary>From when on usage is whole; before it, it was purged.</summary>
internal readonly record struct UsageKept(long Days, long Hours, long Records)
{
    /// <summary>Begin of the first day that narrow views know all of: later than the rest where the database was made before there were any.</summary>
    public long Views { get; init; } = long.MinValue;

    public long Minutes => UsageGrain.Minute.Ceiling(Records);

    /// <summary>Tuples last used on a day before this one are in nothing that is kept: of the first day some hours or records may be left.</summary>
    public long TuplesUntil => Days - UsageGrain.Day.Length();

    public static UsageKept Of(UsageCutoffs cutoffs) => new(
        UsageGrain.Day.Ceiling(UsageTime.Of(cutoffs.Days)), UsageGrain.Hour.Ceiling(UsageTime.Of(cutoffs.Hours)), UsageTime.Of(cutoffs.Records));

    /// <summary>Begin of what is kept so finely.</summary>
    public long Since(UsageGrain grain) => grain switch
    {
        UsageGrain.Day => Days,
        UsageGrain.Hour => Hours,
        UsageGrain.Minute => Minutes,
        _ => Records,
    };

    /// <summary>The instant, or the last before it between two rollups that are kept.</summary>
    public long Snap(long at) => at >= Records ? at : at >= Hours ? UsageGrain.Hour.Floor(at) : UsageGrain.Day.Floor(at);
}
