using OrleansGateway.Tests.Operations;
using OrleansGateway.Tests.Storage;

namespace OrleansGateway.Tests.Topologies;

/// <summary>A cluster of the built program for one test: each node a process of its own, with a real Redis and PostgreSQL, behind a balancer.</summary>
internal sealed class ClusterUnderTest : IAsyncDisposable
{
    private static readonly string s_program = Path.GetFullPath(
        Path.Combine(AppContext.BaseDirectory, "..", "..", "OrleansGateway.Cluster", Path.GetFileName(AppContext.BaseDirectory.TrimEnd('/')), "gateway-cluster"));

    private readonly List<GatewayProcess> _nodes = [];
    private readonly DirectoryInfo _folder;
    private readonly string _yaml;
    private Balancer _balancer = null!;

    private ClusterUnderTest(DirectoryInfo folder, string yaml) => (_folder, _yaml) = (folder, yaml);

    /// <summary>Where clients call, whichever node it is.</summary>
    public Uri Url => _balancer.Url;

    /// <summary>Where operators call one of the nodes.</summary>
    public Uri AdminAddress { get; private set; } = null!;

    public string AdminToken { get; private set; } = "";

    /// <param name="folder">Where nodes have their folders.</param>
    /// <param name="yaml">The configuration but for the cluster.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public static async Task<ClusterUnderTest> StartAsync(DirectoryInfo folder, string yaml, CancellationToken cancellation)
    {
        var (name, redis, postgres) = await SharedStores.NewClusterAsync();
        var cluster = new ClusterUnderTest(folder, $"cluster: {{name: {name}, redis: \"{redis}\", postgres: \"{postgres}\", silo: \"127.0.0.1:SILO\", edge_port: EDGES}}\n{yaml}");
        try
        {
            await cluster.StartNodesAsync(cancellation);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_balancer is not null) await _balancer.DisposeAsync();
        foreach (var node in _nodes) await node.DisposeAsync();
    }

    /// <summary>The first silo makes the cluster and the first that serves clients its admin token; the others join at once.</summary>
    private async Task StartNodesAsync(CancellationToken cancellation)
    {
        var silos = Topology.Roles.Where(r => r == "silo").ToArray();
        var serving = Topology.Roles.Where(r => r != "silo").ToArray();
        await Task.WhenAll(silos.Select(role => NodeAsync(role, cancellation)));
        var first = await NodeAsync(serving[0], cancellation);
        GatewayProcess[] all = [first, .. await Task.WhenAll(serving[1..].Select(role => NodeAsync(role, cancellation)))];
        AdminAddress = new Uri(await AfterAsync(first, "Operators call ", cancellation));
        AdminToken = first.Output.Lines.Single(l => l.StartsWith("Admin token, ", StringComparison.Ordinal)).Split(": ")[1].Trim();
        _balancer = new Balancer([.. await Task.WhenAll(all.Select(async node => new Uri(await AfterAsync(node, "Clients call ", cancellation))))]);
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

    private static async Task<string> AfterAsync(GatewayProcess node, string words, CancellationToken cancellation) =>
        (await node.Output.WaitForAsync(words, cancellation))[words.Length..].Split(' ')[0];
}
