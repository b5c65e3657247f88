using System.CommandLine;

namespace OrleansGateway.Bench.Load;

/// <summary><c>rate</c>: whole requests as fast as the connections allow. Exit code 1 if any failed.</summary>
internal static class RateCommand
{
    public static Command Create()
    {
        var target = new Target.Options();
        var connections = new Option<int>("--connections") { Description = "Connections, each with one request at a time.", DefaultValueFactory = _ => 32 };
        var seconds = new Option<int>("--seconds") { Description = "Time measured, after the warm-up.", DefaultValueFactory = _ => 10 };
        var warmUp = new Option<int>("--warm-up") { Description = "Seconds of load before measuring: code is compiled in tiers.", DefaultValueFactory = _ => 2 };
        var command = new Command("rate", "Closed loop of whole requests.") { connections, seconds, warmUp };
        target.AddTo(command);
        command.SetAction((parsed, cancellation) => new RateRun(
            target.Read(parsed),
            new ProcessMeter(parsed.GetValue(target.Pid)),
            parsed.GetValue(connections),
            TimeSpan.FromSeconds(parsed.GetValue(warmUp)),
            TimeSpan.FromSeconds(parsed.GetValue(seconds))).RunAsync(cancellation));
        return command;
    }
}
