using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using OrleansGateway.Tests.Operations;
using OrleansGateway.Tests.Storage;

namespace OrleansGateway.Tests.Topologies;

/// <summary>
/// A cluster of the built program for one test: each node a process of its own, with a real Redis and PostgreSQL, behind a balancer. Where nothing of a test stays, the next one is given the
/// same nodes, with its own configuration applied to them.
/// </summary>
internal sealed class ClusterUnderTest : IAsyncDisposable
{
    private const string UsualListeners = "data: [\"127.0.0.1:0\"], admin: \"127.0.0.1:0\"";

    private static readonly string s_program = Path.GetFullPath(
        Path.Combine(AppContext.BaseDirectory, "..", "..", "OrleansGateway.Cluster", Path.GetFileName(AppContext.BaseDirectory.TrimEnd('/')), "gateway-cluster"));

    // What leaves something behind that the next test would see, and what is each node's own and never applied.
    private static readonly string[] s_lasting = ["rate_limits:", "budgets:", "cache:", "cache_control", "webhooks:", "rabbitmq:", "invalidation:", "prices:", "state:", "telemetry:", "scaling:", "health_check"];

    private static readonly ConcurrentBag<ClusterUnderTest> s_free = [];
    private static readonly ConcurrentBag<ClusterUnderTest> s_all = [];

    private readonly List<GatewayProcess> _nodes = [];
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("gateway-nodes-");
    private readonly string _yaml;
    private readonly bool _isLent;
    private Uri[] _data = [];
    private Uri[] _admin = [];
    private Balancer? _balancer;
    private bool _isOver;

    private ClusterUnderTest(string yaml, bool isLent) => (_yaml, _isLent) = (yaml, isLent);

    static ClusterUnderTest() => AppDomain.CurrentDomain.ProcessExit += static (_, _) =>
    {
        foreach (var cluster in s_all) cluster.EndAsync().AsTask().Wait();
    };

    /// <summary>Where clients call, whichever node it is.</summary>
    public Uri Url => _balancer!.Url;

    /// <summary>Where operators call one of the nodes.</summary>
    public Uri AdminAddress => _admin[0];

    public string AdminToken { get; private set; } = "";

    /// <param name="yaml">The configuration but for the cluster.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public static async Task<ClusterUnderTest> StartAsync(string yaml, CancellationToken cancellation)
    {
        var isLent = yaml.Contains(UsualListeners, StringComparison.Ordinal) && !s_lasting.Any(word => yaml.Contains(word, StringComparison.Ordinal));
        if (isLent && s_free.TryTake(out var free))
        {
            await free.ApplyAsync(yaml, cancellation);
            return free.Balanced();
        }

        var (name, redis, postgres) = await SharedStores.NewClusterAsync();
        var cluster = new ClusterUnderTest($"cluster: {{name: {name}, redis: \"{redis}\", postgres: \"{postgres}\", silo: \"127.0.0.1:SILO\", edge_port: EDGES}}\n{yaml}", isLent);
        s_all.Add(cluster);
        try
        {
            await cluster.StartNodesAsync(cancellation);
            return cluster.Balanced();
        }
        catch
        {
            await cluster.EndAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_balancer is not null) await _balancer.DisposeAsync();
        if (_isLent) s_free.Add(this);
        else await EndAsync();
    }

    private ClusterUnderTest Balanced()
    {
        _balancer = new Balancer(_data);
        return this;
    }

    private async ValueTask EndAsync()
    {
        if (_isOver) return;
        _isOver = true;
        // What is not told yet, as spans, is told at the end.
        if (_yaml.Contains("telemetry:", StringComparison.Ordinal)) await StopAsync();
        foreach (var node in _nodes) await node.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private async Task StopAsync()
    {
        foreach (var node in _nodes) node.Signal(PosixSignal.SIGTERM);
        await Task.WhenAll(_nodes.Select(static node => node.ExitAsync(CancellationToken.None))).WaitAsync(TimeSpan.FromMinutes(1));
    }

    /// <summary>Waits until every node serves it.</summary>
    private async Task ApplyAsync(string yaml, CancellationToken cancellation)
    {
        using var admin = new HttpClient { DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", AdminToken) } };
        using var put = new HttpRequestMessage(HttpMethod.Put, new Uri(AdminAddress, "/admin/v1/config")) { Content = new StringContent(yaml, Encoding.UTF8), Headers = { { "If-Match", "*" } } };
        using var answer = await admin.SendAsync(put, cancellation);
        var text = await answer.Content.ReadAsStringAsync(cancellation);
        Assert.True(answer.IsSuccessStatusCode, text);
        var version = JsonElement.Parse(text).GetProperty("version").GetString();
        foreach (var node in _admin)
        {
            while (JsonElement.Parse(await admin.GetStringAsync(new Uri(node, "/admin/v1/config"), cancellation)).GetProperty("version").GetString() != version)
                await Task.Delay(TimeSpan.FromMilliseconds(20), cancellation);
        }
    }

    /// <summary>The first silo makes the cluster and the first that serves clients its admin token; the others join at once.</summary>
    private async Task StartNodesAsync(CancellationToken cancellation)
    {
        var serving = Topology.Roles.Where(r => r != "silo").ToArray();
        await Task.WhenAll(Topology.Roles.Where(r => r == "silo").Select(role => NodeAsync(role, cancellation)));
        var first = await NodeAsync(serving[0], cancellation);
        GatewayProcess[] all = [first, .. await Task.WhenAll(serving[1..].Select(role => NodeAsync(role, cancellation)))];
        AdminToken = first.Output.Lines.Single(l => l.StartsWith("Admin token, ", StringComparison.Ordinal)).Split(": ")[1].Trim();
        _admin = await Task.WhenAll(all.Select(node => AddressAsync(node, "Operators call ", cancellation)));
        _data = await Task.WhenAll(all.Select(node => AddressAsync(node, "Clients call ", cancellation)));
    }

    private async Task<GatewayProcess> NodeAsync(string role, CancellationToken cancellation)
    {
        var folder = _folder.CreateSubdirectory(Path.GetRandomFileName()).FullName;
        var (silo, edges) = (RedisServer.FreePort().ToString(CultureInfo.InvariantCulture), RedisServer.FreePort().ToString(CultureInfo.InvariantCulture));
        await File.WriteAllTextAsync(
            Path.Combine(folder, "gateway.yaml"), _yaml.Replace("SILO", silo, StringComparison.Ordinal).Replace("EDGES", edges, StringComparison.Ordinal), cancellation);
        var node = GatewayProcess.StartProgram(s_program, folder, "serve", "--role", role, "--config", "gateway.yaml");
        lock (_nodes) _nodes.Add(node);
        try
        {
            await node.Output.WaitForAsync("Operators call ", cancellation);
        }
        catch (Exception failed) when (failed is not OperationCanceledException)
        {
            throw new InvalidOperationException($"The node did not start:\n{node.Output.Text}\n{node.Errors.Text}", failed);
        }

        return node;
    }

    private static async Task<Uri> AddressAsync(GatewayProcess node, string words, CancellationToken cancellation) =>
        new((await node.Output.WaitForAsync(words, cancellation))[words.Length..].Split(' ')[0]);
}
