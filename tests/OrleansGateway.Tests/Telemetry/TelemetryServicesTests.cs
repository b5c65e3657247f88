using Microsoft.Extensions.DependencyInjection;
using OrleansGateway.Telemetry;

namespace OrleansGateway.Tests.Telemetry;

public sealed class TelemetryServicesTests
{
    [Fact]
    public async Task AddTelemetry_InAHost_WritesAndScrapesTheSameGateway()
    {
        var folder = Directory.CreateTempSubdirectory("gateway-log-").FullName;
        await using (var services = new ServiceCollection().AddLogging().AddTelemetry(folder).BuildServiceProvider())
        {
            var prometheus = services.GetRequiredService<PrometheusText>();
            var exchange = Samples.ExchangeOf("access.log", TimeProvider.System);
            await services.GetRequiredService<AccessLogStage>().InvokeAsync(exchange, _ => ValueTask.CompletedTask);
            var count = Exposition.Of(prometheus).Samples.Single(s => s.Key.StartsWith("http_server_request_duration_seconds_count", StringComparison.Ordinal));
            Assert.Equal(1, count.Value);
        }

        Assert.Single(AccessLogFixture.Lines(Path.Combine(folder, "access.log")));
        Directory.Delete(folder, recursive: true);
    }
}
