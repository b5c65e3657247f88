using OrleansGateway.Usage;

namespace OrleansGateway.Storage.Usage;

/// <summary>
/// By which dimensions usage is summed. <see cref="All"/> has each combination of values that occurs, thousands an hour; the ones behind it have few, for the questions that are asked
/// most: a month by the hour is read from them in a tenth of the time.
/// </summary>
internal enum UsageView
{
    All, Tags, Models, Teams, Keys,
}

internal static class UsageViews
{
    /// <summary>Those that leave dimensions out, the one with the fewest rows first.</summary>
    public static readonly IReadOnlyList<UsageView> Narrow = [UsageView.Models, UsageView.Teams, UsageView.Keys];

    private static readonly UsageDimension[] s_models = [UsageDimension.Route, UsageDimension.Operation, UsageDimension.Model, UsageDimension.Provider, UsageDimension.TargetModel];
    private static readonly UsageDimension[] s_teams = [UsageDimension.Tenant, UsageDimension.Team, .. s_models];
    private static readonly UsageDimension[] s_keys = [UsageDimension.Tenant, UsageDimension.Team, UsageDimension.User, UsageDimension.Key];

    /// <summary>The dimensions that a narrow one has.</summary>
    public static IReadOnlyList<UsageDimension> Dimensions(this UsageView view) => view switch
    {
        UsageView.Models => s_models,
        UsageView.Teams => s_teams,
        UsageView.Keys => s_keys,
        _ => throw new ArgumentOutOfRangeException(nameof(view), view, "Leaves nothing out."),
    };

    /// <summary>As tuples and tables are named; none for those that are in the tables without a name.</summary>
    public static string? Name(this UsageView view) => view switch
    {
        UsageView.Models => "models",
        UsageView.Teams => "teams",
        UsageView.Keys => "keys",
        _ => null,
    };

    /// <summary>The one with the fewest rows that has all of the dimensions.</summary>
    public static UsageView Having(IEnumerable<UsageDimension> dimensions)
    {
        var asked = dimensions.ToArray();
        foreach (var view in Narrow)
        {
            if (asked.All(view.Dimensions().Contains)) return view;
        }

        return UsageView.All;
    }
}

/// <summary>A table of rollups.</summary>
internal readonly record struct UsageTable(UsageView View, UsageGrain Grain)
{
    /// <summary>All of them, in the order in which they are written. Narrow ones have no minutes: few questions are about so little.</summary>
    public static readonly IReadOnlyList<UsageTable> Rollups =
    [
        new(UsageView.All, UsageGrain.Minute), new(UsageView.All, UsageGrain.Hour), new(UsageView.All, UsageGrain.Day),
        .. UsageViews.Narrow.SelectMany(view => (UsageTable[])[new(view, UsageGrain.Hour), new(view, UsageGrain.Day)]),
    ];

    public string Name => View.Name() is { } view ? $"{Grain.Table()}_{view}" : Grain.Table();
}
