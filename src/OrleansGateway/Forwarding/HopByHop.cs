using System.Collections.Frozen;
using Microsoft.Extensions.Primitives;

namespace OrleansGateway.Forwarding;

/// <summary>Fields that speak of one connection only and are never passed on (RFC 9110 §7.6.1).</summary>
internal static class HopByHop
{
    private static readonly FrozenSet<string> s_names = new[]
    {
        "Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authenticate", "Proxy-Authentication-Info", "Proxy-Authorization",
        "TE", "Trailer", "Transfer-Encoding", "Upgrade", "HTTP2-Settings",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    public static bool Has(string name) => s_names.Contains(name);

    /// <summary>
    /// Whether <c>Connection</c> names fields besides the usual options: only then need each field be looked for in it.
    /// </summary>
    public static bool NamesFields(StringValues connection)
    {
        foreach (var line in connection)
        {
            foreach (var range in line.AsSpan().Split(','))
            {
                var option = line.AsSpan()[range].Trim(" \t");
                if (!option.IsEmpty && !IsUsual(option)) return true;
            }
        }

        return false;
    }

    private static bool IsUsual(ReadOnlySpan<char> option) =>
        option.Equals("keep-alive", StringComparison.OrdinalIgnoreCase) || option.Equals("close", StringComparison.OrdinalIgnoreCase)
        || option.Equals("upgrade", StringComparison.OrdinalIgnoreCase) || option.Equals("te", StringComparison.OrdinalIgnoreCase);
}
