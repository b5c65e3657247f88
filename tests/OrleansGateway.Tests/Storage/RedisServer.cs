using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace OrleansGateway.Tests.Storage;

/// <summary>A Redis of the tests' own, that keeps nothing, on a free port of the loopback. It ends with the tests, however they end: a shell beside it waits for its standard input to close.</summary>
internal sealed class RedisServer : IAsyncDisposable
{
    private const string Script = """
        folder=$1; shift
        redis-server "$@" --bind 127.0.0.1 --save "" --appendonly no --dir "$folder" </dev/null >"$folder/log" 2>&1 &
        server=$!
        cat >/dev/null
        kill $server
        wait $server
        """;

    // Test programs that run side by side begin elsewhere.
    private static int s_port = Environment.ProcessId * 101;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("gateway-redis-");
    private readonly int _port = FreePort();
    private readonly string? _certificate;
    private Process _shell;

    private RedisServer(string? certificate)
    {
        _certificate = certificate;
        _shell = Start();
    }

    public string ConnectionString => string.Create(CultureInfo.InvariantCulture, $"{(_certificate is null ? "127.0.0.1" : "localhost")}:{_port}{(_certificate is null ? "" : ",ssl=true")}");

    /// <param name="cancellation">Ends the wait.</param>
    /// <param name="certificate">Path without its ending of a certificate for <c>localhost</c> and its key, if it is to speak TLS only.</param>
    public static async Task<RedisServer> StartAsync(CancellationToken cancellation, string? certificate = null)
    {
        var server = new RedisServer(certificate);
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

    /// <summary>A port of the loopback that nobody has, and that no outgoing connection is given before it is used: those have others (32768 and above).</summary>
    public static int FreePort()
    {
        while (true)
        {
            var port = 20_000 + (int)((uint)Interlocked.Increment(ref s_port) % 12_000);
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, port);
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // Somebody listens there.
            }
        }
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

    private string[] Listening()
    {
        var port = _port.ToString(CultureInfo.InvariantCulture);
        return _certificate is null
            ? ["--port", port]
            : ["--port", "0", "--tls-port", port, "--tls-cert-file", _certificate + ".pem", "--tls-key-file", _certificate + ".key", "--tls-ca-cert-file", _certificate + ".pem", "--tls-auth-clients", "no"];
    }

    private Process Start() => Process.Start(
        new ProcessStartInfo("sh", ["-c", Script, "sh", _folder.FullName, .. Listening()]) { RedirectStandardInput = true, WorkingDirectory = _folder.FullName })!;
}
