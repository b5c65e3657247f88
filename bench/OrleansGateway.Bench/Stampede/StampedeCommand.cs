using System.CommandLine;
using OrleansGateway.Http;

namespace OrleansGateway.Bench.Stampede;

/// <summary>
/// <c>stampede</c>: crowds that ask a gateway with a cache for one thing at once, that can be stored and that cannot. Starts the gateway and an origin itself, and then Varnish in its
/// place, if that is installed. Exit code 1 if the gateway does not keep a bound.
/// </summary>
internal static class StampedeCommand
{
    public static Command Create()
    {
        var gateway = new Option<string>("--gateway") { Description = "The gateway's program.", Required = true };
        var crowd = new Option<int>("--crowd") { Description = "Clients at once.", DefaultValueFactory = _ => 1_000 };
        var rounds = new Option<int>("--rounds") { Description = "Crowds of each kind.", DefaultValueFactory = _ => 7 };
        var delay = new Option<int>("--origin-ms") { Description = "Time that the origin takes for each answer, in milliseconds.", DefaultValueFactory = _ => 200 };
        var command = new Command("stampede", "Measure crowds that ask for one thing at once.") { gateway, crowd, rounds, delay };
        command.SetAction(async (parsed, cancellation) =>
        {
            // A hand-over to the pool for each request would cost the origin more than all else it does, on the processors of what is measured.
            SocketThreads.Use();
            await using var origin = CrowdOrigin.Start(TimeSpan.FromMilliseconds(parsed.GetValue(delay)));
            StampedeRun RunOf(string name, Uri url) => new(name, origin, url, parsed.GetValue(crowd), parsed.GetValue(rounds), TimeSpan.FromMilliseconds(3 * parsed.GetValue(delay)));
            bool isKept;
            await using (var gate = await GatewayProcess.StartAsync(parsed.GetRequiredValue(gateway), origin.Url, cancellation)) isKept = await RunOf("gateway", gate.Url).RunAsync(cancellation);
            if (VarnishProcess.IsInstalled)
            {
                await using var varnish = await VarnishProcess.StartAsync(origin.Url, cancellation);
                await RunOf("varnish", varnish.Url).RunAsync(cancellation);
            }

            await RunOf("origin", origin.Url).StraightAsync(cancellation);
            return isKept ? 0 : 1;
        });
        return command;
    }
}
