using System.Text;

namespace OrleansGateway.Configuration;

/// <summary>
/// The sections that are a node's own, in its file, where all the rest is the cluster's: what says where the node listens, which cluster it is of, and all that is read at start only.
/// </summary>
internal static class NodeSections
{
    /// <summary>Their names, in order.</summary>
    public static readonly IReadOnlyList<string> Names = ["cluster", "listeners", "state", "telemetry"];

    /// <summary>Whether the setting at that path is a node's own.</summary>
    public static bool Own(string path) => Names.Any(name => path.StartsWith(name, StringComparison.Ordinal) && (path.Length == name.Length || path[name.Length] is '.' or '['));

    /// <summary>Whether there is nothing in a file but sections of the node, and the cluster's among them.</summary>
    public static bool IsAllThereIs(Findings findings) =>
        findings.IsGiven("cluster") && SettingRecord.Of(typeof(GatewaySettings)).Fields.All(field => Own(field.Name) || !findings.IsGiven(field.Name));

    /// <summary>One document of a node's own sections and, for all others, the cluster's text.</summary>
    public static YamlNode Merge(YamlNode own, YamlNode? shared)
    {
        var place = shared ?? own;
        var merged = new YamlNode(YamlKind.Mapping, place.Line, place.Column);
        merged.Entries.AddRange(own.Entries.Where(e => Own(e.Key.Text)));
        if (shared is not null) merged.Entries.AddRange(shared.Entries.Where(e => !Own(e.Key.Text)));
        return merged;
    }

    /// <summary>A node's own sections in one line of text, which differs if they do.</summary>
    public static string Digest(string file) => string.Join('\n', OwnLeaves(file).Select(l => $"{l.Path}={l.Node.Kind}{l.Node.Text}"));

    /// <summary>
    /// The text without a node's own sections; none if they cannot be taken out of it as it is written. Comments and the rest stay as they are. Empty if there is nothing else.
    /// </summary>
    public static string? Without(string text)
    {
        if (ConfigurationText.Leaves(text) is not { } leaves) return text;
        if (!leaves.Any(l => Own(l.Path))) return text;
        if (leaves.All(l => Own(l.Path))) return "";
        var left = Cut(text);
        // What is written in braces, or names by an alias what stood in a section, is not so easily cut.
        return ConfigurationText.Leaves(left) is { } rest && Same(rest, leaves.Where(l => !Own(l.Path))) ? left : null;
    }

    /// <summary>What in a text for all nodes would change sections that are each node's own; none if it has the same as the file here, or has none.</summary>
    public static IReadOnlyList<Fault> Changes(string text, string file)
    {
        if (YamlTree.Parse(text, new Findings("")) is not { Kind: YamlKind.Mapping } root || ConfigurationText.Leaves(text) is not { } leaves) return [];
        var own = OwnLeaves(file);
        return
        [
            .. from entry in root.Entries
               let name = entry.Key.Text
               where Names.Contains(name) && !Same(leaves.Where(l => IsIn(l, name)), own.Where(l => IsIn(l, name)))
               select new Fault(SharedText.Name, entry.Key.Line, entry.Key.Column, name,
                   $"The section {name} is each node's own and read from the node's file, where it says something else. Take it out here; to change it, change the files."),
        ];
    }

    /// <summary>Whether two texts say the same of what is the cluster's.</summary>
    public static bool SameRest(string one, string other) =>
        ConfigurationText.Leaves(one) is { } a && ConfigurationText.Leaves(other) is { } b && Same(a.Where(l => !Own(l.Path)), b.Where(l => !Own(l.Path)));

    private static IEnumerable<ConfigurationLeaf> OwnLeaves(string file) =>
        (ConfigurationText.Leaves(file) ?? []).Where(l => Own(l.Path)).OrderBy(l => l.Path, StringComparer.Ordinal);

    private static bool IsIn(ConfigurationLeaf leaf, string section) =>
        leaf.Path.StartsWith(section, StringComparison.Ordinal) && (leaf.Path.Length == section.Length || leaf.Path[section.Length] is '.' or '[');

    // A masked secret is the one that is there: the text was shown, and is given back.
    private static bool Same(IEnumerable<ConfigurationLeaf> a, IEnumerable<ConfigurationLeaf> b)
    {
        var known = new Dictionary<string, ConfigurationLeaf>(StringComparer.Ordinal);
        foreach (var leaf in b) known[leaf.Path] = leaf;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var leaf in a)
        {
            if (!known.TryGetValue(leaf.Path, out var other) || leaf.Node.Kind != other.Node.Kind) return false;
            if (leaf.Node.Text != other.Node.Text && leaf is not { IsLiteralSecret: true, Node.Text: ConfigurationText.Masked }) return false;
            seen.Add(leaf.Path);
        }

        return seen.Count == known.Count;
    }

    /// <summary>Takes out the lines from a section's name to the next line that begins at the margin.</summary>
    private static string Cut(string text)
    {
        var left = new StringBuilder(text.Length);
        var isOwn = false;
        foreach (var line in text.Split('\n'))
        {
            var isMargin = line.Length > 0 && line[0] is not (' ' or '\t' or '\r' or '-');
            if (isMargin) isOwn = line.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon && Names.Contains(line[..colon].Trim('"', '\'', ' '));
            if (!isOwn) left.Append(line).Append('\n');
        }

        left.Length--;
        return left.ToString();
    }
}
