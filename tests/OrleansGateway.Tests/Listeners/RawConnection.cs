using System.Net.Sockets;
using System.Text;

namespace OrleansGateway.Tests.Listeners;

/// <summary>A connection on which a test says any bytes, right or wrong, and reads what comes back.</summary>
internal sealed class RawConnection : IDisposable
{
    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _buffer = new byte[64 << 10];
    private int _start;
    private int _end;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Opens one. A server that resets it while it is opened has closed it, as it may a moment later.</summary>
    public static async Task<RawConnection> OpenAsync(Uri url)
    {
        var connection = new RawConnection();
        try
        {
            await connection._socket.ConnectAsync(url.Host, url.Port, Cancellation);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
        {
            // Found closed by whoever reads.
        }

        return connection;
    }

    public Task SayAsync(string text) => SayAsync(Encoding.Latin1.GetBytes(text));

    /// <summary>Says it. A server that has closed already is no fault here: what it said before is still to be read.</summary>
    public async Task SayAsync(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            while (bytes.Length > 0) bytes = bytes[await _socket.SendAsync(bytes, Cancellation)..];
        }
        catch (SocketException)
        {
            // Read what it said.
        }
    }

    /// <summary>Says no more, and listens on.</summary>
    public void EndSaying()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // Closed already.
        }
    }

    public async Task<RawAnswer> AskAsync(string request)
    {
        await SayAsync(request);
        return await ReadAnswerAsync() ?? throw new InvalidOperationException("The connection was closed without an answer.");
    }

    /// <summary>The next answer, with its body; none if the connection was closed before it began.</summary>
    public async Task<RawAnswer?> ReadAnswerAsync()
    {
        if (await ReadLineAsync() is not { } line) return null;
        if (!line.StartsWith("HTTP/1.1 ", StringComparison.Ordinal)) return new RawAnswer(RawAnswer.NotHttp1, [], line);
        var headers = new List<string>();
        while (await ReadLineAsync() is { Length: > 0 } field) headers.Add(field);
        var status = int.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture);
        var body = new StringBuilder();
        if (headers.Exists(h => h.Equals("Transfer-Encoding: chunked", StringComparison.OrdinalIgnoreCase)))
        {
            while (int.Parse((await ReadLineAsync())!, NumberStyles.HexNumber, CultureInfo.InvariantCulture) is > 0 and var size)
            {
                await ReadAsync(size, body);
                await ReadLineAsync();
            }

            await ReadLineAsync();
        }
        else if (headers.Find(h => h.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase)) is { } length)
        {
            await ReadAsync(int.Parse(length["Content-Length:".Length..], CultureInfo.InvariantCulture), body);
        }
        else if (headers.Contains("Connection: close"))
        {
            await ReadAsync(int.MaxValue, body);
        }

        return new RawAnswer(status, headers, body.ToString());
    }

    /// <summary>The next bytes, as many as asked for; none if the connection ends before.</summary>
    public async Task<byte[]?> ReadBytesAsync(int count)
    {
        var bytes = new byte[count];
        for (var at = 0; at < count; at++)
        {
            if (await NextAsync() is not { } next) return null;
            bytes[at] = next;
        }

        return bytes;
    }

    /// <summary>Whether the server has closed; waits until it has or something comes.</summary>
    public async Task<bool> IsClosedAsync() => await NextAsync() is null;

    public void Dispose() => _socket.Dispose();

    private async Task<string?> ReadLineAsync()
    {
        var line = new StringBuilder();
        while (await NextAsync() is { } next)
        {
            if (next == '\n') return line.ToString().TrimEnd('\r');
            line.Append((char)next);
        }

        return line.Length == 0 ? null : line.ToString();
    }

    private async Task ReadAsync(int count, StringBuilder body)
    {
        for (; count > 0 && await NextAsync() is { } next; count--) body.Append((char)next);
    }

    private async ValueTask<byte?> NextAsync()
    {
        if (_start == _end)
        {
            try
            {
                (_start, _end) = (0, await _socket.ReceiveAsync(_buffer, Cancellation));
            }
            catch (SocketException)
            {
                return null;
            }

            if (_end == 0) return null;
        }

        return _buffer[_start++];
    }
}

/// <summary>An answer as it came.</summary>
internal sealed record RawAnswer(int Status, IReadOnlyList<string> Headers, string Body)
{
    /// <summary>Stands for what is no answer of HTTP/1.1, such as a frame.</summary>
    public const int NotHttp1 = 0;
}
