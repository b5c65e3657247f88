using System.Net.Sockets;
using System.Text;

namespace OrleansGateway.Tests.Http1;

/// <summary>The server's end of one connection.</summary>
internal sealed class ScriptedConnection(Socket socket, CancellationToken stopping) : IDisposable
{
    private readonly byte[] _buffer = new byte[64 << 10];
    private int _start;
    private int _end;

    /// <summary>The next request, head and body, as text in Latin-1; none if the client has closed.</summary>
    public async Task<string?> ReadRequestAsync()
    {
        var head = new StringBuilder();
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            if (await NextByteAsync() is not { } next) return null;
            head.Append((char)next);
        }

        var length = head.ToString().Split("\r\n").FirstOrDefault(l => l.StartsWith("Content-Length: ", StringComparison.Ordinal)) is { } stated
            ? int.Parse(stated["Content-Length: ".Length..], CultureInfo.InvariantCulture)
            : 0;
        for (; length > 0; length--)
        {
            if (await NextByteAsync() is not { } next) return null;
            head.Append((char)next);
        }

        return head.ToString();
    }

    public Task SayAsync(string bytes) => SayAsync(Encoding.Latin1.GetBytes(bytes));

    public async Task SayAsync(ReadOnlyMemory<byte> bytes) => await socket.SendAsync(bytes, stopping);

    /// <summary>Says it byte by byte, each in a packet of its own.</summary>
    public async Task DripAsync(string text)
    {
        socket.NoDelay = true;
        foreach (var one in Encoding.Latin1.GetBytes(text))
        {
            await socket.SendAsync(new[] { one }, stopping);
            await Task.Yield();
        }
    }

    /// <summary>Closes in order, and listens on.</summary>
    public void SayGoodbye() => socket.Shutdown(SocketShutdown.Send);

    /// <summary>Closes out of order.</summary>
    public void Reset()
    {
        socket.LingerState = new LingerOption(true, 0);
        socket.Dispose();
    }

    /// <summary>Waits until the client closes; a reset is as good.</summary>
    public async Task UntilClosedAsync()
    {
        try
        {
            while (await socket.ReceiveAsync(_buffer, stopping) > 0)
            {
            }
        }
        catch (SocketException)
        {
            // Closed all the same.
        }
    }

    /// <summary>Keeps the connection and reads nothing, until the test's end.</summary>
    public Task StayAsync() => Task.Delay(Timeout.Infinite, stopping);

    public void Dispose() => socket.Dispose();

    private async ValueTask<byte?> NextByteAsync()
    {
        if (_start == _end)
        {
            (_start, _end) = (0, await socket.ReceiveAsync(_buffer, stopping));
            if (_end == 0) return null;
        }

        return _buffer[_start++];
    }
}
