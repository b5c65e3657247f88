using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansGateway.Leases;
using OrleansGateway.Leases.Ledger;
using OrleansGateway.Limits;
using OrleansGateway.Storage.Ledger;
using OrleansGateway.Tests.Configuration;
using OrleansGateway.Tests.Limits;
using OrleansGateway.Tests.Listeners;
using OrleansGateway.Tests.Operations;
using OrleansGateway.Tests.Storage;
using OrleansGateway.Tests.Storage.Ledger;

namespace OrleansGateway.Cluster.Tests;

/// <summary>A cluster of the built program, each silo a process of its own, on a real Redis and a real PostgreSQL; the tests are a client of it, as an edge is.</summary>
internal sealed class TestCluster : IAsyncDisposable
{
    private static readonly string s_program = Path.GetFullPath(
        Path.Combine(AppContext.BaseDirectory, "..", "..", "OrleansGateway.Cluster", Path.GetFileName(AppContext.BaseDirectory.TrimEnd('/')), "gateway-cluster"));

    private static readonly Dictionary<string, string> s_nothingMore = [];

    /// <summary>The program of the version before, which a rolling upgrade begins with; none to begin with this one.</summary>
    public static string? Before { get; } = Environment.GetEnvironmentVariable("GATEWAY_TEST_CLUSTER_BEFORE");

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("gateway-cluster-");
    private readonly List<GatewayProcess> _silos = [];
    private readonly List<ClusterGateway> _gateways = [];
    private readonly string _rules;
    private PostgresCluster _postgres = null!;
    private RedisServer _redis = null!;
    private PostgresDatabase _database = null!;
    private ClusterNode _node = null!;
    private string _connection = "";
    private string? _token;
    private RuleTable _table = null!;
    private string? _redisCa;

    private readonly string? _tls;

    private TestCluster(string rules, string? tls) => (_rules, _tls) = (rules, tls);

    public IReadOnlyList<GatewayProcess> Silos => _silos;

    /// <summary>Whether nodes that are started now are of the version before, if there is one.</summary>
    public bool IsBefore { get; set; }

    public PostgresCluster Postgres => _postgres;

    public RedisServer Redis => _redis;

    /// <summary>The owners, as an edge calls them.</summary>
    public GrainOwners Owners { get; private set; } = null!;

    public ILedgerStore Ledger { get; private set; } = null!;

    /// <summary>What is called over the network, as an edge does.</summary>
    public IGrainFactory Grains => _node.Grains;

    /// <summary>The cluster's database.</summary>
    public PostgresDatabase Database => _database;

