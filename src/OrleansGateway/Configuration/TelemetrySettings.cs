namespace OrleansGateway.Configuration;

/// <summary>
/// What is sent to an OpenTelemetry collector, over OTLP. <c>sample_ratio</c> can be changed by a reload; all else here is read at start only.
/// </summary>
public sealed record TelemetrySettings
{
    /// <summary>Traces: a span for each request, and one for each attempt at a provider.</summary>
    public TraceSettings Traces { get; init; } = new();

    /// <summary>The metrics that <c>/metrics</c> shows, sent as well.</summary>
    public MetricExportSettings Metrics { get; init; } = new();
}

/// <summary>Where traces go, and how many of them.</summary>
public sealed record TraceSettings
{
    /// <summary>
    /// Address of the collector, such as <c>http://127.0.0.1:4318</c>. With <c>http_protobuf</c> an address without a path gets <c>/v1/traces</c>.
    /// Default: none, and no request is traced.
    /// </summary>
    public Uri? Endpoint { get; init; }

    /// <summary>How it is sent: <c>http_protobuf</c> (collectors listen at port 4318) or <c>grpc</c> (port 4317). Default <c>http_protobuf</c>.</summary>
    public OtlpProtocol Protocol { get; init; } = OtlpProtocol.HttpProtobuf;

    /// <summary>
    /// Share of the requests traced, of those whose client did not decide: a <c>traceparent</c> that says sampled or not sampled is followed. 0 to 1; default
    /// 1. Each traced request costs about 10 µs of processor time and 1 KiB sent; a busy gateway wants 0.01.
    /// </summary>
    [Range(0.0, 1.0)]
    public double SampleRatio { get; init; } = 1;

    /// <summary>Headers of every request to the collector, such as its key. Default: none.</summary>
    public IReadOnlyDictionary<string, Secret> Headers { get; init; } = new Dictionary<string, Secret>();
}

/// <summary>Where metrics go, and how often.</summary>
public sealed record MetricExportSettings
{
    /// <summary>
    /// Address of the collector, such as <c>http://127.0.0.1:4318</c>. With <c>http_protobuf</c> an address without a path gets <c>/v1/metrics</c>.
    /// Default: none, metrics are only scraped.
    /// </summary>
    public Uri? Endpoint { get; init; }

    /// <summary>How it is sent: <c>http_protobuf</c> (collectors listen at port 4318) or <c>grpc</c> (port 4317). Default <c>http_protobuf</c>.</summary>
    public OtlpProtocol Protocol { get; init; } = OtlpProtocol.HttpProtobuf;

    /// <summary>Time between two sendings. 1 s to 1 hour; default 1 minute.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan Interval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Headers of every request to the collector, such as its key. Default: none.</summary>
    public IReadOnlyDictionary<string, Secret> Headers { get; init; } = new Dictionary<string, Secret>();
}

/// <summary>The two ways of OTLP that collectors take.</summary>
public enum OtlpProtocol
{
    /// <summary>Protocol buffers in HTTP requests.</summary>
    HttpProtobuf,

    /// <summary>gRPC, over HTTP/2.</summary>
    Grpc,
}
