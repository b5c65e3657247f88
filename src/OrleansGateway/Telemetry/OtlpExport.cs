using System.Diagnostics;
using System.Security.Cryptography;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using OrleansGateway.Configuration;

namespace OrleansGateway.Telemetry;

/// <summary>
/// Sends spans and metrics to OpenTelemetry collectors, away from the requests: OpenTelemetry's SDK keeps a bounded queue of 2,048 spans and drops what comes
/// after. Where the configuration names no collector, nothing is made.
/// </summary>
internal sealed class OtlpExport : IAsyncDisposable
{
    private const int FlushTimeoutMs = 3_000;

    private readonly TracerProvider? _spans;
    private readonly MeterProvider? _metrics;

    public OtlpExport(TelemetrySettings settings, GatewayMetrics metrics, Random random, ILogger<OtlpExport> log)
    {
        var version = typeof(OtlpExport).Assembly.GetName().Version!.ToString(fieldCount: 3);
        var resource = ResourceBuilder.CreateEmpty().AddTelemetrySdk().AddAttributes(
        [
            new("service.name", "gateway"),
            new("service.version", version),
            // Names this run of the program, so that the series of two do not mix.
            new("service.instance.id", new Guid(RandomNumberGenerator.GetBytes(16)).ToString()),
        ]);
        if (settings.Traces is { Endpoint: { } spansTo } traces)
        {
            var channel = new OtlpChannel("traces", spansTo, traces.Protocol, traces.Headers, metrics, log);
            var processor = new BatchActivityExportProcessor(new SpanExporter(channel));
            // The provider gives the processor its resource and its end; it has no source of its own, for it knows them by name only.
            _spans = Sdk.CreateTracerProviderBuilder().SetResourceBuilder(resource).AddProcessor(processor).Build();
            Tracing = new Tracing(version, random, processor.OnEnd);
        }

        if (settings.Metrics is { Endpoint: { } metricsTo } sent)
        {
            var channel = new OtlpChannel("metrics", metricsTo, sent.Protocol, sent.Headers, metrics, log);
            _metrics = Sdk.CreateMeterProviderBuilder()
                .SetResourceBuilder(resource)
                .AddMeter(GatewayMetrics.MeterName)
                // By name the meters of other gateways in this process come along.
                .AddView(instrument => ReferenceEquals(instrument.Meter, metrics.Meter) ? null : MetricStreamConfiguration.Drop)
                .SetExemplarFilter(ExemplarFilterType.TraceBased)
                .AddReader(new PeriodicExportingMetricReader(new MetricExporter(channel), (int)sent.Interval.TotalMilliseconds, OtlpChannel.TimeoutMs))
                .Build();
        }
    }

    /// <summary>Makes the spans; none if they go nowhere.</summary>
    public Tracing? Tracing { get; }

    /// <summary>Sends what is left. Gives up after 3 s: a collector that is away must not keep the program from ending.</summary>
    public async ValueTask DisposeAsync()
    {
        Tracing?.Dispose();
        // Both block; together they take no longer than one.
        await Task.WhenAll(Task.Run(() => _spans?.Shutdown(FlushTimeoutMs)), Task.Run(() => _metrics?.Shutdown(FlushTimeoutMs)));
        _spans?.Dispose();
        _metrics?.Dispose();
    }

    private sealed class SpanExporter(OtlpChannel channel) : OtlpTraceExporter(channel.NewOptions("v1/traces"))
    {
        public override ExportResult Export(in Batch<Activity> batch) => channel.Note(base.Export(batch));
    }

    private sealed class MetricExporter(OtlpChannel channel) : OtlpMetricExporter(channel.NewOptions("v1/metrics"))
    {
        public override ExportResult Export(in Batch<Metric> metrics) => channel.Note(base.Export(metrics));
    }
}
