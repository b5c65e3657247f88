using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace OrleansGateway.Configuration;

/// <summary>One value of a configuration as written, and whether a secret belongs there.</summary>
internal sealed record ConfigurationLeaf(string Path, YamlNode Node, bool IsSecret)
{
    /// <summary>Whether the secret itself stands there, rather than a reference to it.</summary>
    public bool IsLiteralSecret => IsSecret && Node.Kind == YamlKind.Scalar && !ConfigurationText.IsReference(Node.Text);

    /// <summary>The value as written; stars for a secret. A list or section without entries is <c>[]</c> or <c>{}</c>.</summary>
    public string Shown => Node.Kind switch
    {
        YamlKind.Sequence => "[]",
        YamlKind.Mapping => "{}",
        _ => IsLiteralSecret ? ConfigurationText.Masked : Node.Text,
    };
}

/// <summary>The text of a configuration, as people wrote it: its values by path, and where secrets stand in it.</summary>
internal static partial class ConfigurationText
{
    /// <summary>Stands for a secret that is not shown. Given back, it means the secret that is running.</summary>
    public const string Masked = "***";

    private static readonly JsonSerializerOptions Quoting = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>All values, in the order of the text; none if it is no YAML. What an alias stands for is there once for each place.</summary>
    public static IReadOnlyList<ConfigurationLeaf>? Leaves(string text)
    {
        var findings = new Findings("");
        if (YamlTree.Parse(text, findings) is not { } root) return null;
        var leaves = new List<ConfigurationLeaf>();
        Collect(root, new SettingShape.Section(SettingRecord.Of(typeof(GatewaySettings))), "", leaves);
        return leaves;
    }

    /// <summary>Whether a secret is only named: by a file, or by a variable without a default, which might be the secret.</summary>
    public static bool IsReference(string text) => text.StartsWith("file:", StringComparison.Ordinal) || Variable().IsMatch(text);

    /// <summary>The text of a valid configuration with stars in place of every secret that stands in it. Comments stay.</summary>
    public static string Mask(string text)
    {
        var masked = Replace(text, Leaves(text)!.Where(l => l.IsLiteralSecret).Select(l => (l.Node, '"' + Masked + '"')));
        // Rather no answer than one that shows a secret.
        if (Leaves(masked) is not { } leaves || leaves.Any(l => l.IsLiteralSecret && l.Node.Text != Masked))
            throw new InvalidOperationException("The secrets of the configuration could not be masked.");
        return masked;
    }

    /// <summary>
    /// The text with the secrets of the running one in place of stars, by path; and the paths for which it has none. A text that is no YAML comes back as it
    /// is.
    /// </summary>
    public static (string Text, IReadOnlyList<string> Missing) Fill(string text, string running)
    {
        if (Leaves(text) is not { } leaves || leaves.Where(l => l.IsLiteralSecret && l.Node.Text == Masked).ToArray() is not { Length: > 0 } masks)
            return (text, []);
        // A very long name is cut in its path: where two are alike, neither is taken for the other.
        var known = Leaves(running)!.Where(l => l.IsSecret).GroupBy(l => l.Path, StringComparer.Ordinal).Where(g => g.Count() == 1)
            .ToDictionary(g => g.Key, g => g.Single());
        var missing = masks.Where(m => !known.ContainsKey(m.Path)).Select(m => m.Path).ToArray();
        var filled = masks.Where(m => known.ContainsKey(m.Path)).ToArray();
        // As it was written there, so that a document that was only shown and given back is the same; in quotes where that would not be the same value.
        var asWritten = Replace(text, filled.Select(m => (m.Node, Written(running, known[m.Path].Node))));
        if (Leaves(asWritten)?.ToLookup(l => l.Path) is { } check && filled.All(m => check[m.Path].All(l => l.Node.Text == known[m.Path].Node.Text)))
            return (asWritten, missing);
        return (Replace(text, filled.Select(m => (m.Node, JsonSerializer.Serialize(known[m.Path].Node.Text, Quoting)))), missing);
    }

    private static void Collect(YamlNode node, SettingShape? shape, string path, List<ConfigurationLeaf> leaves)
    {
        if (node.Kind == YamlKind.Scalar || node.Items.Count + node.Entries.Count == 0)
        {
            leaves.Add(new ConfigurationLeaf(path, node, shape is SettingShape.Single { IsSecret: true }));
            return;
        }

        for (var i = 0; i < node.Items.Count; i++) Collect(node.Items[i], (shape as SettingShape.ListOf)?.Item, SettingPath.Item(path, i), leaves);
        foreach (var (key, value) in node.Entries) Collect(value, ShapeOf(shape, key.Text), PathOf(shape, path, key.Text), leaves);
    }

    private static SettingShape? ShapeOf(SettingShape? shape, string name) => shape switch
    {
        SettingShape.Section section => section.Record.Fields.FirstOrDefault(f => f.Name == name)?.Shape,
        SettingShape.MapOf map => map.Value,
        _ => null,
    };

    private static string PathOf(SettingShape? shape, string path, string name) =>
        shape is SettingShape.Section section && section.Record.Fields.Any(f => f.Name == name) ? SettingPath.Field(path, name) : SettingPath.Entry(path, name);

    private static string Written(string text, YamlNode node)
    {
        var written = text[node.Span.Start..node.Span.End];
        // Without its anchor; and a block, which ends with a line, is only right where it stands.
        if (node.Anchor.Length > 0) written = written[(node.Anchor.Length + 1)..].TrimStart();
        return written.Contains('\n', StringComparison.Ordinal) ? JsonSerializer.Serialize(node.Text, Quoting) : written;
    }

    private static string Replace(string text, IEnumerable<(YamlNode Node, string By)> replacements)
    {
        var result = new StringBuilder(text);
        // From the end, so that places before stay right; once each, for aliases share a node.
        foreach (var (node, by) in replacements.DistinctBy(r => r.Node.Span).OrderByDescending(r => r.Node.Span.Start))
        {
            var (start, end) = node.Span;
            var anchor = node.Anchor.Length > 0 ? $"&{node.Anchor} " : "";
            var lineEnd = end > start && text[end - 1] == '\n' ? "\n" : "";
            result.Remove(start, end - start).Insert(start, anchor + by + lineEnd);
        }

        return result.ToString();
    }

    [GeneratedRegex(@"^\$\{[A-Za-z_][A-Za-z0-9_]*\}$(?!\n)", RegexOptions.CultureInvariant)]
    private static partial Regex Variable();
}
