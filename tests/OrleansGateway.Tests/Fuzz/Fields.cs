using System.Buffers;

namespace OrleansGateway.Tests.Fuzz;

/// <summary>Header or trailer fields as a strict reader takes them (RFC 9112 §5); written from the RFC, and shares nothing with the gateway.</summary>
internal sealed class Fields
{
    private static readonly SearchValues<char> s_token =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

    private readonly List<(string Name, string Value)> _all = [];

    private Fields()
    {
    }

    /// <summary>What is wrong with them; none if nothing is.</summary>
    public string? Fault { get; private set; }

    /// <summary>
    /// Whether a name is no token, or a value has a control character, and leaves no doubt where it ends: who reads it may let it pass (RFC 9110 §5.5), who sends
    /// it on may not.
    /// </summary>
    public bool IsOdd { get; private set; }

    public int Count => _all.Count;

    /// <param name="lines">The lines, each with its end; none at all is right too.</param>
    public static Fields Read(string lines)
    {
        var fields = new Fields();
        for (var at = 0; at < lines.Length && fields.Fault is null;)
        {
            var end = lines.IndexOf("\r\n", at, StringComparison.Ordinal);
            if (end < 0) end = lines.Length;
            fields.Take(lines[at..end]);
            at = end + 2;
        }

        return fields;
    }

    /// <summary>Values of the field, in order.</summary>
    public string[] Of(string name) => [.. _all.Where(f => f.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(f => f.Value)];

    /// <summary>Whether the field, a list, has the element.</summary>
    public bool Has(string name, string element) =>
        Of(name).SelectMany(value => value.Split(',')).Any(e => e.Trim(' ', '\t').Equals(element, StringComparison.OrdinalIgnoreCase));

    private void Take(string line)
    {
        var colon = line.IndexOf(':', StringComparison.Ordinal);
        if (line.StartsWith(' ') || line.StartsWith('\t')) Fault = "a folded line";
        else if (colon <= 0) Fault = "a field without a name";
        else if (line.AsSpan(0, colon).ContainsAny("\0\t\r\n ")) Fault = "a space, a NUL or the end of a line in a field name";
        else if (line.AsSpan(colon).ContainsAny("\0\r\n")) Fault = "a NUL or the end of a line in a field value";
        else
        {
            IsOdd |= line.AsSpan(0, colon).ContainsAnyExcept(s_token) || line.AsSpan(colon).ContainsAnyInRange('\x01', '\x08') || line.AsSpan(colon).ContainsAnyInRange('\x0b', '\x1f');
            _all.Add((line[..colon], line[(colon + 1)..].Trim(' ', '\t')));
        }
    }
}
