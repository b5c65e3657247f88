using System.Net.Sockets;
using System.Text;

namespace OrleansGateway.Tests.Operations;

/// <summary>A connection that says whatever it is told, HTTP or not.</summary>
internal sealed class RawConnection : IDisposable
{
    private readonly TcpClient _client = new();
    private readonly NetworkStream _stream;
    private readonly Task _sending;

    private RawConnection(Func<NetworkStream, Task> send, Uri gateway)
    {
        _client.Connect(gateway.Host, gateway.Port);
        _stream = _client.GetStream();
        _sending = send(_stream);
    }

    /// <summary>
    /// Sends, and reads at the same time what comes back: a server that refuses early does not read to the end. None if the connection was closed
    /// without a word.
    /// </summary>
    public static async Task<RawAnswer?> CallAsync(Uri gateway, Func<NetworkStream, Task> send, CancellationToken cancellation)
    {
        using var connection = new RawConnection(send, gateway);
        var answer = await connection.ReadAsync(cancellation);
        connection._client.Close();
        try
        {
            await connection._sending.WaitAsync(cancellation);
        }
        catch (Exception closed) when (closed is IOException or ObjectDisposedException)
        {
            // The server had heard enough.
        }

        return answer;
    }

    public void Dispose() => _client.Dispose();

    private async Task<RawAnswer?> ReadAsync(CancellationToken cancellation)
    {
        var bytes = new List<byte>();
        var buffer = new byte[16 << 10];
        try
        {
            while (RawAnswer.Parse(bytes) is null)
            {
                var read = await _stream.ReadAsync(buffer, cancellation);
                if (read == 0) break;
                bytes.AddRange(buffer.AsSpan(0, read));
            }
        }
        catch (IOException)
        {
            // A reset is a closed connection too.
        }

        // What is no HTTP/1 is HTTP/2's way of saying goodbye.
        if (!Encoding.ASCII.GetString([.. bytes.Take(5)]).StartsWith("HTTP/", StringComparison.Ordinal)) return null;
        Assert.True(RawAnswer.Parse(bytes) is not null, $"Cut off: {Encoding.Latin1.GetString([.. bytes])}");
        return RawAnswer.Parse(bytes);
    }
}

/// <summary>An answer as it stood on the wire.</summary>
internal sealed record RawAnswer(int Status, string Head, string Body)
{
    /// <summary>The first answer in the bytes, once it is there whole.</summary>
    public static RawAnswer? Parse(List<byte> bytes)
    {
        var text = Encoding.UTF8.GetString([.. bytes]);
        var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        if (end < 0) return null;
        var head = text[..end];
        var stated = Array.Find(head.Split("\r\n"), line => line.StartsWith("Content-Length: ", StringComparison.OrdinalIgnoreCase));
        var length = int.Parse(stated?["Content-Length: ".Length..] ?? throw new FormatException(head), CultureInfo.InvariantCulture);
        var body = Encoding.UTF8.GetBytes(text[(end + 4)..]);
        return body.Length < length ? null : new RawAnswer(int.Parse(head.Split(' ')[1], CultureInfo.InvariantCulture), head, Encoding.UTF8.GetString(body, 0, length));
    }
}
