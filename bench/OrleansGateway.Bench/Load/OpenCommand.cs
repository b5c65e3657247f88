using System.CommandLine;

namespace OrleansGateway.Bench.Load;

/// <summary><c>open</c>: whole requests at a constant rate, whatever the answers take. Exit code 1 if any failed.</summary>
internal static class OpenCommand
{
    public static Command Create()
    {
        var target = new Target.Options();
        var rate = new Option<int>("--rate") { Description = "Requests per second.", DefaultValueFactory = _ => 200 };
        var seconds = new Option<int>("--seconds") { Description = "Time measured, after the warm-up.", DefaultValueFactory = _ => 10 };
        var warmUp = new Option<int>("--warm-up") { Description = "Seconds of the same rate before measuring.", DefaultValueFactory = _ => 2 };
        var also = new Option<string[]>("--also") { Description = "Another target, which gets as many: KEY@URL. One generator waits out all gaps, where several would take the machine's CPU for it.", DefaultValueFactory = _ => [] };
        var command = new Command("open", "Open loop of whole requests at a constant rate.") { rate, seconds, warmUp, also };
        target.AddTo(command);
        command.SetAction((parsed, cancellation) => new OpenRun(
            [target.Read(parsed), .. parsed.GetValue(also)!.Select(text => text.Split('@', 2) is [var key, var url] ? target.Read(parsed) with { Url = new Uri(url), Key = key } : throw new ArgumentException($"{text} is not KEY@URL."))],
            new ProcessMeter(parsed.GetValue(target.Pid)),
            parsed.GetValue(rate),
            TimeSpan.FromSeconds(parsed.GetValue(warmUp)),
            TimeSpan.FromSeconds(parsed.GetValue(seconds))).RunAsync(cancellation));
        return command;
    }
}
