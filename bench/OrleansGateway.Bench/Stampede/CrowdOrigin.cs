using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace OrleansGateway.Bench.Stampede;

/// <summary>
/// An origin that takes its time, and counts what it is asked. What is below a folder named <c>own</c> may not be stored. Little more than the sockets, as it is on the same processors as what is measured.
/// </summary>
internal sealed class CrowdOrigin : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, int> _asked = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<Due> _due = new();
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly TimeSpan _delay;
    private readonly Thread _sender;
    private readonly Task _accepting;
    private volatile bool _isOver;

    private CrowdOrigin(TimeSpan delay)
    {
        _delay = delay;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(4096);
        _sender = new Thread(SendAll) { IsBackground = true };
        _sender.Start();
        _accepting = AcceptAsync();
    }

    public Uri Url => new($"http://{_listener.LocalEndPoint}");

    public static CrowdOrigin Start(TimeSpan delay) => new(delay);

    /// <summary>How often it was asked for a path.</summary>
    public int AskedFor(string path) => _asked.GetValueOrDefault(path);

    public async ValueTask DisposeAsync()
    {
        _isOver = true;
        _listener.Dispose();
        await _accepting;
        _sender.Join();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptAsync();
                socket.NoDelay = true;
                _ = ServeAsync(socket);
            }
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            // It is over.
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        var buffer = new byte[8 << 10];
        var length = 0;
        try
        {
            while (await socket.ReceiveAsync(buffer.AsMemory(length)) is > 0 and var bytes)
            {
                length += bytes;
                // One at a time, without bodies.
                if (!buffer.AsSpan(0, length).EndsWith("\r\n\r\n"u8)) continue;
                var path = PathOf(buffer.AsSpan(0, length));
                var number = _asked.AddOrUpdate(path, 1, static (_, before) => before + 1);
                _due.Enqueue(new Due(socket, Answer(path, number), Stopwatch.GetTimestamp()));
                length = 0;
            }
        }
        catch (SocketException)
        {
            // The gateway has closed it.
        }
        finally
        {
            socket.Dispose();
        }
    }

    private static string PathOf(ReadOnlySpan<byte> request)
    {
        var target = request[(request.IndexOf((byte)' ') + 1)..];
        return Encoding.ASCII.GetString(target[..target.IndexOf((byte)' ')]);
    }

    private static byte[] Answer(string path, int number) => Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture,
        $"HTTP/1.1 200 OK\r\nCache-Control: {(path.Contains("/own/", StringComparison.Ordinal) ? "private, no-store" : "max-age=600")}\r\nContent-Length: 1024\r\n\r\n{number,1024}"));

    /// <summary>All take the same time, so what came first is due first.</summary>
    private void SendAll()
    {
        while (!_isOver)
        {
            if (!_due.TryPeek(out var next) || Stopwatch.GetElapsedTime(next.Came) < _delay)
            {
                Thread.Sleep(1);
                continue;
            }

            _due.TryDequeue(out _);
            try
            {
                next.Socket.Send(next.Answer);
            }
            catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
            {
                // Nobody waits for it.
            }
        }
    }

    private readonly record struct Due(Socket Socket, byte[] Answer, long Came);
}
