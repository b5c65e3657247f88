using System.Diagnostics;
using Microsoft.Extensions.Primitives;
using OrleansGateway.Configuration;
using OrleansGateway.Http;
using OrleansGateway.Upstream;

namespace OrleansGateway.Forwarding;

/// <summary>
/// The head of a request as it goes on: what the client sent from end to end, without what was meant for us, and with what we know of it. What says who calls
/// is always ours: a client cannot write it itself.
/// </summary>
internal static class RequestHead
{
    public static void Write(Exchange exchange, Route route, UpstreamRequest request)
    {
        var client = exchange.Http.Request;
        var fields = request.Headers;
        if (TargetPath.HostOf(exchange, route) is { } host) fields.Add(new("Host", host));
        var trace = exchange.Trace?.Onward(exchange.Forward?.Attempt);
        Copy(exchange, route, isTraced: trace is not null, fields);
        AddTrace(trace, fields);
        AddVia(client, fields);
        AddOrigin(exchange, client, fields);
        AddCaller(exchange, fields);
        route.RequestHeaders?.Apply(fields);
    }

    /// <summary>The head for a request that outlives the client's: all that comes of the client's. <see cref="Complete"/> adds the rest.</summary>
    public static List<KeyValuePair<string, string>> Capture(Exchange exchange, Route route)
    {
        var (client, fields) = (exchange.Http.Request, new List<KeyValuePair<string, string>>(exchange.Http.Request.Headers.Count + 10));
        if (TargetPath.HostOf(exchange, route) is { } host) fields.Add(new("Host", host));
        Copy(exchange, route, isTraced: false, fields);
        AddVia(client, fields);
        AddOrigin(exchange, client, fields);
        AddCaller(exchange, fields);
        return fields;
    }

    /// <summary>What a captured head has of the attempt that sends it, and then what the operator changes.</summary>
    public static void Complete(List<KeyValuePair<string, string>> fields, RequestTrace? trace, Activity? attempt, Route route)
    {
        if (trace?.Onward(attempt) is { } onward)
        {
            fields.RemoveAll(static field => IsTrace(field.Key));
            AddTrace(onward, fields);
        }

        route.RequestHeaders?.Apply(fields);
    }

    private static void Copy(Exchange exchange, Route route, bool isTraced, List<KeyValuePair<string, string>> fields)
    {
        var client = exchange.Http.Request;
        var connection = client.Headers.Connection;
        var namesFields = HopByHop.NamesFields(connection);
        // Where nobody is to show a key, what looks like one is the upstream's.
        var ownsCredentials = exchange.Caller is not null && (route.AcceptsKeys || route.AcceptsTokens) && !route.Settings.PassCredentials;
        foreach (var (name, values) in client.Headers)
        {
            if (IsOurs(name) || HopByHop.Has(name)) continue;
            if (namesFields && HeaderList.Has(connection, name)) continue;
            if (ownsCredentials && IsCredential(name, values)) continue;
            if (isTraced && IsTrace(name)) continue;
            Add(fields, name, values);
        }

        // gRPC servers ask for it; the one coding of TE that may cross a proxy that passes trailers on.
        if (HeaderList.Has(client.Headers.TE, "trailers")) fields.Add(new("TE", "trailers"));
    }

    private static void Add(List<KeyValuePair<string, string>> fields, string name, StringValues values)
    {
        if (values.Count == 1)
        {
            fields.Add(new(name, values[0] ?? ""));
            return;
        }

        // HTTP/2 cuts cookies into pieces; to HTTP/1.1 they are one field (RFC 9113 §8.2.3).
        if (name.Equals("Cookie", StringComparison.OrdinalIgnoreCase))
        {
            fields.Add(new(name, string.Join("; ", values.ToArray())));
            return;
        }

        foreach (var value in values) fields.Add(new(name, value ?? ""));
    }

    private static void AddTrace((string Parent, string? State)? onward, List<KeyValuePair<string, string>> fields)
    {
        if (onward is not var (parent, state)) return;
        fields.Add(new("traceparent", parent));
        if (!string.IsNullOrEmpty(state)) fields.Add(new("tracestate", state));
    }

    /// <summary>RFC 9110 §7.6.3. Our name is a pseudonym: what the machine is called is nobody's business.</summary>
    private static void AddVia(HttpRequest client, List<KeyValuePair<string, string>> fields)
    {
        var own = client.Protocol switch { "HTTP/2" => "2 gateway", "HTTP/3" => "3 gateway", "HTTP/1.0" => "1.0 gateway", _ => "1.1 gateway" };
        fields.Add(new("Via", client.Headers.Via is { Count: > 0 } before ? $"{before}, {own}" : own));
    }

