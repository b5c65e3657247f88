using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace OrleansGateway.Cluster.Tests;

/// <summary>A Redis of the tests' own, that keeps nothing, on a free port of the loopback. It ends with the tests, however they end: a shell beside it waits for its standard input to close.</summary>
internal sealed class RedisServer : IAsyncDisposable
{
    private const string Script = """
        redis-server --port "$1" --bind 127.0.0.1 --save "" --appendonly no --dir "$2" </dev/null >"$2/log" 2>&1 &
        server=$!
        cat >/dev/null
        kill $server
        wait $server
        """;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("gateway-redis-");
    private readonly int _port = FreePort();
    private Process _shell;

    private RedisServer() => _shell = Start();

    public string ConnectionString => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{_port}");

    public static async Task<RedisServer> StartAsync(CancellationToken cancellation)
    {
        var server = new RedisServer();
        await server.ReadyAsync(cancellation);
        return server;
    }

    /// <summary>Ends it; what it knew is gone.</summary>
    public async Task StopAsync()
    {
        _shell.StandardInput.Close();
        await _shell.WaitForExitAsync();
        _shell.Dispose();
    }

    /// <summary>Starts it again, empty, where it was.</summary>
    public Task RestartAsync(CancellationToken cancellation)
    {
        _shell = Start();
        return ReadyAsync(cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _folder.Delete(recursive: true);
    }

    /// <summary>A port of the loopback that nobody had a moment ago.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private async Task ReadyAsync(CancellationToken cancellation)
    {
        using var often = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (true)
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(IPAddress.Loopback, _port, cancellation);
                return;
            }
            catch (SocketException) when (!_shell.HasExited)
            {
                await often.WaitForNextTickAsync(cancellation);
            }
        }
    }

    private Process Start() => Process.Start(
        new ProcessStartInfo("sh", ["-c", Script, "sh", _port.ToString(CultureInfo.InvariantCulture), _folder.FullName]) { RedirectStandardInput = true, WorkingDirectory = _folder.FullName })!;
}
