using System.Net.Sockets;
using System.Text;

namespace OrleansGateway.Tests.Operations;

/// <summary>Requests that no honest client makes, written byte by byte.</summary>
internal static class HostileRequest
{
    private const int LargeBytes = 40 << 20;

    public const string Body = """{"model":"quick","messages":[{"role":"user","content":"hello"}],"max_tokens":9}""";

    /// <summary>A request with that body and its right length.</summary>
    public static Func<NetworkStream, Task> WithBody(string path, byte[] body, string headers = "") =>
        Send(Encoding.ASCII.GetBytes(Head(path, $"Content-Length: {body.Length}\r\n{headers}")), body);

    public static Func<NetworkStream, Task> WithBody(string path, string body, string headers = "") => WithBody(path, Encoding.UTF8.GetBytes(body), headers);

    /// <summary>A request with those headers as its framing, and those bytes after them.</summary>
    public static Func<NetworkStream, Task> Framed(string path, string headers, string rest) => Send(Encoding.ASCII.GetBytes(Head(path, headers)), Encoding.ASCII.GetBytes(rest));

    /// <summary>The same, and then the client closes its side.</summary>
    public static Func<NetworkStream, Task> FramedAndClosed(string path, string headers, string rest) => async stream =>
    {
        await Framed(path, headers, rest)(stream);
        stream.Socket.Shutdown(SocketShutdown.Send);
    };

    public static Func<NetworkStream, Task> Bytes(byte[] bytes) => Send(bytes);

    /// <summary>40 MB in one piece, of a stated length.</summary>
    public static Func<NetworkStream, Task> Large(string path) => Send(Encoding.ASCII.GetBytes(Head(path, $"Content-Length: {LargeBytes}\r\n")), new byte[LargeBytes]);

    /// <summary>40 MB in chunks of 1 MB, of a length that nobody states.</summary>
    public static Func<NetworkStream, Task> LargeInChunks(string path) => async stream =>
    {
        await stream.WriteAsync(Encoding.ASCII.GetBytes(Head(path, "Transfer-Encoding: chunked\r\n")));
        var chunk = new byte[1 << 20];
        for (var sent = 0; sent < LargeBytes; sent += chunk.Length)
        {
            await stream.WriteAsync("100000\r\n"u8.ToArray());
            await stream.WriteAsync(chunk);
            await stream.WriteAsync("\r\n"u8.ToArray());
        }

        await stream.WriteAsync("0\r\n\r\n"u8.ToArray());
    };

    public static string Head(string path, string headers) =>
        $"POST {path} HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer {OperationsFolder.Key}\r\nContent-Type: application/json\r\n{headers}\r\n";

    private static Func<NetworkStream, Task> Send(params byte[][] pieces) => async stream =>
    {
        foreach (var piece in pieces) await stream.WriteAsync(piece);
    };
}
