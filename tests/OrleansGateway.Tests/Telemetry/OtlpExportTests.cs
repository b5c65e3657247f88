using OrleansGateway.Configuration;
using OrleansGateway.Telemetry;
using OrleansGateway.Tests.Gateway;
using OrleansGateway.Tests.Upstreams;

namespace OrleansGateway.Tests.Telemetry;

/// <summary>A collector gets what there is; one that is away costs nobody anything but its spans.</summary>
public sealed class OtlpExportTests
{
    /// <summary>Spans that make the SDK send without waiting for its timer.</summary>
    private const int BatchSpans = 512;

    [Fact]
    public async Task Requests_WhileTheCollectorSaysNothing_AreAnsweredAndTheEndIsNotHeldUp()
    {
        await using var bed = await TracedGateway.StartAsync();
        bed.Receiver.Gate = Task.Delay(Timeout.Infinite, TestContext.Current.CancellationToken);
        bed.OpenAI.Handler = _ => Answer.Json(Said.OpenAIWhole);
        // More than the queue's 2,048 spans: what does not fit is dropped.
        for (var call = 0; call < BatchSpans / 2; call++) Assert.Contains("Hello", await bed.ChatAsync("o"));
        await bed.Receiver.First.WaitAsync(TestContext.Current.CancellationToken);
        for (var call = 0; call < 1_100; call++) Assert.Contains("Hello", await bed.ChatAsync("o"));
        // Would not return if the end waited for the collector.
        Assert.True((await bed.EndAsync()).Count >= BatchSpans);
    }

    [Theory]
    [InlineData(400)] [InlineData(401)] [InlineData(-1)]
    public async Task Export_ThatIsNotTaken_IsCountedEachTimeAndLoggedOnce(int status)
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        receiver.Status = status;
        using var metrics = new GatewayMetrics();
        using var prometheus = new PrometheusText(metrics);
        var log = new ListLogger<OtlpExport>();
        var endpoint = status > 0 ? receiver.Http : new Uri("http://127.0.0.1:1");
        var settings = new TelemetrySettings { Traces = new TraceSettings { Endpoint = endpoint } };
        await using (var export = new OtlpExport(settings, metrics, new Random(1), log)) Record(export.Tracing!, 3 * BatchSpans);

        Assert.True(Exposition.Of(prometheus).Value("gateway_telemetry_export_failures_total{signal=\"traces\"}") > 1);
        Assert.Equal($"Warning 2010 The collector at {endpoint} does not take traces; they are dropped until it does", Assert.Single(log.Lines));
    }

    [Fact]
    public async Task Export_OfMetrics_CarriesTheMeterOfThisGatewayWithExemplars()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        using var metrics = new GatewayMetrics();
        using var other = new GatewayMetrics();
        var sent = new MetricExportSettings { Endpoint = receiver.Http };
        var settings = new TelemetrySettings { Traces = new TraceSettings { Endpoint = receiver.Http }, Metrics = sent };
        await using (var export = new OtlpExport(settings, metrics, new Random(1), new ListLogger<OtlpExport>()))
        {
            other.Refused("other");
            metrics.Refused("invalid_api_key");
            await new TracingStage(export).InvokeAsync(Samples.ExchangeOf("off", TimeProvider.System), e =>
            {
                metrics.RequestEnded("POST", "main", 200, TimeSpan.FromMilliseconds(7));
                return ValueTask.CompletedTask;
            });
        }

        Assert.Equal(["invalid_api_key"], receiver.Metrics["gateway.refusals"].Single().All(7).Single().All(1).Select(p => p.Attributes(7)["code"]));
        var point = receiver.Metrics["http.server.request.duration"].Single().All(9).Single().All(1).Single();
        var span = Assert.Single(receiver.Spans);
        var exemplar = Assert.Single(point.All(8));
        Assert.Equal(("main", span.SpanId, span.TraceId), (point.Attributes(9)["http.route"], exemplar.Hex(4), exemplar.Hex(5)));
    }

    [Fact]
    public async Task Export_WithoutAnEndpoint_MakesNothing()
    {
        using var metrics = new GatewayMetrics();
        await using var export = new OtlpExport(new TelemetrySettings(), metrics, new Random(1), new ListLogger<OtlpExport>());
        Assert.Null(export.Tracing);
        var exchange = Samples.ExchangeOf("off", TimeProvider.System);
        await new TracingStage(export).InvokeAsync(exchange, _ => ValueTask.CompletedTask);
        Assert.Null(exchange.Trace);
    }

    private static void Record(Tracing tracing, int count)
    {
        for (var i = 0; i < count; i++)
        {
            var exchange = Samples.ExchangeOf("off", TimeProvider.System);
            HttpSpan.End(tracing.Begin(exchange).Span!, exchange, 200, failed: false);
        }
    }
}
