using System.CommandLine;
using OrleansGateway.Bench.Stampede;

namespace OrleansGateway.Bench.Purge;

/// <summary>
/// <c>purge</c>: purges a tag that very many stored answers carry, while others are asked for. Starts the gateway and an origin itself. Exit code 1 if a bound is not kept.
/// </summary>
internal static class PurgeCommand
{
    public static Command Create()
    {
        var gateway = new Option<string>("--gateway") { Description = "The gateway's program.", Required = true };
        var objects = new Option<int>("--objects") { Description = "Answers with the tag.", DefaultValueFactory = _ => 1_000_000 };
        var command = new Command("purge", "Measure the purge of a tag that very many stored answers carry.") { gateway, objects };
        command.SetAction(async (parsed, cancellation) =>
        {
            await using var origin = await TaggedOrigin.StartAsync();
            await using var gate = await GatewayProcess.StartAsync(parsed.GetRequiredValue(gateway), origin.Url, cancellation, "{memory: 8GiB}");
            return await new PurgeRun(origin, gate, parsed.GetValue(objects)).RunAsync(cancellation) ? 0 : 1;
        });
        return command;
    }
}
