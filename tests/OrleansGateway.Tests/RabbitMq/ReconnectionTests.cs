using Microsoft.Extensions.Logging.Abstractions;
using OrleansGateway.Configuration;
using OrleansGateway.RabbitMq;
using OrleansGateway.Telemetry;

namespace OrleansGateway.Tests.RabbitMq;

/// <summary>What a connection's end by our own will is taken for.</summary>
public sealed class ReconnectionTests
{
    /// <summary>The client wraps what it is told to end in failures of its own, now and then: a program that stops then must not take them for its own.</summary>
    [Fact(Timeout = 60_000)]
    public async Task Connecting_ThatFailsBecauseItIsToEnd_EndsAsAsked()
    {
        using var metrics = new GatewayMetrics();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var reconnection = new Reconnection("queue", "pages", new RabbitMqBrokerSettings(), new BrokerMetrics(metrics), new Random(1), new ManualTime(), NullLogger.Instance);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reconnection.RunAsync(FailAsync, stop.Token));

        async Task<string> FailAsync(CancellationToken cancellation)
        {
            await stop.CancelAsync();
            throw new IOException("None of the specified endpoints were reachable");
        }
    }
}
