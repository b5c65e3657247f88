using System.Net;
using System.Net.Http.Json;
using System.Runtime.InteropServices;

namespace OrleansGateway.Cluster.Tests;

/// <summary>Whole gateways on a cluster: nodes that are silo and edge in one, and one that is an edge alone.</summary>
public sealed class ClusterGatewayTests
{
    // A call of the fake provider costs 24 input and 10 output tokens at most, and less than that in truth: the budget is for some calls, whatever they cost.
    private const string Rules = $$"""
        access_log: { output: "off" }
        tenants: { acme: {} }
        keys: { test: { tenant: acme, secret: {{ClusterGateway.Key}} } }
        providers: { fake: { kind: fake } }
        models:
          free: { targets: [ { provider: fake, price: { input: 0, output: 0 } } ] }
          dear: { targets: [ { provider: fake, price: { input: 0, output: 0, request: 0.01 } } ] }
        routes: { default: { path: / } }
        rate_limits:
          per-key: { per: [key], limit: 100, window: 7d, algorithm: token_bucket, match: { models: [free] } }
        budgets:
          per-tenant: { per: [tenant], limit: 0.25, period: lifetime }
        """;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = 180_000)]
    public async Task LimitsAndBudgets_OverThreeNodes_AreThoseOfOne()
    {
        await using var cluster = await TestCluster.StartAsync(Rules, silos: 0, Cancel);
        ClusterGateway[] gateways = [await cluster.AddGatewayAsync("both", Cancel), await cluster.AddGatewayAsync("both", Cancel), await cluster.AddGatewayAsync("edge", Cancel)];
        // Each alone refuses only once nobody has any left: what another keeps to hand comes back within seconds.
        Assert.Equal(100, await UseUpAsync(gateways, "free", atLeast: 100));
        Assert.Equal(25, await UseUpAsync(gateways, "dear", atLeast: 25));

        foreach (var gateway in gateways)
        {
            gateway.Process.Signal(PosixSignal.SIGTERM);
            Assert.Equal(0, await gateway.Process.ExitAsync(Cancel));
        }
    }

    private static async Task<int> UseUpAsync(ClusterGateway[] gateways, string model, int atLeast)
    {
        var granted = 0;
        var isOver = false;
        while (!isOver || granted < atLeast)
        {
            var statuses = await Task.WhenAll(Enumerable.Range(0, 30).Select(i => CallAsync(gateways[i % gateways.Length], model)));
            // On a busy machine an owner may take longer to answer than a request waits: nothing is known then, and it asks again.
            Assert.All(statuses, s => Assert.True(s is HttpStatusCode.OK or HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable, s.ToString()));
            granted += statuses.Count(s => s == HttpStatusCode.OK);
            isOver = statuses.All(s => s == HttpStatusCode.TooManyRequests);
        }

        return granted;
    }

    private static async Task<HttpStatusCode> CallAsync(ClusterGateway gateway, string model)
    {
        var body = new { model, max_tokens = 10, messages = new[] { new { role = "user", content = "Hello" } } };
        using var response = await gateway.Client.PostAsJsonAsync("/v1/chat/completions", body, Cancel);
        return response.StatusCode;
    }
}
