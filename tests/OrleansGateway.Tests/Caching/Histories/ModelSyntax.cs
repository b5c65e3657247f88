using System.Text.RegularExpressions;

namespace OrleansGateway.Tests.Caching.Histories;

/// <summary>Reads what RFC 9110 and RFC 9111 give a syntax to. Written from their grammar, for the model; slow and plain.</summary>
internal static partial class ModelSyntax
{
    private static readonly string[] s_months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

    /// <summary>Members of a list (RFC 9110 §5.6.1): commas in quoted strings are none of it.</summary>
    public static List<string> Members(IEnumerable<string> lines)
    {
        var members = new List<string>();
        foreach (var line in lines)
        {
            var (start, quoted) = (0, false);
            for (var i = 0; i <= line.Length; i++)
            {
                if (i < line.Length && quoted && line[i] == '\\') i++;
                else if (i < line.Length && line[i] == '"') quoted = !quoted;
                else if (i >= line.Length || (line[i] == ',' && !quoted))
                {
                    if (line[start..Math.Min(i, line.Length)].Trim(' ', '\t') is { Length: > 0 } member) members.Add(member);
                    start = i + 1;
                }
            }
        }

        return members;
    }

    /// <summary>Directives (RFC 9111 §5.2): names compared without case, values as tokens or quoted strings.</summary>
    public static List<(string Name, string? Value)> Directives(IEnumerable<string> lines) => [.. Members(lines).Select(static member =>
    {
        var equals = member.IndexOf('=', StringComparison.Ordinal);
        if (equals < 0) return (member.ToLowerInvariant(), (string?)null);
        return (member[..equals].Trim().ToLowerInvariant(), member[(equals + 1)..].Trim());
    })];

    /// <summary>
    /// A dictionary of RFC 9651, as far as directives need it: none if it is empty or not valid, and then the field is as if it were not there (RFC 9213 §2.1).
    /// The last of two with the same key counts.
    /// </summary>
    public static List<(string Name, string? Value)>? Targeted(IEnumerable<string> lines)
    {
        var whole = string.Join(", ", lines).Trim(' ');
        if (whole.Length == 0 || !Dictionary().IsMatch(whole)) return null;
        var found = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (Match member in Member().Matches(whole)) found[member.Groups["key"].Value] = member.Groups["value"].Success ? member.Groups["value"].Value : null;
        return [.. found.Select(static one => (one.Key, one.Value))];
    }

    /// <summary>Seconds (RFC 9111 §1.2.2); 0 where they cannot be read, for an answer with freshness that is not valid is best taken for stale (§4.2.1).</summary>
    public static double Seconds(string? value)
    {
        if (value is ['"', .., '"']) value = value[1..^1];
        return value is not null && Digits().IsMatch(value) ? Math.Min(double.Parse(value, CultureInfo.InvariantCulture), 2147483648) : 0;
    }

    /// <summary>A date in one of the three forms (RFC 9110 §5.6.7).</summary>
    public static DateTimeOffset? Date(string? text, DateTimeOffset now)
    {
        if (text is null) return null;
        var match = Imf().Match(text) is { Success: true } imf ? imf : Rfc850().Match(text) is { Success: true } old ? old : Asctime().Match(text);
        if (!match.Success) return null;
        var (year, month) = (Number("year"), Array.IndexOf(s_months, match.Groups["month"].Value.ToLowerInvariant()) + 1);
        if (match.Groups["year"].Length == 2)
        {
            year += now.Year / 100 * 100;
            if (year > now.Year + 50) year -= 100;
        }

        var (day, hour, minute, second) = (Number("day"), Number("hour"), Number("minute"), Number("second"));
        if (year < 1 || month < 1 || day < 1 || day > DateTime.DaysInMonth(year, month) || hour > 23 || minute > 59 || second > 59) return null;
        return new DateTimeOffset(year, month, day, hour, minute, second, TimeSpan.Zero);

        int Number(string group) => int.Parse(match.Groups[group].ValueSpan.Trim(), CultureInfo.InvariantCulture);
    }

    [GeneratedRegex("^[0-9]+$")]
    private static partial Regex Digits();

    [GeneratedRegex("^[a-z]{3}, (?<day>[0-9]{2}) (?<month>[a-z]{3}) (?<year>[0-9]{4}) (?<hour>[0-9]{2}):(?<minute>[0-9]{2}):(?<second>[0-9]{2}) GMT$", RegexOptions.IgnoreCase)]
    private static partial Regex Imf();

    [GeneratedRegex("^[a-z]{6,9}, (?<day>[0-9]{2})-(?<month>[a-z]{3})-(?<year>[0-9]{2}) (?<hour>[0-9]{2}):(?<minute>[0-9]{2}):(?<second>[0-9]{2}) GMT$", RegexOptions.IgnoreCase)]
    private static partial Regex Rfc850();

    [GeneratedRegex("^[a-z]{3} (?<month>[a-z]{3}) (?<day>[ 0-9][0-9]) (?<hour>[0-9]{2}):(?<minute>[0-9]{2}):(?<second>[0-9]{2}) (?<year>[0-9]{4})$", RegexOptions.IgnoreCase)]
    private static partial Regex Asctime();

    private const string OneMember =
        "(?<key>[a-z*][a-z0-9_.*-]*)(=(?<value>-?[0-9]{1,15}|\\?[01]|\"[ !#-\\[\\]-~]*\"|" +
        "[A-Za-z*][A-Za-z0-9!#$%&'*+.^_`|~:/-]*))?(; *[a-z*][a-z0-9_.*-]*(=([0-9]{1,15}|[A-Za-z*][A-Za-z0-9]*))?)*";

    [GeneratedRegex(OneMember)]
    private static partial Regex Member();

    [GeneratedRegex($"^{OneMember}([ \t]*,[ \t]*{OneMember})*$")]
    private static partial Regex Dictionary();
}
