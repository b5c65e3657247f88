namespace OrleansGateway.Caching.Terms;

/// <summary>
/// A field with directives for one kind of cache (<c>CDN-Cache-Control</c>, RFC 9213): a dictionary of RFC 9651. One that is not, or in which a directive has a value of
/// another type than it takes, counts as not there.
/// </summary>
internal static class TargetedField
{
    /// <summary>Reads the field; false if it is empty or not valid, and nothing must be made of it.</summary>
    public static bool TryRead(string text, out CacheDirectives directives)
    {
        directives = new CacheDirectives();
        var rest = text.AsSpan().Trim(' ');
        if (rest.IsEmpty) return false;
        while (true)
        {
            if (!TryKey(ref rest, out var key)) return false;
            var hasValue = rest is ['=', ..];
            var value = ReadOnlySpan<char>.Empty;
            if (hasValue)
            {
                rest = rest[1..];
                if (!TryValue(ref rest, out value)) return false;
            }

            if (!TryParameters(ref rest)) return false;
            var takesSeconds = key is "max-age" or "s-maxage" or "stale-while-revalidate" or "stale-if-error";
            if (takesSeconds && (!hasValue || value.IsEmpty || value.ContainsAnyExceptInRange('0', '9'))) return false;
            directives.Add(key, hasValue, value);
            rest = rest.TrimStart(" \t");
            if (rest.IsEmpty) return true;
            if (rest[0] != ',') return false;
            rest = rest[1..].TrimStart(" \t");
            if (rest.IsEmpty) return false;
        }
    }

    private static bool TryKey(scoped ref ReadOnlySpan<char> rest, out ReadOnlySpan<char> key)
    {
        key = default;
        if (rest.IsEmpty || (!char.IsAsciiLetterLower(rest[0]) && rest[0] != '*')) return false;
        var end = 1;
        while (end < rest.Length && (char.IsAsciiLetterLower(rest[end]) || char.IsAsciiDigit(rest[end]) || rest[end] is '_' or '-' or '.' or '*')) end++;
        key = rest[..end];
        rest = rest[end..];
        return true;
    }

    private static bool TryValue(scoped ref ReadOnlySpan<char> rest, out ReadOnlySpan<char> value)
    {
        if (rest is not ['(', ..]) return TryItem(ref rest, out value);
        // An inner list: no directive takes one, but the field may hold others.
        value = "(";
        rest = rest[1..].TrimStart(' ');
        while (rest is not [')', ..])
        {
            if (!TryItem(ref rest, out _) || !TryParameters(ref rest)) return false;
            var trimmed = rest.TrimStart(' ');
            if (trimmed.Length == rest.Length && rest is not [')', ..]) return false;
            rest = trimmed;
        }

        rest = rest[1..];
        return true;
    }

    private static bool TryParameters(scoped ref ReadOnlySpan<char> rest)
    {
        while (rest is [';', ..])
        {
            rest = rest[1..].TrimStart(' ');
            if (!TryKey(ref rest, out _)) return false;
            if (rest is not ['=', ..]) continue;
            rest = rest[1..];
            if (!TryItem(ref rest, out _)) return false;
        }

        return true;
    }

    /// <summary>A bare item, as it stands: numbers, strings, tokens, byte sequences, booleans, dates, display strings.</summary>
    private static bool TryItem(scoped ref ReadOnlySpan<char> rest, out ReadOnlySpan<char> value)
    {
        var length = rest switch
        {
            ['"', ..] => EndOfString(rest, 1),
            ['%', '"', ..] => EndOfString(rest, 2),
            [':', ..] => rest[1..].IndexOf(':') is >= 0 and var end ? end + 2 : 0,
            ['?', '0' or '1', ..] => 2,
            ['@', ..] => 1 + Number(rest[1..]),
            [var first, ..] when char.IsAsciiLetter(first) || first == '*' => Token(rest),
            _ => Number(rest),
        };
        value = rest[..Math.Max(length, 0)];
        rest = rest[Math.Max(length, 0)..];
        return length > 0;
    }

    private static int Token(ReadOnlySpan<char> rest)
    {
        var end = 1;
        while (end < rest.Length && (char.IsAsciiLetterOrDigit(rest[end]) || "!#$%&'*+-.^_`|~:/".Contains(rest[end], StringComparison.Ordinal))) end++;
        return end;
    }

    private static int Number(ReadOnlySpan<char> rest)
    {
        var start = rest is ['-', ..] ? 1 : 0;
        var digits = rest[start..].IndexOfAnyExceptInRange('0', '9') is >= 0 and var end ? end : rest.Length - start;
        if (digits is 0 or > 15) return 0;
        var length = start + digits;
        if (length >= rest.Length || rest[length] != '.') return length;
        var fraction = rest[(length + 1)..].IndexOfAnyExceptInRange('0', '9') is >= 0 and var after ? after : rest.Length - length - 1;
        return fraction is 0 or > 3 ? 0 : length + 1 + fraction;
    }

    private static int EndOfString(ReadOnlySpan<char> rest, int from)
    {
        for (var i = from; i < rest.Length; i++)
        {
            if (rest[i] == '\\' && from == 1) i++;
            else if (rest[i] == '"') return i + 1;
            else if (rest[i] is < ' ' or > '~') return 0;
        }

        return 0;
    }
}
