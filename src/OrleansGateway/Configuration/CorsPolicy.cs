using System.Collections.Frozen;

namespace OrleansGateway.Configuration;

/// <summary>Which pages of other origins may call a route, compiled.</summary>
internal sealed class CorsPolicy
{
    private readonly FrozenSet<string> _origins;
    private readonly (string Start, string End)[] _wildcards;
    private readonly FrozenSet<string> _methods;
    private readonly FrozenSet<string> _headers;
    private readonly bool _anyHeader;

    public CorsPolicy(CorsSettings settings)
    {
        var origins = settings.Origins.Select(o => CorsOrigin.Parse(o)!).ToList();
        _origins = origins.Where(o => !o.Contains('*', StringComparison.Ordinal)).ToFrozenSet(StringComparer.Ordinal);
        _wildcards = [.. origins.Where(o => o.Contains("://*.", StringComparison.Ordinal)).Select(o => o.Split('*')).Select(o => (o[0], o[1]))];
        AnyOrigin = settings.Origins.Contains("*");
        _methods = settings.Methods.ToFrozenSet(StringComparer.Ordinal);
        _headers = settings.Headers.ToFrozenSet(StringComparer.OrdinalIgnoreCase);
        _anyHeader = settings.Headers.Contains("*");
        Methods = string.Join(", ", settings.Methods);
        Headers = string.Join(", ", settings.Headers);
        ExposeHeaders = string.Join(", ", settings.ExposeHeaders);
        Credentials = settings.Credentials;
        MaxAge = ((long)settings.MaxAge.TotalSeconds).ToString(CultureInfo.InvariantCulture);
    }

    public bool AnyOrigin { get; }
    public string Methods { get; }
    public string Headers { get; }
    public string ExposeHeaders { get; }
    public bool Credentials { get; }

    /// <summary>In seconds.</summary>
    public string MaxAge { get; }

    public bool AllowsOrigin(string origin)
    {
        if (AnyOrigin || _origins.Contains(origin)) return true;
        foreach (var (start, end) in _wildcards)
        {
            var fits = origin.Length > start.Length + end.Length && origin.StartsWith(start, StringComparison.Ordinal)
                && origin.EndsWith(end, StringComparison.Ordinal);
            if (fits && IsNames(origin.AsSpan(start.Length..^end.Length))) return true;
        }

        return false;
    }

    public bool AllowsMethod(string method) => _methods.Contains(method);

    /// <summary>
    /// Whether all fields of a list may be sent, as <c>Access-Control-Request-Headers</c> gives them; the list is then fit to be answered with.
    /// </summary>
    public bool AllowsHeaders(string list)
    {
        foreach (var part in list.AsSpan().Split(','))
        {
            var name = list.AsSpan(part).Trim();
            if (name.IsEmpty || !HeaderRules.IsName(name)) return false;
            if (!_anyHeader && !_headers.GetAlternateLookup<ReadOnlySpan<char>>().Contains(name)) return false;
        }

        return true;
    }

    private static bool IsNames(ReadOnlySpan<char> text)
    {
        foreach (var c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '.' or '_')) return false;
        }

        return true;
    }
}

/// <summary>An origin as browsers write it (HTML standard, serialization of an origin): small letters, ASCII, no default port.</summary>
internal static class CorsOrigin
{
    /// <summary>The origin as browsers write it, <c>*</c> for any, with <c>*.</c> before the host for all names below it; none if it is none.</summary>
    public static string? Parse(string text)
    {
        if (text == "*") return text;
        // A name that the parser of URLs takes, in place of the star.
        const string Star = "any--name.";
        var isWildcard = text.Contains("://*.", StringComparison.Ordinal);
        var written = isWildcard ? text.Replace("://*.", "://" + Star, StringComparison.Ordinal) : text;
        if (written.Contains('*', StringComparison.Ordinal) || written.EndsWith('/') || written.Any(c => char.IsWhiteSpace(c) || char.IsControl(c)))
            return null;
        if (!Uri.TryCreate(written, UriKind.Absolute, out var uri) || uri.Scheme != "https" && uri.Scheme != "http" || uri.Host.Length == 0) return null;
        if (uri.UserInfo.Length > 0 || uri.PathAndQuery != "/" || uri.Fragment.Length > 0) return null;
        var host = uri.HostNameType == UriHostNameType.IPv6 ? uri.Host : HostPattern.Parse(uri.Host).Host?.Name;
        if (host is null) return null;
        if (isWildcard) host = "*." + host[Star.Length..];
        return uri.IsDefaultPort ? $"{uri.Scheme}://{host}" : string.Create(CultureInfo.InvariantCulture, $"{uri.Scheme}://{host}:{uri.Port}");
    }
}