    /// <param name="rules">The configuration but for the cluster and the listeners.</param>
    /// <param name="silos">How many; with none, gateways are to be added, and <see cref="Owners"/> is not there.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <param name="tls">The setting <c>cluster.tls</c> of all nodes, for a cluster without silos at first; none for plain connections.</param>
    /// <param name="redis">Certificates, if Redis is to speak TLS only.</param>
    /// <param name="isBefore">See <see cref="IsBefore"/>.</param>
    public static async Task<TestCluster> StartAsync(string rules, int silos, CancellationToken cancellation, string? tls = null, TestCertificates? redis = null, bool isBefore = false)
    {
        var cluster = new TestCluster(rules, tls) { IsBefore = isBefore };
        redis?.WriteServer("redis", "localhost");
        cluster._redisCa = redis?.PathOf("ca.pem");
        try
        {
            (cluster._postgres, cluster._redis) = (await PostgresCluster.StartAsync(), await RedisServer.StartAsync(cancellation, redis?.PathOf("redis")));
            cluster._connection = await cluster._postgres.NewDatabaseAsync();
            if (silos == 0) return cluster;
            await Task.WhenAll(Enumerable.Range(0, silos).Select(_ => cluster.AddSiloAsync(cancellation)));
            await cluster.ConnectAsync(cancellation);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>The database again, also where this has no silos.</summary>
    public Task<PostgresDatabase> OpenDatabaseAsync(CancellationToken cancellation) =>
        PostgresDatabase.OpenAsync(_connection, TimeProvider.System, NullLogger<PostgresDatabase>.Instance, cancellation);

    /// <summary>Starts one more silo, and waits until it is a member.</summary>
    public async Task<GatewayProcess> AddSiloAsync(CancellationToken cancellation)
    {
        var silo = await StartAsync("silo", "Silo of the cluster", cancellation);
        lock (_silos) _silos.Add(silo);
        return silo;
    }

    /// <summary>Sends a signal that .NET knows no name of: <c>STOP</c>, <c>CONT</c>.</summary>
    public static async Task SignalAsync(GatewayProcess process, string signal, CancellationToken cancellation)
    {
        using var kill = Process.Start("kill", [$"-{signal}", process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync(cancellation);
    }

    /// <summary>Starts a node that serves clients: <c>both</c> or <c>edge</c>.</summary>
    /// <param name="role">Which.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <param name="environment">More variables for it.</param>
    public async Task<ClusterGateway> AddGatewayAsync(string role, CancellationToken cancellation, IReadOnlyDictionary<string, string>? environment = null) =>
        await GatewayAsync(await StartAsync(role, "Operators call", cancellation, environment), cancellation);

    /// <summary>Kills a node, as <c>kill -9</c> does, and starts it again where it was.</summary>
    public async Task<ClusterGateway> RestartAsync(ClusterGateway gateway, string role, CancellationToken cancellation)
    {
        // Who still asks it is refused, and not thrown at: its clients go with the cluster.
        await gateway.Process.KillAsync(cancellation);
        return await GatewayAsync(await StartInAsync(gateway.Process.Folder, role, "Operators call", s_nothingMore, cancellation), cancellation);
    }

    /// <summary>Runs a command of the program in a node's folder; answers what it printed.</summary>
    public static async Task<(int Exit, string Output)> RunAsync(ClusterGateway gateway, CancellationToken cancellation, params IEnumerable<string> arguments)
    {
        await using var command = GatewayProcess.StartProgram(s_program, gateway.Process.Folder, arguments);
        return (await command.ExitAsync(cancellation), command.Output.Text);
    }

    private async Task<ClusterGateway> GatewayAsync(GatewayProcess process, CancellationToken cancellation)
    {
        var data = (await process.Output.WaitForAsync("Clients call ", cancellation))["Clients call ".Length..];
        var admin = (await process.Output.WaitForAsync("Operators call ", cancellation))["Operators call ".Length..].Split(' ')[0];
        var gateway = new ClusterGateway(
            process,
            new HttpClient { BaseAddress = new Uri(data), DefaultRequestHeaders = { Authorization = new("Bearer", ClusterGateway.Key) } },
            new HttpClient { BaseAddress = new Uri(admin), DefaultRequestHeaders = { Authorization = new("Bearer", _token ??= TokenOf(process)) } });
        lock (_gateways) _gateways.Add(gateway);
        return gateway;
    }

    /// <summary>Starts a node and does not wait for it; whoever does ends it.</summary>
    public async Task<GatewayProcess> LaunchAsync(string role, string? tls, CancellationToken cancellation) =>
        GatewayProcess.StartProgram(s_program, await NewFolderAsync(tls, cancellation), "serve", "--role", role, "--config", "gateway.yaml");

    /// <summary>Runs a command of the program against a gateway, as its admin; answers what it printed, and fails unless it ends with 0.</summary>
    public async Task<string> ManageAsync(ClusterGateway gateway, CancellationToken cancellation, params string[] arguments)
    {
        await File.WriteAllTextAsync(Path.Combine(gateway.Process.Folder, "token"), _token, cancellation);
        await using var program = GatewayProcess.StartProgram(
            s_program, gateway.Process.Folder, [.. arguments, "--admin", gateway.Admin.BaseAddress!.ToString(), "--token-file", "token"]);
        var exit = await program.ExitAsync(cancellation);
        Assert.True(exit == 0, $"exit code {exit}\n{program.Output.Text}\n{program.Errors.Text}");
        return program.Output.Text;
    }

    private async Task<GatewayProcess> StartAsync(string role, string until, CancellationToken cancellation, IReadOnlyDictionary<string, string>? environment = null) =>
        await StartInAsync(await NewFolderAsync(_tls, cancellation), role, until, environment ?? s_nothingMore, cancellation);

    private async Task<string> NewFolderAsync(string? tls, CancellationToken cancellation)
    {
        var folder = _folder.CreateSubdirectory(Path.GetRandomFileName());
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, "gateway.yaml"), $$"""
            {{Cluster(RedisServer.FreePort(), RedisServer.FreePort(), tls)}}
            listeners: {data: ["127.0.0.1:0"], admin: "127.0.0.1:0"}
            {{_rules}}
            """, cancellation);
        return folder.FullName;
    }

    private async Task<GatewayProcess> StartInAsync(
        string folder, string role, string until, IReadOnlyDictionary<string, string> environment, CancellationToken cancellation)
    {
        var silo = GatewayProcess.StartProgram(IsBefore && Before is not null ? Before : s_program, folder, environment, "serve", "--role", role, "--config", "gateway.yaml");
        try
        {
            await silo.Output.WaitForAsync(until, cancellation);
            return silo;
        }
        catch (Exception failed)
        {
            await silo.DisposeAsync();
            throw new InvalidOperationException($"The node did not start:\n{silo.Output.Text}\n{silo.Errors.Text}", failed);
        }
    }

    /// <summary>What an account is like by the configuration.</summary>
    public AccountSpec? SpecOf(AccountId account) => _table.SpecOf(account);

    /// <summary>All that silos have logged: for a failure's message.</summary>
    public string Logs() => string.Join("\n---\n", _silos.Concat(_gateways.Select(g => g.Process)).Select(s => s.Errors.Text));

    public async ValueTask DisposeAsync()
    {
        if (_node is not null)
        {
            await _node.LeaveAsync();
            await _node.DisposeAsync();
        }

        foreach (var gateway in _gateways) await gateway.DisposeAsync();
        foreach (var silo in _silos) await silo.DisposeAsync();
        if (_database is not null) await _database.DisposeAsync();
        if (_redis is not null) await _redis.DisposeAsync();
        if (_postgres is not null) await _postgres.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    /// <summary>The first node of a cluster makes it; it is all nodes' own.</summary>
    private static string TokenOf(GatewayProcess process) =>
        process.Output.Text.Split('\n').Single(l => l.StartsWith("Admin token, ", StringComparison.Ordinal)).Split(": ")[1].Trim();

    private string Cluster(int silo, int edges, string? tls = null) =>
        $"cluster: {{name: test, redis: \"{_redis.ConnectionString}\", postgres: \"{_connection}\", silo: \"127.0.0.1:{silo}\", edge_port: {edges}{(tls is null ? "" : ", tls: " + tls)}{(_redisCa is null ? "" : $", redis_ca: \"file:{_redisCa}\"")}}}";

    private async Task ConnectAsync(CancellationToken cancellation)
    {
        using var folder = new TestFolder();
        var reading = folder.Read(Cluster(1, 1) + "\n" + _rules);
        Assert.Empty(reading.Faults);
        _table = new RuleTable(reading.Settings!, new AccountBook(), DateTimeOffset.UtcNow);
        _database = await PostgresDatabase.OpenAsync(_connection, TimeProvider.System, NullLogger<PostgresDatabase>.Instance, cancellation);
        _node = await ClusterNode.JoinAsync(reading.Settings!.Cluster!, owners: null, tls: null, TimeProvider.System, NullLoggerFactory.Instance, cancellation);
        Ledger = new PostgresLedgerStore(_database, TimeProvider.System);
        Owners = new GrainOwners(_node.Grains, Ledger, new PostgresOwnerLives(_database), here: null, SpecOf, TimeProvider.System);
    }
}

/// <summary>A node that serves clients, a client of it, and an admin.</summary>
internal sealed record ClusterGateway(GatewayProcess Process, HttpClient Client, HttpClient Admin) : IAsyncDisposable
{
    /// <summary>The key of the tests' one tenant.</summary>
    public const string Key = "test-key-0123456789-0123456789";

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        Admin.Dispose();
        await Process.DisposeAsync();
    }
}
