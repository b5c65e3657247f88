namespace OrleansGateway.Configuration;

/// <summary>Lists of types of events: each entry matches one that there is.</summary>
internal static class EventTypeRules
{
    /// <param name="patterns">The list <c>events</c>.</param>
    /// <param name="owner">Path of what has it.</param>
    /// <param name="findings">Where faults go.</param>
    public static void Check(IReadOnlyList<string> patterns, string owner, Findings findings)
    {
        var list = SettingPath.Field(owner, "events");
        for (var i = 0; i < patterns.Count; i++)
        {
            if (patterns[i] is not { } pattern) continue;
            var item = SettingPath.Item(list, i);
            var star = pattern.IndexOf('*', StringComparison.Ordinal);
            if (star >= 0 && star < pattern.Length - 1) findings.ReportAt(item, list, $"In {findings.Shown(item)} the * stands before the end; only a trailing * matches.");
            else if (!EventTypes.All.Any(new NamePatterns([pattern]).Matches))
                findings.ReportAt(item, list, $"No event is of the type {findings.Shown(item)}; there are {string.Join(", ", EventTypes.All)}.");
        }
    }
}
