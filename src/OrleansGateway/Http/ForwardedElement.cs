namespace OrleansGateway.Http;

/// <summary>One element of <c>Forwarded</c> (RFC 7239 §4): what one proxy says of who has called it. Read in place.</summary>
internal ref struct ForwardedElement
{
    /// <summary>Most elements in one line; a line of more is not read.</summary>
    public const int CountMax = 32;

    /// <summary>Who has called; empty if it does not say.</summary>
    public ReadOnlySpan<char> Node { get; private set; }

    public ReadOnlySpan<char> Scheme { get; private set; }
    public ReadOnlySpan<char> Host { get; private set; }

    /// <summary>Finds the elements of a line, which commas part unless they stand in quotes. Their number; 0 if there are more than fit.</summary>
    public static int Split(ReadOnlySpan<char> line, Span<Range> elements)
    {
        var (count, start) = (0, 0);
        while (start <= line.Length)
        {
            if (count == elements.Length) return 0;
            var end = start + EndOf(line[start..], ',');
            elements[count++] = start..end;
            start = end + 1;
        }

        return count;
    }

    /// <summary>Reads an element; false if it is not written as one.</summary>
    public static bool TryRead(ReadOnlySpan<char> text, out ForwardedElement element)
    {
        element = default;
        while (!text.IsEmpty)
        {
            var end = EndOf(text, ';');
            if (!element.Take(text[..end].Trim())) return false;
            text = end < text.Length ? text[(end + 1)..] : default;
        }

        return true;
    }

    private bool Take(ReadOnlySpan<char> pair)
    {
        if (pair.IsEmpty) return true;
        var equals = pair.IndexOf('=');
        if (equals <= 0) return false;
        var name = pair[..equals];
        var value = pair[(equals + 1)..];
        if (value.StartsWith('"'))
        {
            if (value.Length < 2 || !value.EndsWith('"')) return false;
            value = value[1..^1];
        }

        if (name.Equals("for", StringComparison.OrdinalIgnoreCase)) Node = value;
        else if (name.Equals("proto", StringComparison.OrdinalIgnoreCase)) Scheme = value;
        else if (name.Equals("host", StringComparison.OrdinalIgnoreCase)) Host = value;
        return true;
    }

    // A backslash takes the next character out of play (RFC 9110 §5.6.4).
    private static int EndOf(ReadOnlySpan<char> text, char mark)
    {
        var quoted = false;
        for (var at = 0; at < text.Length; at++)
        {
            if (text[at] == '"') quoted = !quoted;
            else if (quoted && text[at] == '\\') at++;
            else if (!quoted && text[at] == mark) return at;
        }

        return text.Length;
    }
}
