using System.Collections.Frozen;

namespace OrleansGateway.Forwarding;

/// <summary>
/// Which fields may follow a body: none of those that say how the message is framed, routed, authenticated or to be read, for who merged them into the head
/// would be misled (RFC 9110 §6.5.1).
/// </summary>
internal static class Trailers
{
    private static readonly FrozenSet<string> s_forbidden = new[]
    {
        "Content-Length", "Content-Encoding", "Content-Type", "Content-Range", "Host", "Expect", "Max-Forwards", "Range", "Cache-Control", "Authorization",
        "Set-Cookie", "Cookie", "Age", "Expires", "Date", "Location", "Retry-After", "Vary", "Warning", "WWW-Authenticate", "If-Match", "If-None-Match",
        "If-Modified-Since", "If-Unmodified-Since", "If-Range", "X-Api-Key", "Api-Key", "Forwarded", "Via",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    public static bool MayPass(string name) =>
        !s_forbidden.Contains(name) && !HopByHop.Has(name) && !name.StartsWith("x-forwarded-", StringComparison.OrdinalIgnoreCase)
        && !name.StartsWith("x-gateway-", StringComparison.OrdinalIgnoreCase);
}