    /// <summary>
    /// Where the request came from, in both ways of saying it. What stood there is kept only of the field that a trusted proxy writes: the other may be the
    /// client's own invention.
    /// </summary>
    private static void AddOrigin(Exchange exchange, HttpRequest client, List<KeyValuePair<string, string>> fields)
    {
        var peer = TextOf(exchange.Http.Connection.RemoteIpAddress);
        var (scheme, host) = (exchange.ClientScheme, exchange.ClientHost);
        var usesForwarded = exchange.Snapshot.Settings.Listeners.ProxyHeader == ProxyHeader.Forwarded;
        var way = exchange.IsPeerTrusted ? $"{TextOf(exchange.ClientAddress)}, {peer}" : peer;
        var before = exchange.IsPeerTrusted && !usesForwarded ? client.Headers["X-Forwarded-For"] : default;
        fields.Add(new("X-Forwarded-For", before.Count > 0 ? $"{before}, {peer}" : way));
        fields.Add(new("X-Forwarded-Proto", scheme));
        fields.Add(new("X-Forwarded-Host", host));
        before = exchange.IsPeerTrusted && usesForwarded ? client.Headers["Forwarded"] : default;
        var own = $"for={Node(peer)};host={Quoted(host)};proto={scheme}";
        var first = exchange.IsPeerTrusted ? $"for={Node(TextOf(exchange.ClientAddress))}, {own}" : own;
        fields.Add(new("Forwarded", before.Count > 0 ? $"{before}, {own}" : first));
    }

    private static string TextOf(IPAddress? address) => address switch
    {
        null => "unknown",
        { IsIPv4MappedToIPv6: true } => address.MapToIPv4().ToString(),
        _ => address.ToString(),
    };

    // RFC 7239 §6: an IPv6 address is in brackets, and therefore in quotes.
    private static string Node(string address) => address.Contains(':', StringComparison.Ordinal) ? $"\"[{address}]\"" : address;

    private static string Quoted(string host) => host.Contains(':', StringComparison.Ordinal) || host.Length == 0 ? $"\"{host}\"" : host;

    /// <summary>Who calls, as found out by the gateway. Fields of these names that the client sent were left out.</summary>
    private static void AddCaller(Exchange exchange, List<KeyValuePair<string, string>> fields)
    {
        fields.Add(new("x-request-id", exchange.Id));
        if (exchange.Caller is not { } caller) return;
        fields.Add(new("x-gateway-tenant", caller.Tenant));
        if (caller.Team is { } team) fields.Add(new("x-gateway-team", Plain(team)));
        if (caller.User is { } user) fields.Add(new("x-gateway-user", Plain(user)));
    }

    /// <summary>Team and user may come from a token, and then be any text; what a header cannot hold is percent-encoded.</summary>
    private static string Plain(string text) => text.All(c => c is > ' ' and <= '~' and not '%') ? text : Uri.EscapeDataString(text);

    /// <summary>Fields that we write ourselves, and the pseudo-header fields of HTTP/2.</summary>
    private static bool IsOurs(string name) => name.Length switch
    {
        0 => true,
        3 => Is(name, "Via"),
        4 => Is(name, "Host"),
        6 => Is(name, "Expect"),
        9 => Is(name, "Forwarded"),
        12 => Is(name, "X-Request-Id"),
        14 => Is(name, "Content-Length"),
        15 => Is(name, "X-Forwarded-For"),
        16 => Is(name, "X-Forwarded-Host"),
        17 => Is(name, "X-Forwarded-Proto"),
        _ => false,
    } || name[0] == ':' || name.StartsWith("x-gateway-", StringComparison.OrdinalIgnoreCase);

    /// <summary>Where a key or token is looked for. Other schemes of Authorization are the upstream's.</summary>
    private static bool IsCredential(string name, StringValues values) => name.Length switch
    {
        7 => Is(name, "Api-Key"),
        9 => Is(name, "X-Api-Key"),
        13 => Is(name, "Authorization") && HasToken(values),
        14 => Is(name, "X-Goog-Api-Key"),
        _ => false,
    };

    // The key is looked for in each line of the field, so it may stand behind one that is the upstream's.
    private static bool HasToken(StringValues values)
    {
        foreach (var value in values)
        {
            if (value is not null && value.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase)) return true;
        }

        return false;
    }

    private static bool IsTrace(string name) => Is(name, "traceparent") || Is(name, "tracestate");

    private static bool Is(string name, string other) => name.Equals(other, StringComparison.OrdinalIgnoreCase);
}
