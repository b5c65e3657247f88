using System.CommandLine;

namespace OrleansGateway.Bench.Load;

/// <summary><c>streams</c>: many streams at once for a time. Exit code 1 if an event is lost, a stream breaks, or a bound is not kept.</summary>
internal static class StreamsCommand
{
    public static Command Create()
    {
        var target = new Target.Options();
        var count = new Option<int>("--count") { Description = "Streams open at once.", DefaultValueFactory = _ => 1000 };
        var seconds = new Option<int>("--seconds") { Description = "Time in which an ended stream is followed by a new one; those open then are read to their end.", DefaultValueFactory = _ => 60 };
        var delayMax = new Option<double>("--p99-max") { Description = "Bound for the p99 of the delay of an event, in milliseconds.", DefaultValueFactory = _ => double.PositiveInfinity };
        var growthMax = new Option<double>("--growth-max") { Description = "Bound for the growth of memory from the second quarter to the last, in MB.", DefaultValueFactory = _ => double.PositiveInfinity };
        var command = new Command("streams", "Hold many streams open and check every event of them.") { count, seconds, delayMax, growthMax };
        target.AddTo(command);
        command.SetAction((parsed, cancellation) =>
        {
            var bounds = new StreamsReport.Bounds(parsed.GetValue(delayMax), parsed.GetValue(growthMax));
            var meter = new ProcessMeter(parsed.GetValue(target.Pid));
            return new StreamsRun(target.Read(parsed), meter, parsed.GetValue(count), TimeSpan.FromSeconds(parsed.GetValue(seconds)), bounds).RunAsync(cancellation);
        });
        return command;
    }
}
