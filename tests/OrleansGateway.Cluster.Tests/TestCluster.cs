using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansGateway.Leases;
using OrleansGateway.Leases.Ledger;
using OrleansGateway.Limits;
using OrleansGateway.Storage.Ledger;
using OrleansGateway.Tests.Configuration;
using OrleansGateway.Tests.Limits;
using OrleansGateway.Tests.Operations;
using OrleansGateway.Tests.Storage.Ledger;

namespace OrleansGateway.Cluster.Tests;

/// <summary>A cluster of the built program, each silo a process of its own, on a real Redis and a real PostgreSQL; the tests are a client of it, as an edge is.</summary>
internal sealed class TestCluster : IAsyncDisposable
{
    private static readonly string s_program = Path.GetFullPath(
        Path.Combine(AppContext.BaseDirectory, "..", "..", "OrleansGateway.Cluster", Path.GetFileName(AppContext.BaseDirectory.TrimEnd('/')), "gateway-cluster"));

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

    private TestCluster(string rules) => _rules = rules;

    public IReadOnlyList<GatewayProcess> Silos => _silos;

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
    public static async Task<TestCluster> StartAsync(string rules, int silos, CancellationToken cancellation)
    {
        var cluster = new TestCluster(rules);
        try
        {
            (cluster._postgres, cluster._redis) = (await PostgresCluster.StartAsync(), await RedisServer.StartAsync(cancellation));
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
    public async Task<ClusterGateway> AddGatewayAsync(string role, CancellationToken cancellation)
    {
        var process = await StartAsync(role, "Operators call", cancellation);
        var data = (await process.Output.WaitForAsync("Clients call ", cancellation))["Clients call ".Length..];
        var admin = (await process.Output.WaitForAsync("Operators call ", cancellation))["Operators call ".Length..].Split(' ')[0];
        var gateway = new ClusterGateway(
            process,
            new HttpClient { BaseAddress = new Uri(data), DefaultRequestHeaders = { Authorization = new("Bearer", ClusterGateway.Key) } },
            new HttpClient { BaseAddress = new Uri(admin), DefaultRequestHeaders = { Authorization = new("Bearer", _token ??= TokenOf(process)) } });
        lock (_gateways) _gateways.Add(gateway);
        return gateway;
    }

    private async Task<GatewayProcess> StartAsync(string role, string until, CancellationToken cancellation)
    {
        var folder = _folder.CreateSubdirectory(Path.GetRandomFileName());
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, "gateway.yaml"), $$"""
            {{Cluster(RedisServer.FreePort(), RedisServer.FreePort())}}
            listeners: {data: ["127.0.0.1:0"], admin: "127.0.0.1:0"}
            {{_rules}}
            """, cancellation);
        var silo = GatewayProcess.StartProgram(s_program, folder.FullName, "serve", "--role", role, "--config", "gateway.yaml");
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

    private string Cluster(int silo, int edges) =>
        $"cluster: {{name: test, redis: \"{_redis.ConnectionString}\", postgres: \"{_connection}\", silo: \"127.0.0.1:{silo}\", edge_port: {edges}}}";

    private async Task ConnectAsync(CancellationToken cancellation)
    {
        using var folder = new TestFolder();
        var reading = folder.Read(Cluster(1, 1) + "\n" + _rules);
        Assert.Empty(reading.Faults);
        _table = new RuleTable(reading.Settings!, new AccountBook(), DateTimeOffset.UtcNow);
        _database = await PostgresDatabase.OpenAsync(_connection, TimeProvider.System, NullLogger<PostgresDatabase>.Instance, cancellation);
        _node = await ClusterNode.JoinAsync(reading.Settings!.Cluster!, owners: null, TimeProvider.System, NullLoggerFactory.Instance, cancellation);
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
