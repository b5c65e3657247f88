using System.CommandLine;

namespace OrleansGateway.Bench.Load;

/// <summary><c>idle</c>: many connections that do nothing. Exit code 1 if one is lost or memory goes over its bound.</summary>
internal static class IdleCommand
{
    public static Command Create()
    {
        var target = new Target.Options();
        var count = new Option<int>("--count") { Description = "Connections kept open at once.", DefaultValueFactory = _ => 10_000 };
        var seconds = new Option<int>("--seconds") { Description = "Time they do nothing.", DefaultValueFactory = _ => 10 };
        var residentMax = new Option<double>("--resident-max") { Description = "Bound for memory, in MiB.", DefaultValueFactory = _ => double.PositiveInfinity };
        var command = new Command("idle", "Keep connections open that have made one request each, and see what they cost.") { count, seconds, residentMax };
        target.AddTo(command);
        command.SetAction((parsed, cancellation) => new IdleRun(
            target.Read(parsed),
            new ProcessMeter(parsed.GetValue(target.Pid)),
            parsed.GetValue(count),
            TimeSpan.FromSeconds(parsed.GetValue(seconds)),
            parsed.GetValue(residentMax)).RunAsync(cancellation));
        return command;
    }
}
