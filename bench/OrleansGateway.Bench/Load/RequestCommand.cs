using System.CommandLine;

namespace OrleansGateway.Bench.Load;

/// <summary><c>request</c>: the bytes that this generator sends, for another generator to send.</summary>
internal static class RequestCommand
{
    public static Command Create()
    {
        var target = new Target.Options();
        var command = new Command("request", "Print the request that the other commands send.");
        target.AddTo(command);
        command.SetAction(parsed =>
        {
            using var output = Console.OpenStandardOutput();
            output.Write(target.Read(parsed).Request(stream: false));
        });
        return command;
    }
}
