namespace OrleansGateway.Configuration;

/// <summary>A host that a route serves: a name or an address, or all names below one.</summary>
/// <param name="Name">In small letters and ASCII (RFC 5890), without port and without a dot at its end.</param>
/// <param name="IsWildcard">Whether it stands for the names below it, and not for itself.</param>
internal readonly record struct HostPattern(string Name, bool IsWildcard)
{
    /// <summary>Longest name there is, RFC 1035 §2.3.4. A longer one in a request is no name of ours.</summary>
    public const int NameMax = 253;

    private const string NoName = "This is not a host's name, such as shop.example.com.";

    private static readonly IdnMapping Idn = new() { UseStd3AsciiRules = false };

    /// <summary>Reads the written form; or none, and what is wrong with it.</summary>
    public static (HostPattern? Host, string Problem) Parse(string text)
    {
        var isWildcard = text.StartsWith("*.", StringComparison.Ordinal);
        var written = (isWildcard ? text[2..] : text).TrimEnd('.');
        if (written.Contains('*', StringComparison.Ordinal)) return (null, "The * stands only at the beginning, before a dot: *.example.com.");
        var isBracketed = !isWildcard && written.StartsWith('[') && written.EndsWith(']');
        if (isBracketed && IPAddress.TryParse(written, out var address)) return (new HostPattern($"[{address}]", false), "");
        if (written.Contains(':', StringComparison.Ordinal)) return (null, "A host has no scheme and no port here; an IPv6 address goes in brackets.");
        try
        {
            var name = Idn.GetAscii(written.ToLowerInvariant());
            return name.Length <= NameMax && name.Split('.').All(IsLabel) ? (new HostPattern(name, isWildcard), "") : (null, NoName);
        }
        catch (ArgumentException)
        {
            return (null, NoName);
        }
    }

    /// <summary>The pattern of a host that has been checked.</summary>
    public static HostPattern Of(string text) => Parse(text).Host ?? throw new ArgumentException($"'{text}' is not a host.", nameof(text));

    /// <summary>A request's host without its port and the dot at its end.</summary>
    public static ReadOnlySpan<char> NameOf(string host)
    {
        var name = host.AsSpan();
        var bracket = name.LastIndexOf(']');
        var colon = name[(bracket + 1)..].IndexOf(':');
        if (colon >= 0) name = name[..(bracket + 1 + colon)];
        return name.EndsWith('.') ? name[..^1] : name;
    }

    /// <summary>As written: <c>*.example.com</c>.</summary>
    public override string ToString() => IsWildcard ? "*." + Name : Name;

    // Underscores are in names that resolve, whatever RFC 952 says.
    private static bool IsLabel(string label) => label.Length is > 0 and <= 63 && label.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');
}
