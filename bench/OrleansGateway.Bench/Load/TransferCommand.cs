using System.CommandLine;

namespace OrleansGateway.Bench.Load;

/// <summary><c>transfer</c>: large bodies, checked byte by byte. Exit code 1 if one is not what was sent or memory goes over its bound.</summary>
internal static class TransferCommand
{
    public static Command Create()
    {
        var target = new Target.Options();
        var direction = new Option<TransferDirection>("--direction") { Description = "upload or download.", Required = true };
        var bytes = new Option<long>("--bytes") { Description = "Length of a body.", DefaultValueFactory = _ => 1L << 30 };
        var count = new Option<int>("--count") { Description = "Bodies at once, each on a connection of its own.", DefaultValueFactory = _ => 1 };
        var pace = new Option<double>("--pace") { Description = "Most MB per second and body.", DefaultValueFactory = _ => double.PositiveInfinity };
        var http2 = new Option<bool>("--http2") { Description = "HTTP/2 in clear by prior knowledge, by HttpClient, which costs more than a server." };
        var residentMax = new Option<double>("--resident-max") { Description = "Bound for memory, in MiB.", DefaultValueFactory = _ => double.PositiveInfinity };
        var command = new Command("transfer", "Send or fetch large bodies.") { direction, bytes, count, pace, http2, residentMax };
        target.AddTo(command);
        command.SetAction((parsed, cancellation) => new TransferRun(
            target.Read(parsed),
            new ProcessMeter(parsed.GetValue(target.Pid)),
            parsed.GetValue(direction),
            parsed.GetValue(bytes),
            parsed.GetValue(count),
            parsed.GetValue(pace),
            parsed.GetValue(http2),
            parsed.GetValue(residentMax)).RunAsync(cancellation));
        return command;
    }
}
