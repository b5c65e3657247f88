using System.Buffers;
using OrleansGateway.Configuration;

namespace OrleansGateway.Http;

/// <summary>
/// For whom a request comes, if a trusted proxy brings it. The list that proxies append to is read from its end: whom a trusted one names has called it; the
/// first who is not trusted is the client, and what stands before that is the client's own invention. What cannot be read ends it at the last one known.
/// </summary>
internal static class ForwardedClient
{
    private const int HostLengthMax = 255;

    private static readonly SearchValues<char> HostCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:[]");

    /// <summary>Sets address, scheme and host of the client. Nothing is read unless the peer itself is trusted.</summary>
    public static void Read(Exchange exchange, Networks trusted)
    {
        if (exchange.ClientAddress is not { } peer || !trusted.Contain(peer)) return;
        exchange.IsPeerTrusted = true;
        if (exchange.Snapshot.Settings.Listeners.ProxyHeader == ProxyHeader.Forwarded) ReadForwarded(exchange, trusted);
        else ReadXForwarded(exchange, trusted);
    }

    /// <summary>The address in a node identifier (RFC 7239 §6), with its port or without; none if it is hidden or none at all.</summary>
    public static IPAddress? AddressOf(ReadOnlySpan<char> node)
    {
        if (node.StartsWith('['))
        {
            var end = node.IndexOf(']');
            return end > 0 && IPAddress.TryParse(node[1..end], out var inBrackets) ? inBrackets : null;
        }

        // One colon comes before a port; more are an IPv6 address, which X-Forwarded-For writes without brackets.
        var colons = node.Count(':');
        if (colons == 1) node = node[..node.IndexOf(':')];
        // TryParse also takes 127.1 and plain numbers, which no proxy writes.
        return (colons > 1 || node.Count('.') == 3) && IPAddress.TryParse(node, out var address) ? address : null;
    }

    private static void ReadXForwarded(Exchange exchange, Networks trusted)
    {
        var headers = exchange.Http.Request.Headers;
        SetScheme(exchange, LastOf(headers["X-Forwarded-Proto"]));
        SetHost(exchange, LastOf(headers["X-Forwarded-Host"]));
        var lines = headers["X-Forwarded-For"];
        for (var line = lines.Count - 1; line >= 0; line--)
        {
            var rest = lines[line].AsSpan();
            while (!rest.IsEmpty)
            {
                var comma = rest.LastIndexOf(',');
                if (!Step(exchange, rest[(comma + 1)..].Trim(), trusted)) return;
                rest = rest[..Math.Max(comma, 0)];
            }
        }
    }

    private static void ReadForwarded(Exchange exchange, Networks trusted)
    {
        Span<Range> elements = stackalloc Range[ForwardedElement.CountMax];
        var lines = exchange.Http.Request.Headers["Forwarded"];
        for (var line = lines.Count - 1; line >= 0; line--)
        {
            var text = lines[line].AsSpan();
            for (var at = ForwardedElement.Split(text, elements) - 1; at >= 0; at--)
            {
                if (!ForwardedElement.TryRead(text[elements[at]], out var element)) return;
                SetScheme(exchange, element.Scheme);
                SetHost(exchange, element.Host);
                if (!Step(exchange, element.Node, trusted)) return;
            }
        }
    }

    /// <summary>Takes one step towards the client. Whether the next may be taken: the one named is trusted.</summary>
    private static bool Step(Exchange exchange, ReadOnlySpan<char> node, Networks trusted)
    {
        if (AddressOf(node) is not { } address) return false;
        exchange.ClientAddress = address;
        return trusted.Contain(address);
    }

    private static ReadOnlySpan<char> LastOf(Microsoft.Extensions.Primitives.StringValues values)
    {
        if (values.Count == 0) return default;
        var last = values[^1].AsSpan();
        return last[(last.LastIndexOf(',') + 1)..].Trim();
    }

    private static void SetScheme(Exchange exchange, ReadOnlySpan<char> scheme)
    {
        if (scheme.Equals("https", StringComparison.OrdinalIgnoreCase)) exchange.ClientScheme = "https";
        else if (scheme.Equals("http", StringComparison.OrdinalIgnoreCase)) exchange.ClientScheme = "http";
    }

    private static void SetHost(Exchange exchange, ReadOnlySpan<char> host)
    {
        if (host.Length is > 0 and <= HostLengthMax && !host.ContainsAnyExcept(HostCharacters)) exchange.ClientHost = host.ToString();
    }
}
