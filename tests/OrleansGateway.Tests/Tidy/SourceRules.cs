using System.Text.RegularExpressions;

namespace OrleansGateway.Tests.Tidy;

/// <summary>What a source file must be. Each rule names what is wrong with one file; nothing if it is right.</summary>
internal static partial class SourceRules
{
    public const int LinesMax = 400;

    /// <summary>Which folder of the library may use which. Those not listed may use all: <c>Cli</c> and the root put the parts together.</summary>
    private static readonly Dictionary<string, string[]> Arrows = new()
    {
        ["Configuration"] = [],
        ["Http"] = ["Configuration"],
        ["Telemetry"] = ["Http", "Configuration"],
        ["Upstream"] = ["Http", "Configuration", "Telemetry"],
        ["Audit"] = [],
        ["Tenants"] = ["Audit", "Configuration", "Http"],
        ["Auth"] = ["Tenants", "Upstream", "Http", "Configuration", "Telemetry"],
        ["Models"] = ["Prices", "Http", "Configuration", "Upstream", "Telemetry"],
        ["Routing"] = ["Models", "Upstream", "Http", "Configuration", "Telemetry"],
        ["Forwarding"] = ["Upstream", "Http", "Configuration", "Telemetry"],
        ["Cors"] = ["Http", "Configuration"],
        ["Compression"] = ["Http", "Configuration"],
        ["Caching"] = ["Forwarding", "Invalidation", "Leases", "Models", "Prices", "Routing", "Usage", "Upstream", "Http", "Configuration", "Telemetry"],
        ["Shedding"] = ["Http", "Configuration", "Telemetry"],
        ["Scaling"] = ["Shedding", "Usage", "Configuration", "Telemetry"],
        ["Prices"] = ["Http", "Configuration"],
        ["Events"] = ["Audit", "Leases", "Upstream", "Configuration", "Telemetry"],
        ["Usage"] = ["Events", "Prices", "Leases", "Budgets", "Http", "Configuration", "Telemetry", "Models"],
        ["Leases"] = [],
        ["Invalidation"] = ["Configuration", "Telemetry"],
        ["Limits"] = ["Events", "Leases", "Prices", "Http", "Configuration", "Telemetry", "Models"],
        ["Budgets"] = ["Leases", "Limits", "Prices", "Http", "Configuration", "Telemetry", "Models"],
        ["SelfService"] = ["Auth", "Http", "Configuration", "Usage", "Leases", "Limits"],
        ["Storage"] = ["Audit", "Events", "Tenants", "Admin", "Configuration", "Telemetry", "Leases", "Prices", "Usage", "Http", "Invalidation"],
        ["Accounting"] = ["Usage", "Prices", "Leases", "Limits", "Http", "Configuration"],
        ["Admin"] = ["Accounting", "Audit", "Events", "Tenants", "Http", "Configuration", "Telemetry", "Upstream", "Leases", "Limits", "Budgets", "Prices", "Usage", "Invalidation", "Caching", "Scaling"],
    };

    public static IEnumerable<string> NamespaceIsFolder(SourceFile file, string projectPath)
    {
        var code = CodeOnly.Of(file.Text);
        var declared = NamespaceLine().Match(code);
        if (!declared.Success)
        {
            // Global usings and top-level statements have no namespace; a type must.
            if (TypeDeclaration().IsMatch(code)) yield return $"{file.Path}: declares a type without a namespace";
            yield break;
        }

        var projectFolder = projectPath[..(projectPath.LastIndexOf('/') + 1)];
        var root = Path.GetFileNameWithoutExtension(projectPath);
        var below = file.Path[projectFolder.Length..];
        var folder = below.Contains('/', StringComparison.Ordinal) ? "." + below[..below.LastIndexOf('/')].Replace('/', '.') : "";
        if (declared.Groups[1].Value != root + folder) yield return $"{file.Path}: namespace {declared.Groups[1].Value} should be {root + folder}";
    }

    public static IEnumerable<string> NameIsMainType(SourceFile file)
    {
        var types = TypeDeclaration().Matches(CodeOnly.Of(file.Text)).Select(m => m.Groups[1].Value).ToArray();
        if (types.Length > 0 && !types.Contains(file.Name.Split('.')[0])) yield return $"{file.Path}: declares {string.Join(", ", types)}, none named as the file";
    }

    public static IEnumerable<string> ArrowsPointTheRightWay(SourceFile file)
    {
        const string Library = "src/OrleansGateway/";
        if (!file.IsIn(Library) || file.Path.Split('/') is not [_, _, var folder, ..] || !Arrows.TryGetValue(folder, out var allowed)) yield break;
        var used = UsedFolder().Matches(CodeOnly.Of(file.Text)).Select(m => m.Groups[1].Value).Distinct();
        foreach (var other in used.Where(u => u != folder && !allowed.Contains(u)))
        {
            yield return $"{file.Path}: {folder} must not use {other}; it may use {(allowed.Length == 0 ? "nothing" : string.Join(", ", allowed))}";
        }
    }

    public static IEnumerable<string> IsNotTooLong(SourceFile file)
    {
        var lines = file.Text.AsSpan().Count('\n');
        if (lines > LinesMax) yield return $"{file.Path}: {lines} lines; more than {LinesMax} is more than one thing";
    }

    public static IEnumerable<string> OpenEndsNameTheirIssue(SourceFile file) =>
        OpenEnd().Matches(file.Text).Select(m => $"{file.Path}:{LineOf(file.Text, m.Index)}: {m.Value} without an issue number, as in {m.Value}(#12)");

    public static IEnumerable<string> LinesEndWithLineFeedsOnly(SourceFile file)
    {
        if (file.Text.Contains('\r', StringComparison.Ordinal)) yield return $"{file.Path}: has carriage returns";
    }

    /// <summary>Line of a place in a text, from 1.</summary>
    public static int LineOf(string text, int index) => text.AsSpan(0, index).Count('\n') + 1;

    [GeneratedRegex(@"^namespace\s+([\w.]+)", RegexOptions.Multiline)]
    private static partial Regex NamespaceLine();

    [GeneratedRegex(@"^(?:(?:public|internal|file|static|sealed|abstract|partial|readonly|ref|unsafe)\s+)*(?:class|struct|interface|enum|record(?:\s+(?:class|struct))?|delegate\s+[\w<>?\[\], .]+?)\s+(\w+)", RegexOptions.Multiline)]
    private static partial Regex TypeDeclaration();

    [GeneratedRegex(@"\bOrleansGateway\.(\w+)")]
    private static partial Regex UsedFolder();

    // Word characters apart, so that this file is not its own find.
    [GeneratedRegex(@"\b(?:TO[D]O|FIX[M]E|HA[C]K|XX[X])\b(?!\s*\(?#\d)")]
    private static partial Regex OpenEnd();
}
