using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace OrleansGateway.Tests.Storage.Ledger;

/// <summary>
/// A PostgreSQL of the tests' own: data in a temporary folder, on a free port of the loopback, <c>fsync</c> on. It ends with the tests, however they end: a shell beside it waits for
/// its standard input to close.
/// </summary>
internal sealed class PostgresCluster : IAsyncDisposable
{
    // $1 is the folder; the rest starts programs as a user who may run PostgreSQL. What it logs is in the folder.
    private const string Script = """
        folder=$1; programs=$2; port=$3; shift 3; exec 2>/dev/null
        "$@" "$programs/postgres" -D "$folder/data" -k "$folder" -c listen_addresses=127.0.0.1 -c port=$port -c fsync=on -c shared_buffers=32MB -c max_connections=300 </dev/null >>"$folder/log" 2>&1 &
        server=$!
        cat >/dev/null
        kill -QUIT $server
        wait $server
        """;

    private const string User = "gateway";

    private readonly DirectoryInfo _folder;
    private Process? _shell;
    private readonly int _port = FreePort();
    private int _databases;

    private PostgresCluster(DirectoryInfo folder) => _folder = folder;

    public static async Task<PostgresCluster> StartAsync()
    {
        var cluster = new PostgresCluster(Directory.CreateTempSubdirectory("gateway-pg-"));
        try
        {
            // Whoever it runs as must reach it, and the tests its socket.
            if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(cluster._folder.FullName, (UnixFileMode)0b111_111_111);
            var data = Path.Combine(cluster._folder.FullName, "data");
            await RunAsync([.. AsWhom(), Program("initdb"), "-D", data, "-U", User, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]);
            await cluster.RestartAsync();
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts it again after it was killed.</summary>
    public async Task RestartAsync()
    {
        await StopAsync();
        _shell = Process.Start(new ProcessStartInfo("sh", ["-c", Script, "sh", _folder.FullName, Path.GetDirectoryName(Program("postgres"))!, _port.ToString(CultureInfo.InvariantCulture), .. AsWhom()])
        {
            RedirectStandardInput = true,
            WorkingDirectory = _folder.FullName,
        })!;
        await ReadyAsync();
    }

    /// <summary>As <c>kill -9</c> of the server: what was not on its disk is gone.</summary>
    public async Task KillAsync()
    {
        var pid = (await File.ReadAllLinesAsync(Path.Combine(_folder.FullName, "data", "postmaster.pid")))[0];
        // With its children: one that outlives it keeps its memory, and no other server starts then.
        await RunAsync(["sh", "-c", $"kill -9 {pid} $(awk '$4 == {pid} {{ print $1 }}' /proc/[0-9]*/stat 2>/dev/null) 2>/dev/null || true"]);
        await StopAsync();
    }

    /// <summary>A new, empty database; answers how to connect to it.</summary>
    public async Task<string> NewDatabaseAsync()
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"test_{Interlocked.Increment(ref _databases)}");
        await using var connection = new NpgsqlConnection(ConnectionString("postgres"));
        await connection.OpenAsync();
        await using var create = new NpgsqlCommand($"CREATE DATABASE {name}", connection);
        await create.ExecuteNonQueryAsync();
        return ConnectionString(name);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _folder.Delete(recursive: true);
    }

    // A pool of the tests' own size per store: a hundred stores share the server. And patience: the machine of a test run is busy.
    private string ConnectionString(string database) =>
        $"Host=127.0.0.1;Port={_port};Username={User};Database={database};Maximum Pool Size=8;Timeout=60;Command Timeout=60;Connection Idle Lifetime=5;Connection Pruning Interval=1";

    private async Task StopAsync()
    {
        if (_shell is null) return;
        _shell.StandardInput.Close();
        await _shell.WaitForExitAsync();
        _shell.Dispose();
        _shell = null;
    }

    private async Task ReadyAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var often = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (true)
        {
            try
            {
                await using var connection = new NpgsqlConnection(ConnectionString("postgres") + ";Pooling=false");
                await connection.OpenAsync(patience.Token);
                return;
            }
            catch (NpgsqlException) when (!patience.IsCancellationRequested && !_shell!.HasExited)
            {
                await often.WaitForNextTickAsync(CancellationToken.None);
            }
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    // PostgreSQL refuses to run as root. Without a user of its own, nobody will do.
    private static string[] AsWhom()
    {
        if (Environment.UserName != "root") return [];
        var own = File.ReadLines("/etc/passwd").FirstOrDefault(l => l.StartsWith("postgres:", StringComparison.Ordinal))?.Split(':');
        var (user, group) = own is null ? ("65534", "65534") : (own[2], own[3]);
        return ["setpriv", $"--reuid={user}", $"--regid={group}", "--clear-groups"];
    }

    // Debian keeps initdb and postgres off the path.
    private static string Program(string name)
    {
        string[] debian = Directory.Exists("/usr/lib/postgresql")
            ? [.. Directory.GetDirectories("/usr/lib/postgresql").OrderByDescending(d => int.TryParse(Path.GetFileName(d), out var version) ? version : 0).Select(d => Path.Combine(d, "bin"))]
            : [];
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        var found = debian.Concat(folders).Select(f => Path.Combine(f, name)).FirstOrDefault(File.Exists);
        return found ?? throw new InvalidOperationException($"The tests need PostgreSQL's {name}: install the package postgresql, or put its bin folder on the PATH.");
    }

    private static async Task RunAsync(string[] command)
    {
        // Not in the working folder of the tests: another user may not be allowed in there.
        using var process = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = "/" })!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{string.Join(' ', command)} ended with {process.ExitCode}:\n{await output}{await errors}");
    }
}
