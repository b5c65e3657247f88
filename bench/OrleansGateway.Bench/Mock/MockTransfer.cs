using System.Net.Sockets;
using System.Text;

namespace OrleansGateway.Bench.Mock;

/// <summary>Large bodies of the pattern, in and out, in as few and as large pieces as the socket takes.</summary>
internal sealed class MockTransfer(Socket socket)
{
    /// <summary>Checks a body, of which the beginning has come with the head, and answers whether it fits.</summary>
    public async ValueTask TakeAsync(ReadOnlyMemory<byte> begun, long bodyBytes, CancellationToken cancellation)
    {
        var buffer = new byte[Pattern.PieceMax];
        var (taken, whole) = ((long)begun.Length, Pattern.IsAt(0, begun.Span));
        while (taken < bodyBytes)
        {
            var bytes = await socket.ReceiveAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, bodyBytes - taken)), cancellation);
            // Cut short: the connection has no further request.
            if (bytes == 0) return;
            whole &= Pattern.IsAt(taken, buffer.AsSpan(0, bytes));
            taken += bytes;
        }

        var body = $$"""{"bytes":{{taken}},"whole":{{(whole ? "true" : "false")}}}""";
        await socket.SendAsync(Encoding.ASCII.GetBytes(Head("application/json", body.Length) + body), cancellation);
    }

    public async ValueTask SendAsync(long bytes, CancellationToken cancellation)
    {
        await socket.SendAsync(Encoding.ASCII.GetBytes(Head("application/octet-stream", bytes)), cancellation);
        for (var sent = 0L; sent < bytes;)
        {
            sent += await socket.SendAsync(Pattern.At(sent, bytes - sent), cancellation);
        }
    }

    private static string Head(string type, long bytes) => $"HTTP/1.1 200 OK\r\nContent-Type: {type}\r\nContent-Length: {bytes}\r\n\r\n";
}
