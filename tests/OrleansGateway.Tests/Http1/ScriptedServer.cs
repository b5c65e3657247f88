using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using OrleansGateway.Upstream;
using OrleansGateway.Upstream.Http1;

namespace OrleansGateway.Tests.Http1;

/// <summary>A server that says on each connection exactly the bytes a test tells it to, HTTP or not.</summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentBag<Task> _scripts = [];
    private readonly Task _accepting;
    private int _connections;

    /// <param name="script">What happens on a connection, told its number from 0.</param>
    /// <param name="receiveBytes">Size of its receive buffer; 0 is the system's.</param>
    /// <param name="address">Where it listens; loopback by default.</param>
    public ScriptedServer(Func<ScriptedConnection, int, Task> script, int receiveBytes = 0, IPAddress? address = null)
    {
        if (receiveBytes > 0) _listener.ReceiveBufferSize = receiveBytes;
        _listener.Bind(new IPEndPoint(address ?? IPAddress.Loopback, 0));
        _listener.Listen(512);
        _accepting = AcceptAsync(script);
    }

    public int Connections => Volatile.Read(ref _connections);

    public Uri Url => new($"http://{_listener.LocalEndPoint}/");

    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    /// <summary>A server that answers each request on each connection with the same bytes.</summary>
    public static ScriptedServer Answering(string answer) => new(async (connection, _) =>
    {
        while (await connection.ReadRequestAsync() is not null) await connection.SayAsync(answer);
    });

    public UpstreamRequest Get(string path = "") => NewRequest(HttpMethod.Get, path, default);

    public UpstreamRequest Post(ReadOnlyMemory<byte> body) => NewRequest(HttpMethod.Post, "", body);

    public UpstreamRequest NewRequest(HttpMethod method, string path, ReadOnlyMemory<byte> body) =>
        new() { Method = method, Uri = new Uri(Url, path), Body = body, ConnectTimeout = TimeSpan.FromSeconds(10) };

    public Http1Pool PoolIn(Http1Upstream upstream) => upstream.PoolOf(Url, UpstreamAccess.Default);

    /// <summary>Ends the scripts. What went wrong in one of them but a broken connection fails the test.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Dispose();
        await _accepting;
        await Task.WhenAll(_scripts);
        _stopping.Dispose();
    }

    private async Task AcceptAsync(Func<ScriptedConnection, int, Task> script)
    {
        try
        {
            while (true) _scripts.Add(RunAsync(script, await _listener.AcceptAsync(_stopping.Token), Interlocked.Increment(ref _connections) - 1));
        }
        catch (Exception stopped) when (stopped is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task RunAsync(Func<ScriptedConnection, int, Task> script, Socket socket, int number)
    {
        using var connection = new ScriptedConnection(socket, _stopping.Token);
        try
        {
            await script(connection, number);
        }
        catch (Exception gone) when (gone is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The client hung up, as it may.
        }
    }
}
