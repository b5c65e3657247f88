using System.Buffers;

namespace OrleansGateway.Upstream.Http1;

/// <summary>What was found of the fields of a request. They are never sent in part or mended: a line end in a value is somebody's attempt to add a field.</summary>
/// <param name="Bytes">What they take on the wire.</param>
/// <param name="HasHost">Whether <c>Host</c> is among them.</param>
/// <param name="HasType">Whether <c>Content-Type</c> is.</param>
/// <param name="HasTe">Whether <c>TE: trailers</c> is, which is of this connection, and must be named as such (RFC 9110 §10.1.4).</param>
internal readonly record struct SentFields(int Bytes, bool HasHost, bool HasType, bool HasTe)
{
    private static readonly SearchValues<string> s_ours = SearchValues.Create(
        ["Content-Length", "Transfer-Encoding", "Connection", "Keep-Alive", "Proxy-Connection", "Upgrade", "Expect"], StringComparison.OrdinalIgnoreCase);

    /// <summary>Looks through them. Throws <see cref="UpstreamException"/> if one would mean something else on the wire than was meant.</summary>
    public static SentFields Check(List<KeyValuePair<string, string>> fields)
    {
        var (bytes, hosts, types, hasTe) = (0, 0, 0, false);
        foreach (var (name, value) in fields)
        {
            if (!FieldSyntax.MaySendName(name) || !FieldSyntax.MaySendValue(value)) throw Http1Fault.NotSendable("a header is not valid");
            if (s_ours.Contains(name)) throw Http1Fault.NotSendable("a header is the connection's own");
            if (name.Equals("Host", StringComparison.OrdinalIgnoreCase)) hosts++;
            if (name.Equals("Content-Type", StringComparison.OrdinalIgnoreCase)) types++;
            if (name.Equals("TE", StringComparison.OrdinalIgnoreCase)) hasTe = value.Equals("trailers", StringComparison.OrdinalIgnoreCase) ? true : throw Http1Fault.NotSendable("a header is the connection's own");
            bytes += name.Length + value.Length + 4;
        }

        return hosts > 1 || types > 1 ? throw Http1Fault.NotSendable("a header that stands once is there twice") : new(bytes, hosts > 0, types > 0, hasTe);
    }

    /// <summary>Whether a target may be sent: a path, or <c>*</c> for <c>OPTIONS</c> (RFC 9112 §3.2), of visible characters.</summary>
    public static bool IsTarget(string target, string method) => FieldSyntax.MaySendTarget(target) && (target[0] == '/' || (target == "*" && method == "OPTIONS"));
}
