using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text.Json;
using Grpc.Core;
using OrleansGateway.Scaling.Wire;
using OrleansGateway.Tests.Gateway;
using OrleansGateway.Tests.Listeners;
using OrleansGateway.Tests.Operations;
using OrleansGateway.Tests.Topologies;
using OrleansGateway.Tests.Upstreams;

namespace OrleansGateway.Tests.Scaling;

/// <summary>A whole gateway that says how many there should be, asked as KEDA asks.</summary>
public sealed class ExternalScalerTests
{
    private const int Patience = 60_000;
    private const string Metric = "desired_replicas";
    private const string Two = "{listen: \"127.0.0.1:0\", targets: {gateway: {requests_in_flight: 1}, edges: {requests_in_flight: 1000, replicas_min: 3}}}";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = Patience)]
    public async Task Scaler_OfARunningGateway_SaysWhatTheLoadNeedsAndSoDoesTheAdminApi()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var upstream = await MockUpstream.StartAsync(_ => StreamInFlight.Answer(gate.Task));
        await using var gateway = await StartAsync(Two, upstream.V1);
        using var keda = new KedaClient(gateway.Host.ScalerAddress!);
        var spec = Assert.Single((await keda.GetMetricSpecAsync(Ref("gateway"))).MetricSpecs);
        Assert.Equal(("desired_replicas", 1L, 1.0), (spec.MetricName, spec.TargetSize, spec.TargetSizeFloat));
        Assert.Equal(1, await ReplicasAsync(keda, "gateway"));
        Assert.Equal(3, await ReplicasAsync(keda, "edges"));

        using var one = await StreamInFlight.OpenAsync(gateway.Client, gateway.Url, Cancel);
        using var other = await StreamInFlight.OpenAsync(gateway.Client, gateway.Url, Cancel);
        // It looks once a second.
        while (await ReplicasAsync(keda, "gateway") != 2) await Task.Yield();

        Assert.True(await keda.IsActiveAsync(Ref("gateway")));
        var seen = await ScalingAsync(gateway);
        Assert.Equal((1, 2), (seen.GetProperty("nodes").GetInt32(), seen.GetProperty("requests_in_flight").GetInt32()));
        Assert.Equal(2, seen.GetProperty("node").GetProperty("requests_in_flight").GetInt32());
        Assert.InRange(seen.GetProperty("cpu").GetDouble(), 0, 1.1);
        Assert.InRange(seen.GetProperty("admission_wait_ms").GetDouble(), 0, Patience);
        Assert.InRange(seen.GetProperty("usage_lag_s").GetDouble(), 0, Patience);
        Assert.Equal("""{"desired_replicas":2,"active":true,"reason":"requests_in_flight"}""", seen.GetProperty("targets").GetProperty("gateway").GetRawText());
        gate.SetResult();
        await one.FinishAsync(Cancel);
        await other.FinishAsync(Cancel);
    }

    [Fact(Timeout = Patience)]
    public async Task Stream_OfATargetThatMayBeNone_TellsWhenItIsIdleAndWhenItIsNot()
    {
        await using var gateway = await StartAsync("{listen: \"127.0.0.1:0\", targets: {gateway: {requests_in_flight: 1, replicas_min: 0, idle_after: 1s}}}");
        using var keda = new KedaClient(gateway.Host.ScalerAddress!);
        // No target named: there is but one.
        await using var told = keda.StreamIsActive(new ScaledObjectRef { Name = "gateway", Namespace = "default" }, Cancel).GetAsyncEnumerator(Cancel);

        Assert.True(await told.MoveNextAsync());
        // It may be idle already: a machine with much to do is slow to ask.
        if (told.Current.Result)
        {
            Assert.True(await told.MoveNextAsync());
            Assert.False(told.Current.Result);
        }

        using (var answer = await gateway.Client.SendAsync(GatewayCalls.Chat(gateway.Url, "quick", "hello"), Cancel)) Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.True(await told.MoveNextAsync());
        Assert.True(told.Current.Result);
    }

    [Fact(Timeout = Patience)]
    public async Task Stream_OfAGatewayThatStops_Ends()
    {
        await using var gateway = await StartAsync(Two);
        using var keda = new KedaClient(gateway.Host.ScalerAddress!);
        await using var told = keda.StreamIsActive(Ref("gateway"), Cancel).GetAsyncEnumerator(Cancel);
        Assert.True(await told.MoveNextAsync());
        using var client = await gateway.RestartAsync();
        try
        {
            Assert.False(await told.MoveNextAsync());
        }
        catch (RpcException)
        {
            // Cut off: on a machine with much to do, two seconds are not enough to end it in order.
        }
    }

    [Theory(Timeout = Patience)]
    [InlineData("nobody", "desired_replicas", StatusCode.NotFound, "There is no nobody among scaling.targets.")]
    [InlineData(null, "desired_replicas", StatusCode.InvalidArgument, "Which of scaling.targets is meant? The trigger's metadata must have the field target.")]
    [InlineData("gateway", "queue_length", StatusCode.InvalidArgument, "There is one metric here, desired_replicas.")]
    public async Task Metric_ThatIsNotThere_IsRefusedInWords(string? target, string metric, StatusCode code, string message)
    {
        await using var gateway = await StartAsync(Two);
        using var keda = new KedaClient(gateway.Host.ScalerAddress!);
        var refused = await Assert.ThrowsAsync<RpcException>(() => keda.GetMetricsAsync(Ref(target), metric));
        Assert.Equal((code, message), (refused.StatusCode, refused.Status.Detail));
    }

    [Fact(Timeout = Patience)]
    public async Task Answer_OnTheWire_HasTheNumbersOfKedasProtocol()
    {
        await using var gateway = await StartAsync(Two);
        using var keda = new KedaClient(gateway.Host.ScalerAddress!);
        // ScaledObjectRef: 1 name, 2 namespace, 3 entries of scalerMetadata, each 1 key, 2 value.
        byte[] asked = [.. Text(1, "web"u8), .. Text(2, "default"u8), .. Text(3, [.. Text(1, "target"u8), .. Text(2, "edges"u8)])];

        Assert.Equal([0x08, 1], await keda.CallAsync("IsActive", asked));
        // In a list (1): 1 name, 2 whole number, 3 double.
        byte[] Of(byte number, double value) => Text(1, [.. Text(1, "desired_replicas"u8), 0x10, number, 0x19, .. BitConverter.GetBytes(value)]);
        Assert.Equal(Of(1, 1), await keda.CallAsync("GetMetricSpec", asked));
        Assert.Equal(Of(3, 3), await keda.CallAsync("GetMetrics", [.. Text(1, asked), .. Text(2, "desired_replicas"u8)]));
    }

    [Fact(Timeout = Patience)]
    public async Task Specification_InAStream_IsNotImplementedAsKedaAllows()
    {
        await using var gateway = await StartAsync(Two);
        using var keda = new KedaClient(gateway.Host.ScalerAddress!);
        var refused = await Assert.ThrowsAsync<RpcException>(() => keda.CallAsync("StreamMetricSpec", []));
        Assert.Equal(StatusCode.Unimplemented, refused.StatusCode);
    }

    [Theory(Timeout = Patience)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Scaler_ThatAsksForCertificates_AnswersWhoHasOne(bool hasOne)
    {
        using var files = new TestCertificates();
        files.WriteServer("scaler", "localhost");
        await using var gateway = await StartAsync(
            $$"""{listen: "127.0.0.1:0", tls: {certificates: [{{files.Pair("scaler")}}], client_certificates: required, client_ca: "file:{{files.PathOf("ca.pem")}}"}, targets: {gateway: {cpu_percent: 60} } }""");
        using var certificate = files.MakeClient("CN=keda");
        using var keda = new KedaClient(gateway.Host.ScalerAddress!, new SocketsHttpHandler
        {
            SslOptions = new SslClientAuthenticationOptions
            {
                RemoteCertificateValidationCallback = (_, shown, _, _) => shown?.Issuer == "CN=Test CA",
                ClientCertificates = hasOne ? [certificate] : [],
            },
        });
        Assert.Equal("https", gateway.Host.ScalerAddress!.Scheme);
        if (hasOne) Assert.True(await keda.IsActiveAsync(Ref("gateway")));
        else await Assert.ThrowsAsync<RpcException>(() => keda.IsActiveAsync(Ref("gateway")));
    }

    [Fact(Timeout = Patience)]
    public async Task Scaler_WithoutAnAddress_IsNotServed()
    {
        await using var gateway = await StartAsync("{targets: {gateway: {requests_in_flight: 100}}}");
        Assert.Null(gateway.Host.ScalerAddress);
        Assert.Equal(1, (await ScalingAsync(gateway)).GetProperty("targets").GetProperty("gateway").GetProperty("desired_replicas").GetInt32());
    }

    [Fact(Timeout = Patience)]
    public async Task Start_OnAnAddressThatIsTaken_FailsInWords()
    {
        Topology.SkipOnCluster("looks inside the process.");
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var failed = await Assert.ThrowsAsync<IOException>(() => StartAsync($"{{listen: \"{taken.LocalEndpoint}\"}}"));
        Assert.StartsWith($"The address {taken.LocalEndpoint} of scaling cannot be bound: ", failed.Message, StringComparison.Ordinal);
    }

    private static Task<GatewayUnderTest> StartAsync(string scaling, Uri? upstream = null) => GatewayUnderTest.StartAsync($$"""
        providers:
          fake: {kind: fake}
          mock: {kind: openai, base_url: "{{upstream ?? new Uri("http://127.0.0.1:1/v1")}}"}
        models:
          quick: {targets: [{provider: fake}]}
          slow: {targets: [{provider: mock}]}
        scaling: {{scaling}}
        """);

    private static ScaledObjectRef Ref(string? target)
    {
        var asked = new ScaledObjectRef { Name = "web", Namespace = "default" };
        if (target is not null) asked.ScalerMetadata["target"] = target;
        return asked;
    }

    private static async Task<long> ReplicasAsync(KedaClient keda, string target)
    {
        var value = Assert.Single((await keda.GetMetricsAsync(Ref(target), Metric)).MetricValues);
        Assert.Equal((Metric, (double)value.MetricValue_), (value.MetricName, value.MetricValueFloat));
        return value.MetricValue_;
    }

    private static async Task<JsonElement> ScalingAsync(GatewayUnderTest gateway)
    {
        using var admin = new HttpClient { BaseAddress = gateway.AdminAddress };
        admin.DefaultRequestHeaders.Authorization = new("Bearer", gateway.AdminToken);
        return JsonElement.Parse(await admin.GetStringAsync("/admin/v1/scaling", Cancel));
    }

    /// <summary>A field with a length: text, or a message.</summary>
    private static byte[] Text(byte field, ReadOnlySpan<byte> content) => [(byte)(field << 3 | 2), (byte)content.Length, .. content];
}
