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
            // The last of two counts (RFC 9651 §4.2.2).
            if (takesSeconds) directives.Drop(key);
            if (value is not "?0") directives.Add(key, hasValue, value);
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

    /// <summary>A bare item, as it stands.</summary>
    private static bool TryItem(scoped ref ReadOnlySpan<char> rest, out ReadOnlySpan<char> value)
    {
        var length = BareItem.LengthOf(rest);
        value = rest[..length];
        rest = rest[length..];
        return length > 0;
    }
}
