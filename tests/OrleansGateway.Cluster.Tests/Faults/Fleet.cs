using System.Diagnostics;
using System.Net;
using System.Runtime.InteropServices;
using OrleansGateway.Tests.Operations;

namespace OrleansGateway.Cluster.Tests.Faults;

/// <summary>Two silos, four edges and what they stand on, with all that can befall them. Each fault ends with everything in its place again.</summary>
internal sealed class Fleet : IAsyncDisposable
{
    public const int Edges = 4;
    private const int Silos = 2;

    private static readonly TimeSpan s_often = TimeSpan.FromMilliseconds(50);

    private readonly ClusterGateway[] _edges = new ClusterGateway[Edges];
    private readonly GatewayProcess[] _silos = new GatewayProcess[Silos];
    private readonly bool[] _isOut = new bool[Edges];
    private TestCluster _cluster = null!;
    private ClusterMessages? _messages;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Told when a silo has just been lost.</summary>
    public Func<Task> SiloLost { get; set; } = static () => Task.CompletedTask;

    public TestCluster Cluster => _cluster;

    /// <param name="rules">The configuration but for the cluster and the listeners.</param>
    /// <param name="messages">Its RabbitMQ, if it has one.</param>
    public static async Task<Fleet> StartAsync(string rules, ClusterMessages? messages = null)
    {
        var fleet = new Fleet { _messages = messages, _cluster = await TestCluster.StartAsync(rules, Silos, Cancel, isBefore: true) };
        fleet._cluster.Silos.ToArray().CopyTo(fleet._silos, 0);
        // The first makes the admin token, which the others are asked with.
        for (var i = 0; i < Edges; i++) fleet._edges[i] = await fleet._cluster.AddGatewayAsync("edge", Cancel);
        // What is started from now on is of this version.
        fleet._cluster.IsBefore = false;
        return fleet;
    }

    /// <summary>The edge of that number, or, as a load balancer does, another one while that is taken out.</summary>
    public ClusterGateway Edge(int number)
    {
        for (var i = 0; i < Edges; i++)
        {
            if (!Volatile.Read(ref _isOut[(number + i) % Edges])) return Volatile.Read(ref _edges[(number + i) % Edges]);
        }

        return _edges[number];
    }

    public string Logs() => _cluster.Logs();

    public async Task BefallAsync(Mishap mishap, Random random, TimeSpan outage)
    {
        switch (mishap)
        {
            case Mishap.SiloKilled: await KillSiloAsync(random.Next(Silos)); break;
            case Mishap.SiloFrozen: await FreezeSiloAsync(random.Next(Silos)); break;
            case Mishap.EdgeKilled: await KillEdgeAsync(random.Next(Edges)); break;
            case Mishap.RedisDown: await WithoutRedisAsync(outage); break;
            case Mishap.PostgresDown: await WithoutPostgresAsync(outage); break;
            case Mishap.RabbitDown: await _messages!.AwayAsync(outage); break;
            default: await RollAsync(); break;
        }
    }

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    private async Task KillSiloAsync(int silo)
    {
        await _silos[silo].KillAsync(Cancel);
        await SiloLost();
        _silos[silo] = await _cluster.AddSiloAsync(Cancel);
    }

    /// <summary>It stands still until the others have taken it for dead, and then goes on as if nothing had been.</summary>
    private async Task FreezeSiloAsync(int silo)
    {
        await TestCluster.SignalAsync(_silos[silo], "STOP", Cancel);
        await SiloLost();
        await DeadAsync(_silos[silo]);
        await TestCluster.SignalAsync(_silos[silo], "CONT", Cancel);
        await _silos[silo].ExitAsync(Cancel);
        _silos[silo] = await _cluster.AddSiloAsync(Cancel);
    }

    private async Task KillEdgeAsync(int edge)
    {
        await _edges[edge].Process.KillAsync(Cancel);
        Volatile.Write(ref _isOut[edge], true);
        await RestartEdgeAsync(edge);
    }

    private async Task WithoutRedisAsync(TimeSpan outage)
    {
        await _cluster.Redis.StopAsync();
        await Task.Delay(outage, Cancel);
        await _cluster.Redis.RestartAsync(Cancel);
    }

    private async Task WithoutPostgresAsync(TimeSpan outage)
    {
        await _cluster.Postgres.KillAsync();
        await Task.Delay(outage, Cancel);
        await _cluster.Postgres.RestartAsync();
    }

    /// <summary>Every node ends in order and is started anew, one after the other; the load balancer looks whether edges are ready.</summary>
    private async Task RollAsync()
    {
        for (var edge = 0; edge < Edges; edge++)
        {
            _edges[edge].Process.Signal(PosixSignal.SIGTERM);
            await DrainingAsync(_edges[edge]);
            Volatile.Write(ref _isOut[edge], true);
            await EndedAsync(_edges[edge].Process);
            await RestartEdgeAsync(edge);
        }

        for (var silo = 0; silo < Silos; silo++)
        {
            _silos[silo].Signal(PosixSignal.SIGTERM);
            await EndedAsync(_silos[silo]);
            _silos[silo] = await _cluster.AddSiloAsync(Cancel);
        }
    }

    private static async Task EndedAsync(GatewayProcess node)
    {
        var exit = await node.ExitAsync(Cancel);
        Assert.True(exit == 0, $"Exit code {exit}.\n{node.Errors.Text}");
    }

    private async Task RestartEdgeAsync(int edge)
    {
        Volatile.Write(ref _edges[edge], await _cluster.RestartAsync(_edges[edge], "edge", Cancel));
        Volatile.Write(ref _isOut[edge], false);
    }

    private static async Task DrainingAsync(ClusterGateway edge)
    {
        while (true)
        {
            using var ready = await edge.Admin.GetAsync("/readyz", Cancel);
            if (ready.StatusCode == HttpStatusCode.ServiceUnavailable) return;
            await Task.Delay(s_often, Cancel);
        }
    }

    private async Task DeadAsync(GatewayProcess silo)
    {
        var greeting = await silo.Output.WaitForAsync("Silo of the cluster", Cancel);
        var address = IPEndPoint.Parse(greeting[(greeting.LastIndexOf(' ') + 1)..]);
        var since = Stopwatch.StartNew();
        while (since.Elapsed < TimeSpan.FromMinutes(2))
        {
            try
            {
                var hosts = await _cluster.Grains.GetGrain<IManagementGrain>(0).GetHosts(onlyActive: false);
                if (hosts.Any(h => h.Key.Endpoint.Equals(address) && h.Value == SiloStatus.Dead)) return;
            }
            catch (Exception unknown) when (unknown is OrleansException or TimeoutException)
            {
                // Whoever was asked is the one that stands still.
            }

            await Task.Delay(s_often, Cancel);
        }

        Assert.Fail($"Nobody has noticed that {address} stands still.\n{_cluster.Logs()}");
    }
}

/// <summary>What befalls a fleet.</summary>
internal enum Mishap
{
    SiloKilled,
    SiloFrozen,
    EdgeKilled,
    RedisDown,
    PostgresDown,
    RabbitDown,

    /// <summary>Every node is restarted in order; nobody may notice.</summary>
    Rolled,
}
