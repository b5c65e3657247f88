using OpenTelemetry;
using OpenTelemetry.Exporter;
using OrleansGateway.Configuration;

namespace OrleansGateway.Telemetry;

/// <summary>The way to one collector: how it is reached, and whether it takes what it is sent. An outage is told once, and its end once.</summary>
internal sealed class OtlpChannel
{
    /// <summary>Longest time for one sending.</summary>
    public const int TimeoutMs = 5_000;

    private readonly string _signal;
    private readonly Uri _endpoint;
    private readonly OtlpProtocol _protocol;
    private readonly IReadOnlyDictionary<string, Secret> _headers;
    private readonly GatewayMetrics _metrics;
    private readonly ILogger _log;
    private bool _failing;

    public OtlpChannel(
        string signal, Uri endpoint, OtlpProtocol protocol, IReadOnlyDictionary<string, Secret> headers, GatewayMetrics metrics, ILogger log)
    {
        (_signal, _endpoint, _protocol, _headers, _metrics, _log) = (signal, endpoint, protocol, headers, metrics, log);
        _metrics.ExportFailed(signal, 0);
    }

    /// <param name="path">Where collectors take the signal over HTTP, if the address names no path.</param>
    public OtlpExporterOptions NewOptions(string path) => new()
    {
        Endpoint = _protocol == OtlpProtocol.HttpProtobuf && _endpoint.AbsolutePath == "/" ? new Uri(_endpoint, path) : _endpoint,
        Protocol = _protocol == OtlpProtocol.Grpc ? OtlpExportProtocol.Grpc : OtlpExportProtocol.HttpProtobuf,
        TimeoutMilliseconds = TimeoutMs,
        // The options read OTEL_… variables of the environment; what counts is the configuration.
        Headers = "",
        Compression = OtlpExportCompression.None,
        HttpClientFactory = NewClient,
    };

    /// <summary>Counts what was not taken.</summary>
    public ExportResult Note(ExportResult result)
    {
        var failed = result == ExportResult.Failure;
        if (failed) _metrics.ExportFailed(_signal, 1);
        if (failed && !_failing) _log.NotExported(_signal, _endpoint);
        if (!failed && _failing) _log.ExportedAgain(_signal, _endpoint);
        _failing = failed;
        return result;
    }

    // Headers are set here and not in the options, which would take them apart at commas and percent signs.
    private HttpClient NewClient()
    {
        var client = new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, ActivityHeadersPropagator = null })
        {
            Timeout = TimeSpan.FromMilliseconds(TimeoutMs),
        };
        foreach (var (name, value) in _headers) client.DefaultRequestHeaders.TryAddWithoutValidation(name, value.Reveal());
        return client;
    }
}

internal static partial class OtlpLog
{
    [LoggerMessage(2010, LogLevel.Warning, "The collector at {Endpoint} does not take {Signal}; they are dropped until it does")]
    public static partial void NotExported(this ILogger log, string signal, Uri endpoint);

    [LoggerMessage(2011, LogLevel.Information, "The collector at {Endpoint} takes {Signal} again")]
    public static partial void ExportedAgain(this ILogger log, string signal, Uri endpoint);
}
