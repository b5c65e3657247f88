namespace OrleansGateway.Caching.Terms;

/// <summary>
/// Dates of HTTP in their three forms (RFC 9110 §5.6.7), and no other: a date that is nearly right is a sign that its sender does not know what it says. The day of the
/// week is not checked.
/// </summary>
internal static class HttpDate
{
    public static DateTimeOffset? Parse(string? text, DateTimeOffset now)
    {
        if (text is null) return null;
        var span = text.AsSpan().Trim(" \t");
        var comma = span.IndexOf(',');
        if (comma < 0) return Asctime(span);
        if (!span.EndsWith(" GMT", StringComparison.OrdinalIgnoreCase) || comma + 2 > span.Length - 4 || span[comma + 1] != ' ') return null;
        var date = span[(comma + 2)..^4];
        return comma == 3 ? Exact(date, "dd MMM yyyy HH:mm:ss") : comma >= 6 ? Rfc850(date, now) : null;
    }

    private static DateTimeOffset? Rfc850(ReadOnlySpan<char> text, DateTimeOffset now)
    {
        if (text.Length != 18 || !int.TryParse(text[7..9], NumberStyles.None, CultureInfo.InvariantCulture, out var year)) return null;
        year += now.Year / 100 * 100;
        // More than 50 years ahead means the last time those two digits came round.
        if (year > now.Year + 50) year -= 100;
        return Exact($"{text[..7]}{year.ToString("0000", CultureInfo.InvariantCulture)}{text[9..]}", "dd-MMM-yyyy HH:mm:ss");
    }

    private static DateTimeOffset? Asctime(ReadOnlySpan<char> text)
    {
        if (text.Length != 24 || text[3] != ' ') return null;
        Span<char> copy = stackalloc char[20];
        text[4..].CopyTo(copy);
        if (copy[4] == ' ') copy[4] = '0';
        return Exact(copy, "MMM dd HH:mm:ss yyyy");
    }

    private static DateTimeOffset? Exact(ReadOnlySpan<char> text, string format) =>
        DateTimeOffset.TryParseExact(text, format, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date) ? date : null;
}
