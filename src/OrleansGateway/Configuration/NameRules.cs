using System.Text.RegularExpressions;

namespace OrleansGateway.Configuration;

/// <summary>Rules of names: which are allowed, and which must exist.</summary>
internal static partial class NameRules
{
    private const int ModelNameMax = 200;

    /// <summary>What is said of an id that is none.</summary>
    public const string BadId = "An id is 1 to 64 letters, digits, dots, dashes and underscores, and begins with a letter or digit.";

    /// <summary>Whether it can be the id of an entry.</summary>
    public static bool IsId(string id) => Id().IsMatch(id);

    public static void CheckIds(string owner, IEnumerable<string> ids, Findings findings)
    {
        foreach (var id in ids.Where(id => !Id().IsMatch(id))) ReportName(SettingPath.Entry(owner, id), BadId, findings);
    }

    /// <summary>Adds a fault of an entry's name, at the name.</summary>
    public static void ReportName(string entry, string message, Findings findings)
    {
        if (findings.PlaceOf(SettingPath.NameOf(entry)) is var (line, column)) findings.Note(line, column, entry, message);
    }

    /// <summary>Whether it can be a model's name: visible ASCII characters, so that it fits in headers, logs and labels.</summary>
    public static bool IsModelName(string name) => name.Length is > 0 and <= ModelNameMax && name.All(c => c is > ' ' and <= '~');

    /// <summary>Whether the setting names an entry of the map at <paramref name="mapPath"/>; a fault if not, unless that map could not be read.</summary>
    public static bool Exists<T>(
        IReadOnlyDictionary<string, T> map, string mapPath, string name, string owner, string field, string plural, Findings findings)
    {
        if (map.ContainsKey(name)) return true;
        var path = SettingPath.Field(owner, field);
        if (!findings.IsFaulty(mapPath)) ReportUnknown(path, owner, name, map.Keys, plural, findings);
        return false;
    }

    private static void ReportUnknown(string path, string owner, string name, IEnumerable<string> known, string plural, Findings findings)
    {
        if (findings.Full) return;
        findings.ReportAt(path, owner, $"There is no {findings.Shown(path)} among the {plural}.{Nearest.Hint(name, known, plural)}");
    }

    /// <summary>Checks a list of names in which a trailing <c>*</c> matches any ending.</summary>
    public static void CheckPatterns<T>(
        IReadOnlyList<string> patterns, IReadOnlyDictionary<string, T> known, string owner, string field, string plural, Findings findings)
    {
        var list = SettingPath.Field(owner, field);
        for (var i = 0; i < patterns.Count; i++)
        {
            var path = SettingPath.Item(list, i);
            // A faulty entry has its place in the list, but no value.
            if (patterns[i] is not { } pattern) continue;
            var star = pattern.IndexOf('*', StringComparison.Ordinal);
            if (pattern.Length == 0) findings.ReportAt(path, list, "A name must not be empty; '*' stands for all.");
            else if (star >= 0 && star < pattern.Length - 1)
                findings.ReportAt(path, list, $"In {findings.Shown(path)} the * stands before the end; only a trailing * matches.");
            else if (star < 0 && !known.ContainsKey(pattern) && !findings.IsFaulty(plural)) ReportUnknown(path, list, pattern, known.Keys, plural, findings);
        }
    }

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Id();
}
