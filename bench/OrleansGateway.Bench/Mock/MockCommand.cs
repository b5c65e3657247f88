using System.CommandLine;

namespace OrleansGateway.Bench.Mock;

/// <summary><c>mock</c>: an OpenAI-compatible provider that answers at once, until it is told to stop.</summary>
internal static class MockCommand
{
    public static Command Create()
    {
        var port = new Option<int>("--port") { Description = "Port on 127.0.0.1.", Required = true };
        var events = new Option<int>("--events") { Description = "Events of a stream, its end not counted.", DefaultValueFactory = _ => 100 };
        var pace = new Option<int>("--pace") { Description = "Milliseconds from one event to the next.", DefaultValueFactory = _ => 200 };
        var command = new Command("mock", "Serve a provider that costs next to nothing.") { port, events, pace };
        command.SetAction((parsed, cancellation) =>
            new MockServer(parsed.GetRequiredValue(port), parsed.GetValue(events), TimeSpan.FromMilliseconds(parsed.GetValue(pace))).RunAsync(cancellation));
        return command;
    }
}
