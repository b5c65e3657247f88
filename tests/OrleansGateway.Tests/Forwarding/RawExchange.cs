using System.Net.Sockets;
using System.Text;

namespace OrleansGateway.Tests.Forwarding;

/// <summary>Bytes out, bytes back, on a connection of their own.</summary>
internal static class RawExchange
{
    /// <summary>Sends, and reads until the server closes.</summary>
    public static async Task<string> SendAsync(Uri server, string bytes, CancellationToken cancellation)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(server.Host, server.Port, cancellation);
        await using var stream = client.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(bytes), cancellation);
        using var reader = new StreamReader(stream, Encoding.Latin1);
        return await reader.ReadToEndAsync(cancellation);
    }
}
