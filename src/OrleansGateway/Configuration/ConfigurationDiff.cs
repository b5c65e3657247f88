namespace OrleansGateway.Configuration;

/// <summary>One value that differs between two configurations. <c>Before</c> is none for one that was added, <c>After</c> for one that was removed.</summary>
internal sealed record ConfigurationChange(string Path, string? Before, string? After);

/// <summary>
/// What differs between two texts of configurations, value by value. Order, comments and quoting do not count; secrets are compared and not shown.
/// </summary>
internal static class ConfigurationDiff
{
    /// <summary>In the order of the paths.</summary>
    public static IReadOnlyList<ConfigurationChange> Between(string before, string after)
    {
        var (old, @new) = (ByPath(before), ByPath(after));
        return
        [
            .. from path in old.Keys.Union(@new.Keys).Order(StringComparer.Ordinal)
               let was = old.GetValueOrDefault(path)
               let now = @new.GetValueOrDefault(path)
               where !Same(was, now)
               select new ConfigurationChange(path, was?.Shown, now?.Shown),
        ];
    }

    private static bool Same(ConfigurationLeaf? a, ConfigurationLeaf? b) =>
        a is not null && b is not null && a.Node.Kind == b.Node.Kind && a.Node.Text == b.Node.Text;

    // Only valid texts have each path once; of others the last counts.
    private static Dictionary<string, ConfigurationLeaf> ByPath(string text)
    {
        var leaves = new Dictionary<string, ConfigurationLeaf>(StringComparer.Ordinal);
        foreach (var leaf in ConfigurationText.Leaves(text) ?? []) leaves[leaf.Path] = leaf;
        return leaves;
    }
}
