using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansGateway.Http;
using OrleansGateway.Telemetry;

namespace OrleansGateway.Tests.Telemetry;

/// <summary>An access log in a folder of its own, gone after the test.</summary>
internal sealed class AccessLogFixture : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("gateway-log-").FullName;

    public AccessLogFixture(int linesMax = 8192, Stream? standardOutput = null)
    {
        Log = new AccessLog(_folder, standardOutput ?? StandardOutput, Metrics, Time, NullLogger<AccessLog>.Instance, linesMax);
        Stage = new AccessLogStage(Log, Metrics, Readiness, Time);
        Prometheus = new PrometheusText(Metrics);
    }

    public ManualTime Time { get; } = new();
    public Readiness Readiness { get; } = new();
    public GatewayMetrics Metrics { get; } = new();
    public MemoryStream StandardOutput { get; } = new();
    public AccessLog Log { get; }
    public AccessLogStage Stage { get; }
    public PrometheusText Prometheus { get; }

    public string PathOf(string name) => Path.Combine(_folder, name);

    public async Task<JsonElement> OneLineAsync(Exchange exchange, Next next)
    {
        await Stage.InvokeAsync(exchange, next);
        await Log.DisposeAsync();
        return Assert.Single(Lines(PathOf("access.log")));
    }

    public static List<JsonElement> Lines(string path) => [.. File.ReadAllLines(path).Select(line => JsonElement.Parse(line))];

    public async ValueTask DisposeAsync()
    {
        await Log.DisposeAsync();
        Prometheus.Dispose();
        Metrics.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
