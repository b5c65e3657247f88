using Microsoft.Extensions.Primitives;
using OrleansGateway.Forwarding;
using OrleansGateway.Http;

namespace OrleansGateway.Caching;

/// <summary>Fields of a client's request as the origin would get them: an answer varies by what its origin saw, not by what a client has sent to us.</summary>
internal static class SentFields
{
    public static StringValues Of(Exchange exchange, string name)
    {
        var headers = exchange.Http.Request.Headers;
        var isPlain = exchange.Route!.RequestHeaders is null && !IsChanged(name) && headers.Connection.Count == 0;
        return isPlain ? headers[name] : Find(RequestHead.Capture(exchange, exchange.Route), name, exchange);
    }

    private static StringValues Find(List<KeyValuePair<string, string>> fields, string name, Exchange exchange)
    {
        exchange.Route!.RequestHeaders?.Apply(fields);
        StringValues found = default;
        foreach (var (key, value) in fields)
        {
            if (key.Equals(name, StringComparison.OrdinalIgnoreCase)) found = StringValues.Concat(found, value);
        }

        return found;
    }

    /// <summary>Whether we write, cut or take out such a field ourselves.</summary>
    private static bool IsChanged(string name) => name is "host" or "via" or "forwarded" or "cookie" or "authorization" or "api-key" or "x-api-key" or "x-goog-api-key" or "x-request-id" or "te" or "expect"
        || name.StartsWith("x-forwarded-", StringComparison.Ordinal) || name.StartsWith("x-gateway-", StringComparison.Ordinal);
}
