using System.Net;
using OrleansGateway.Tests.Gateway;
using OrleansGateway.Tests.Operations;
using OrleansGateway.Tests.Topologies;
using OrleansGateway.Tests.Upstreams;

namespace OrleansGateway.Tests.Shedding;

/// <summary>A whole gateway that has no room left.</summary>
public sealed class ShedGatewayTests
{
    private const int Patience = 60_000;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = Patience)]
    public async Task Request_WithNoRoomLeft_IsRefusedUntilThereIs()
    {
        Topology.SkipOnCluster("fills up one node.");
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var upstream = await MockUpstream.StartAsync(_ => StreamInFlight.Answer(gate.Task));
        await using var gateway = await StartAsync(upstream.V1, "overload: {requests_max: 1}");
        using var stream = await OpenAsync(gateway);

        using (var refused = await ChatAsync(gateway))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
            Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 5);
            Assert.Contains("\"code\":\"overloaded\"", await refused.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
        }

        using var client = new HttpClient { BaseAddress = gateway.AdminAddress };
        var metrics = await client.GetStringAsync("/metrics", Cancel);
        Assert.Contains("gateway_shed_total{priority=\"normal\"} 1\n", metrics, StringComparison.Ordinal);
        Assert.Contains("gateway_refusals_total{code=\"overloaded\"} 1\n", metrics, StringComparison.Ordinal);
        Assert.Contains("\"ready\"", await client.GetStringAsync("/readyz", Cancel), StringComparison.Ordinal);

        gate.SetResult();
        await stream.FinishAsync(Cancel);
        // The client has the last byte before the request is over in the gateway.
        while (true)
        {
            using var served = await ChatAsync(gateway);
            if (served.StatusCode == HttpStatusCode.OK) break;
        }
    }

    [Fact(Timeout = Patience)]
    public async Task Request_WithoutAKeyAndNoRoomLeft_IsRefusedBeforeAnyoneAsksWhoCalls()
    {
        Topology.SkipOnCluster("fills up one node.");
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var upstream = await MockUpstream.StartAsync(_ => StreamInFlight.Answer(gate.Task));
        await using var gateway = await StartAsync(upstream.V1, "overload: {requests_max: 1}");
        using var stream = await OpenAsync(gateway);
        using var stranger = new HttpClient();
        using var request = GatewayCalls.Chat(gateway.Url, "quick", "hello", key: "nobody's");
        using var refused = await stranger.SendAsync(request, Cancel);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        gate.SetResult();
        await stream.FinishAsync(Cancel);
    }

    [Fact(Timeout = Patience)]
    public async Task Request_WithNoRoomLeftButSheddingOff_IsServed()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var upstream = await MockUpstream.StartAsync(_ => StreamInFlight.Answer(gate.Task));
        await using var gateway = await StartAsync(upstream.V1, "overload: {enabled: false, requests_max: 1}");
        using var stream = await OpenAsync(gateway);
        using var served = await ChatAsync(gateway);
        Assert.Equal(HttpStatusCode.OK, served.StatusCode);
        gate.SetResult();
        await stream.FinishAsync(Cancel);
    }

    private static Task<GatewayUnderTest> StartAsync(Uri upstream, string more) => GatewayUnderTest.StartAsync($$"""
        providers:
          fake: {kind: fake}
          mock: {kind: openai, base_url: "{{upstream}}"}
        models:
          quick: {targets: [{provider: fake}]}
          slow: {targets: [{provider: mock}]}
        {{more}}
        """);

    private static Task<StreamInFlight> OpenAsync(GatewayUnderTest gateway) => StreamInFlight.OpenAsync(gateway.Client, gateway.Url, Cancel);

    private static async Task<HttpResponseMessage> ChatAsync(GatewayUnderTest gateway)
    {
        using var request = GatewayCalls.Chat(gateway.Url, "quick", "hello");
        return await gateway.Client.SendAsync(request, Cancel);
    }
}
