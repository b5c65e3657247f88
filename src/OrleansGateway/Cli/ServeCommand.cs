using System.CommandLine;
using System.Runtime.InteropServices;
using System.Threading.Channels;
using Microsoft.Extensions.Logging.Console;
using OrleansGateway.Configuration;
using OrleansGateway.Storage;

namespace OrleansGateway.Cli;

/// <summary><c>gateway serve</c>: runs until SIGTERM or SIGINT, reloads at SIGHUP. Logs go to stderr; stdout has the access log and what is printed once.</summary>
internal static class ServeCommand
{
    /// <param name="open">Opens what it runs on; none for the engine of one machine.</param>
    /// <param name="connect">Adds what speaks to others than by HTTP; none if nothing does.</param>
    /// <param name="options">What the engine needs to be told besides.</param>
    public static Command Create(EngineOpener? open = null, Action<IServiceCollection>? connect = null, params Option[] options)
    {
        var config = new Option<string>("--config") { Description = "The configuration file.", DefaultValueFactory = _ => "gateway.yaml" };
        var curl = new Option<bool>("--print-curl") { Description = "Print a curl command with the first key of the configuration. For demos: it shows the key." };
        var command = new Command("serve", "Run the gateway.") { config, curl };
        foreach (var option in options) command.Options.Add(option);
        command.SetAction((parsed, cancellation) =>
        {
            var output = parsed.InvocationConfiguration;
            return ServeAsync(parsed, new Parts(open, connect), parsed.GetRequiredValue(config), parsed.GetValue(curl), output.Output, output.Error, cancellation);
        });
        return command;
    }

    private static async Task<int> ServeAsync(
        ParseResult parsed, Parts parts, string path, bool printCurl, TextWriter output, TextWriter error, CancellationToken cancellation)
    {
        // System.CommandLine waits, at a signal, only for a task that it has been given; a start without a pause would give it none until its end, and be cut off.
        await Task.Yield();
        using var logs = LoggerFactory.Create(logging => logging
            .AddSimpleConsole(console => { console.SingleLine = true; console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ "; console.UseUtcTimestamp = true; console.ColorBehavior = LoggerColorBehavior.Disabled; })
            .AddFilter("Microsoft", LogLevel.Warning)
            // With the dot: what is ours begins with the same letters.
            .AddFilter("Orleans.", LogLevel.Warning)
            // It calls errors, and worse, what clients do to their own connections: a stranger could fill the log with them.
            .AddFilter("Microsoft.AspNetCore.Server.Kestrel", LogLevel.Critical)
            .AddFilter("Microsoft.AspNetCore.Server.Kestrel.Http2", LogLevel.None)
            .Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace));
        using var configuration = new SnapshotSource(path, Environment.GetEnvironmentVariable, TimeProvider.System, logs.CreateLogger<SnapshotSource>());
        foreach (var fault in configuration.Load()) await error.WriteLineAsync(fault.ToString());
        if (!configuration.IsLoaded) return 1;
        // A SIGHUP during a reload reloads once more after it. Heard from the start to the very end: unheard, it would kill a start, or a drain.
        var hangups = Channel.CreateBounded<PosixSignal>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
        using var hangup = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context =>
        {
            context.Cancel = true;
            hangups.Writer.TryWrite(context.Signal);
        });
        try
        {
            await using var engine = parts.Open is null ? null : await parts.Open(parsed, configuration, logs, cancellation);
            if (engine is not null) await output.WriteLineAsync(engine.Greeting);
            using var leave = CancellationTokenSource.CreateLinkedTokenSource(cancellation, engine?.ToldToLeave ?? CancellationToken.None);
            if (engine is { HasEdge: false })
            {
                await EngineHost.RunAsync(engine, configuration, hangups.Reader, logs, output, leave.Token);
                return 0;
            }

            var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
            await WarmUp.RunAsync(TimeProvider.System, logs.CreateLogger(nameof(WarmUp)), cancellation);
            await using var host = await GatewayHost.StartAsync(
                configuration, folder, services => parts.Add(services, logs), cancellation,
                token => output.WriteLine($"Admin token, printed this once: {token.Reveal()}"), engine);
            await GreetAsync(host, printCurl, output);
            await WaitAsync(host, hangups.Reader, leave.Token);
            await host.StopAsync();
            if (engine is not null) await engine.StopAsync();
            return 0;
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Told to stop before it had started.
            return 0;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException or StorageException)
        {
            await error.WriteLineAsync($"gateway: {refused.Message}");
            return 1;
        }
    }

    /// <summary>Until the program is told to stop, which cancels (System.CommandLine sees to SIGTERM and SIGINT). A SIGHUP reloads.</summary>
    private static async Task WaitAsync(GatewayHost host, ChannelReader<PosixSignal> hangups, CancellationToken cancellation)
    {
        try
        {
            await foreach (var _ in hangups.ReadAllAsync(cancellation)) await host.ReloadAsync(cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Told to stop.
        }
    }

    private static async Task GreetAsync(GatewayHost host, bool printCurl, TextWriter output)
    {
        foreach (var address in host.DataAddresses) await output.WriteLineAsync($"Clients call {address}");
        await output.WriteLineAsync($"Operators call {host.AdminAddress} (admin API, /metrics, /livez, /readyz)");
        if (!printCurl || SampleCurl.Write(host.Configuration.Current.Settings, host.DataAddresses[0]) is not { } curl) return;
        await output.WriteLineAsync("Try it:");
        await output.WriteLineAsync();
        await output.WriteLineAsync(curl);
        await output.WriteLineAsync();
    }

    /// <summary>What a program adds to the gateway.</summary>
    private sealed record Parts(EngineOpener? Open, Action<IServiceCollection>? Connect)
    {
        public void Add(IServiceCollection services, ILoggerFactory logs)
        {
            services.AddLogging().AddSingleton(logs);
            Connect?.Invoke(services);
        }
    }
}
