using System.Diagnostics;
using System.Globalization;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansGateway.Bench.Load;
using OrleansGateway.Configuration;
using OrleansGateway.Invalidation;
using OrleansGateway.RabbitMq;
using RabbitMQ.Client;

namespace OrleansGateway.Bench.Events;

/// <summary>
/// A gateway and a publisher in one process, a broker in another. The publisher keeps to its pace whatever the broker and the gateway do: an event that is due is published, and its
/// time runs from then on.
/// </summary>
internal sealed class EventsRun(Uri broker, int rate, int prefetch)
{
    private const string Exchange = "gateway.invalidation.bench";
    private const int WarmUpSeconds = 5;
    private const int TagsMax = 10_000;

    public async Task RunAsync(int seconds, CancellationToken cancellation)
    {
        var (warmUp, count) = (rate * WarmUpSeconds, rate * (seconds + WarmUpSeconds));
        var (confirmedAt, appliedAt, dueAt) = (new long[count], new long[count], new long[count]);
        var folder = Directory.CreateTempSubdirectory("gateway-bench-").FullName;
        try
        {
            AppliedClock? clock = null;
            await using var gateway = await StartAsync(folder, services => services.AddSingleton<IInvalidationSequencer>(
                provider => clock = new AppliedClock(provider.GetRequiredService<EmbeddedSequencer>(), appliedAt)), cancellation);
            await PublishAsync(dueAt, confirmedAt, cancellation);
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            patience.CancelAfter(TimeSpan.FromSeconds(60));
            while (clock!.Applied < count) await Task.Delay(TimeSpan.FromMilliseconds(10), patience.Token);
            Report(dueAt[warmUp..], confirmedAt[warmUp..], appliedAt[warmUp..]);
            await gateway.StopAsync();
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Report(long[] dueAt, long[] confirmedAt, long[] appliedAt)
    {
        var (toApplied, toConfirmed, whole) = (new Samples(), new Samples(), new Samples());
        for (var i = 0; i < dueAt.Length; i++)
        {
            // What was applied before its publisher heard of the confirmation took no time from there.
            toApplied.Add(Math.Max(0, appliedAt[i] - confirmedAt[i]));
            toConfirmed.Add(confirmedAt[i] - dueAt[i]);
            whole.Add(appliedAt[i] - dueAt[i]);
        }

        var took = Stopwatch.GetElapsedTime(appliedAt.Min(), appliedAt.Max());
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{dueAt.Length:N0} events applied in {took.TotalSeconds:F1} s: {dueAt.Length / took.TotalSeconds:N0} a second"));
        Console.WriteLine(toApplied.Table("confirmed to applied"));
        Console.WriteLine(toConfirmed.Table("due to confirmed"));
        Console.WriteLine(whole.Table("due to applied"));
    }

    private async Task<GatewayHost> StartAsync(string folder, Action<IServiceCollection> replace, CancellationToken cancellation)
    {
        await File.WriteAllTextAsync(Path.Combine(folder, "gateway.yaml"), $$"""
            listeners: {data: ["127.0.0.1:0"], admin: "127.0.0.1:0"}
            tenants: {acme: { } }
            routes: {default: {path: /} }
            invalidation: {sources: {bench: {tenants: [acme]} } }
            rabbitmq:
              brokers: {main: {uri: "{{broker}}", username: gateway, password: gateway} }
              queues: {bench: {broker: main, source: bench, prefetch: {{prefetch}} } }
            """, cancellation);
        var source = new SnapshotSource(Path.Combine(folder, "gateway.yaml"), _ => null, TimeProvider.System, NullLogger<SnapshotSource>.Instance);
        if (source.Load() is { Count: > 0 } faults) throw new InvalidOperationException(string.Join('\n', faults));
        var host = await GatewayHost.StartAsync(source, folder, services =>
        {
            services.AddLogging().AddSingleton<ILoggerFactory>(NullLoggerFactory.Instance).AddSingleton(TimeProvider.System).AddSingleton(new Random(1));
            replace(services);
            services.AddRabbitMq();
        }, cancellation);
        using var client = new HttpClient();
        while (await client.GetStringAsync(new Uri(host.AdminAddress, "/readyz"), cancellation) != """{"status":"ready"}""") await Task.Delay(TimeSpan.FromMilliseconds(50), cancellation);
        return host;
    }

    private async Task PublishAsync(long[] dueAt, long[] confirmedAt, CancellationToken cancellation)
    {
        var factory = new ConnectionFactory { Uri = broker, UserName = "gateway", Password = "gateway" };
        await using var connection = await factory.CreateConnectionAsync(cancellation);
        await using var channel = await connection.CreateChannelAsync(
            new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true, outstandingPublisherConfirmationsRateLimiter: null), cancellation);
        var (began, open) = (Stopwatch.GetTimestamp(), new Task[dueAt.Length]);
        for (var number = 0; number < dueAt.Length; number++)
        {
            dueAt[number] = began + (long)((double)number / rate * Stopwatch.Frequency);
            // What is due together goes together: timers are good to a millisecond.
            if (dueAt[number] > Stopwatch.GetTimestamp()) await Task.Delay(TimeSpan.FromMilliseconds(1), cancellation);
            open[number] = ConfirmedAsync(number);
        }

        await Task.WhenAll(open);

        async Task ConfirmedAsync(int number)
        {
            var body = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $$"""{"tags":["product-{{number % TagsMax}}"],"event_id":"{{number}}"}"""));
            await channel.BasicPublishAsync(Exchange, "product", mandatory: true, new BasicProperties { Persistent = true, ContentType = "application/json" }, body, cancellation);
            confirmedAt[number] = Stopwatch.GetTimestamp();
        }
    }
}
