using System.Net.Http.Json;
using System.Text.Json;

namespace OrleansGateway.Cluster.Tests;

/// <summary>How many replicas there should be follows from what all nodes have to do, whichever is asked.</summary>
public sealed class ClusterScalingTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = 180_000)]
    public async Task Scaling_OfTwoNodesOfWhichOneIsBusy_IsTheSameOnBoth()
    {
        await using var cluster = await TestCluster.StartAsync($$"""
            access_log: { output: "off" }
            tenants: { acme: {} }
            keys: { test: { tenant: acme, secret: {{ClusterGateway.Key}} } }
            providers: { fake: { kind: fake, fake: { delay: 5m } } }
            models: { slow: { targets: [ { provider: fake } ] } }
            routes: { default: { path: / } }
            scaling: { targets: { gateway: { requests_in_flight: 1, replicas_max: 9 } } }
            """, silos: 0, Cancel);
        ClusterGateway[] gateways = [await cluster.AddGatewayAsync("both", Cancel), await cluster.AddGatewayAsync("edge", Cancel)];
        using var hangUp = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var calls = Enumerable.Range(0, 3).Select(_ => CallAsync(gateways[1], hangUp.Token)).ToArray();

        foreach (var gateway in gateways) await UntilAsync(gateway, s => s is { Nodes: 2, InFlight: 3, Replicas: 3 });
        Assert.Equal(0, (await ScalingAsync(gateways[0])).OwnInFlight);
        Assert.Equal(3, (await ScalingAsync(gateways[1])).OwnInFlight);

        await hangUp.CancelAsync();
        foreach (var call in calls) await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        foreach (var gateway in gateways) await UntilAsync(gateway, s => s is { Nodes: 2, InFlight: 0, Replicas: 3 });
    }

    private static async Task UntilAsync(ClusterGateway gateway, Func<Seen, bool> isSo)
    {
        while (!isSo(await ScalingAsync(gateway))) await Task.Yield();
    }

    private static async Task<Seen> ScalingAsync(ClusterGateway gateway)
    {
        var seen = await gateway.Admin.GetFromJsonAsync<JsonElement>("/admin/v1/scaling", Cancel);
        return new Seen(
            seen.GetProperty("nodes").GetInt32(),
            seen.GetProperty("requests_in_flight").GetInt64(),
            seen.GetProperty("node").GetProperty("requests_in_flight").GetInt64(),
            seen.GetProperty("targets").GetProperty("gateway").GetProperty("desired_replicas").GetInt32());
    }

    private static async Task CallAsync(ClusterGateway gateway, CancellationToken cancellation)
    {
        using var response = await gateway.Client.PostAsJsonAsync("/v1/chat/completions", new { model = "slow", messages = new[] { new { role = "user", content = "Hello" } } }, cancellation);
    }

    private sealed record Seen(int Nodes, long InFlight, long OwnInFlight, int Replicas);
}
