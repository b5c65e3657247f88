namespace OrleansGateway.Caching.Terms;

/// <summary>Bytes of a representation, from the first to the last.</summary>
/// <param name="From">The first.</param>
/// <param name="To">The last.</param>
internal readonly record struct ByteRange(long From, long To)
{
    public long Length => To - From + 1;

    /// <summary>
    /// Reads <c>Range</c> for a representation of so many bytes. False if it is to be ignored: no bytes, not valid, or more than one range, for which the whole is a proper
    /// answer (RFC 9110 §14.2). No range: none of it is there, which is 416.
    /// </summary>
    public static bool TryRead(string? text, long length, out ByteRange? range)
    {
        range = null;
        if (text is null || !text.StartsWith("bytes=", StringComparison.OrdinalIgnoreCase) || text.Contains(',', StringComparison.Ordinal)) return false;
        var spec = text.AsSpan(6).Trim(" \t");
        var dash = spec.IndexOf('-');
        if (dash < 0) return false;
        var (hasFirst, hasLast) = (dash > 0, dash < spec.Length - 1);
        var (first, last) = (0L, 0L);
        if ((hasFirst && !TryNumber(spec[..dash], out first)) || (hasLast && !TryNumber(spec[(dash + 1)..], out last)) || !(hasFirst || hasLast)) return false;
        if (hasFirst && hasLast && last < first) return false;
        if (!hasFirst) (first, last) = (Math.Max(0, length - last), last == 0 ? -1 : length - 1);
        else last = hasLast ? Math.Min(last, length - 1) : length - 1;
        if (first < length && last >= first) range = new ByteRange(first, last);
        return true;
    }

    /// <summary>Reads <c>Content-Range</c>; none if it is not valid or the whole length is not stated.</summary>
    public static (ByteRange Range, long Length)? OfContent(string? text)
    {
        if (text is null || !text.StartsWith("bytes ", StringComparison.OrdinalIgnoreCase)) return null;
        var span = text.AsSpan(6).Trim();
        var slash = span.IndexOf('/');
        var dash = slash < 0 ? -1 : span[..slash].IndexOf('-');
        if (dash < 0) return null;
        if (!TryNumber(span[..dash], out var from) || !TryNumber(span[(dash + 1)..slash], out var to) || !TryNumber(span[(slash + 1)..], out var length)) return null;
        return from <= to && to < length ? (new ByteRange(from, to), length) : null;
    }

    private static bool TryNumber(ReadOnlySpan<char> text, out long number)
    {
        number = 0;
        return !text.IsEmpty && !text.ContainsAnyExceptInRange('0', '9') && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }
}
