using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Threading.Channels;
using OrleansGateway.Admin;
using OrleansGateway.Configuration;
using OrleansGateway.Telemetry;

namespace OrleansGateway.Cli;

/// <summary>A node that serves no clients: an engine for gateways elsewhere, with metrics and health at the admin address. Everything else is asked of a node that serves clients.</summary>
internal static class EngineHost
{
    /// <summary>Until the node is told to leave. Throws <see cref="IOException"/>, in words for an operator, if the admin address cannot be bound.</summary>
    /// <param name="engine">What runs.</param>
    /// <param name="configuration">What it goes by.</param>
    /// <param name="hangups">Each reloads.</param>
    /// <param name="logs">Where things are told.</param>
    /// <param name="output">Where the address is printed.</param>
    /// <param name="leave">Says that it is to leave.</param>
    public static async Task RunAsync(
        IEngine engine, SnapshotSource configuration, ChannelReader<PosixSignal> hangups, ILoggerFactory logs, TextWriter output, CancellationToken leave)
    {
        using var metrics = new GatewayMetrics();
        using var text = new PrometheusText(metrics);
        using var readiness = new Readiness();
        engine.Observe(metrics, readiness);
        readiness.ShowOn(metrics);
        metrics.ConfigServed(configuration.Current.Version);
        await using var listener = await ListenAsync(configuration, logs, text, readiness);
        readiness.MarkReady();
        await output.WriteLineAsync($"Operators call {listener.Address} (/metrics, /livez, /readyz)");
        await WaitAsync(engine, configuration, metrics, hangups, leave);
        readiness.MarkDraining();
        await engine.StopAsync();
    }

    private static async Task<AdminListener> ListenAsync(SnapshotSource configuration, ILoggerFactory logs, PrometheusText text, Readiness readiness)
    {
        var address = configuration.Current.Settings.Listeners.Admin;
        try
        {
            return await AdminListener.StartAsync(address, logs, text, readiness, CancellationToken.None);
        }
        catch (Exception failed) when (failed is IOException or SocketException)
        {
            throw AdminListener.Unbound(address, failed);
        }
    }

    private static async Task WaitAsync(IEngine engine, SnapshotSource configuration, GatewayMetrics metrics, ChannelReader<PosixSignal> hangups, CancellationToken leave)
    {
        configuration.Reloaded = result =>
        {
            metrics.ConfigServed(result.Version);
            engine.RulesChanged();
        };
        var watch = configuration.WatchAsync(record: null, leave);
        try
        {
            await foreach (var _ in hangups.ReadAllAsync(leave)) await configuration.ReloadAsync(leave);
            await watch;
        }
        catch (OperationCanceledException) when (leave.IsCancellationRequested)
        {
            // Told to leave.
        }
    }
}
