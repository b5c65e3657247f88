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
    private readonly Process _shell;

    private RedisServer() => _shell = Process.Start(
        new ProcessStartInfo("sh", ["-c", Script, "sh", _port.ToString(CultureInfo.InvariantCulture), _folder.FullName]) { RedirectStandardInput = true, WorkingDirectory = _folder.FullName })!;

    public string ConnectionString => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{_port}");

    public static async Task<RedisServer> StartAsync(CancellationToken cancellation)
    {
        var server = new RedisServer();
        using var often = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (true)
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(IPAddress.Loopback, server._port, cancellation);
                return server;
            }
            catch (SocketException) when (!server._shell.HasExited)
            {
                await often.WaitForNextTickAsync(cancellation);
            }
        }
    }

    /// <summary>A port of the loopback that nobody had a moment ago.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public async ValueTask DisposeAsync()
    {
        _shell.StandardInput.Close();
        await _shell.WaitForExitAsync();
        _shell.Dispose();
        _folder.Delete(recursive: true);
    }
}
