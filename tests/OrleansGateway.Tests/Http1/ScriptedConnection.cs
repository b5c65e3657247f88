using System.Net.Sockets;
using System.Text;

namespace OrleansGateway.Tests.Http1;

/// <summary>The server's end of one connection.</summary>
internal sealed class ScriptedConnection(Socket socket, CancellationToken stopping) : IDisposable
{
    private readonly byte[] _buffer = new byte[64 << 10];
    private int _start;
    private int _end;

    /// <summary>The address at which the client reached it.</summary>
    public string LocalAddress => ((System.Net.IPEndPoint)socket.LocalEndPoint!).Address.ToString();

    /// <summary>Passes on all that comes, both ways, until either side ends.</summary>
    public async Task JoinAsync(Uri target)
    {
        using var other = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await other.ConnectAsync(target.Host, target.Port, stopping);
        await using var ours = new NetworkStream(socket);
        await using var theirs = new NetworkStream(other);
        await Task.WhenAny(ours.CopyToAsync(theirs, stopping), theirs.CopyToAsync(ours, stopping));
    }

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

    /// <summary>What comes up to and with an ending, in Latin-1; what came if the client closes before it, in order or not.</summary>
    public async Task<string> ReadUntilAsync(string ending)
    {
        var text = new StringBuilder();
        try
        {
            while (text.Length < ending.Length || text.ToString(text.Length - ending.Length, ending.Length) != ending)
            {
                if (await NextByteAsync() is not { } next) break;
                text.Append((char)next);
            }
        }
        catch (SocketException)
        {
            // Closed all the same.
        }

        return text.ToString();
    }

    /// <summary>How many bytes came at once; 0 once the client has closed.</summary>
    public async Task<int> TakeAsync()
    {
        if (_start == _end) return await socket.ReceiveAsync(_buffer, stopping);
        var bytes = _end - _start;
        _start = _end;
        return bytes;
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
