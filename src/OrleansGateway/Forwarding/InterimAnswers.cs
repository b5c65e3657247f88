using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.WebUtilities;
using OrleansGateway.Http;

namespace OrleansGateway.Forwarding;

/// <summary>
/// Passes interim answers (103 Early Hints, RFC 8297) on to clients of HTTP/1.1. The server has no words for them, so they go straight to the connection: nothing
/// else is written to it before the answer begins, but the server's own 100 where the client waits for one; to such clients none are passed. HTTP/2 clients
/// get none: the compression of their header is the server's.
/// </summary>
internal static class InterimAnswers
{
    private const int BytesMax = 16 << 10;

    /// <summary>What tells the client; none if it cannot be told.</summary>
    public static Func<int, IReadOnlyList<KeyValuePair<string, string>>, ValueTask>? For(Exchange exchange)
    {
        var http = exchange.Http;
        // RFC 9110 §15.2: a client of HTTP/1.0 must not be sent any.
        if (http.Request.Protocol != "HTTP/1.1" || http.Request.Headers.Expect.Count > 0) return null;
        return http.Features.Get<IConnectionTransportFeature>() is { } connection
            ? (status, fields) => WriteAsync(connection.Transport.Output, status, fields, exchange.Aborted)
            : null;
    }

    private static async ValueTask WriteAsync(PipeWriter output, int status, IReadOnlyList<KeyValuePair<string, string>> fields, CancellationToken cancellation)
    {
        // 100 is between two neighbours: what this client needs of it, the server says.
        if (status == StatusCodes.Status100Continue) return;
        var head = new StringBuilder().Append(CultureInfo.InvariantCulture, $"HTTP/1.1 {status} {(status == 103 ? "Early Hints" : ReasonPhrases.GetReasonPhrase(status))}\r\n");
        foreach (var (name, value) in fields)
        {
            if (!HopByHop.Has(name) && !name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase)) head.Append(name).Append(": ").Append(value).Append("\r\n");
        }

        head.Append("\r\n");
        if (head.Length > BytesMax) return;
        await output.WriteAsync(Encoding.Latin1.GetBytes(head.ToString()), cancellation);
    }
}
