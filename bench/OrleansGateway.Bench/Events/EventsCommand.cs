using System.CommandLine;

namespace OrleansGateway.Bench.Events;

/// <summary><c>events</c>: invalidations a second through a broker, and how long after the publisher's confirmation they are applied.</summary>
internal static class EventsCommand
{
    public static Command Create()
    {
        var uri = new Option<string>("--uri") { Description = "Address of a broker of one's own: tests/rabbitmq.sh starts one.", DefaultValueFactory = _ => "amqp://127.0.0.1:5672" };
        var rate = new Option<int>("--rate") { Description = "Events a second.", DefaultValueFactory = _ => 5_000 };
        var seconds = new Option<int>("--seconds") { Description = "For how long, after 5 s to warm up.", DefaultValueFactory = _ => 30 };
        var prefetch = new Option<int>("--prefetch") { Description = "Messages that the gateway takes at once.", DefaultValueFactory = _ => 1_000 };
        var command = new Command("events", "Measure invalidations that come by RabbitMQ.") { uri, rate, seconds, prefetch };
        command.SetAction((parsed, cancellation) =>
            new EventsRun(new Uri(parsed.GetValue(uri)!), parsed.GetValue(rate), parsed.GetValue(prefetch)).RunAsync(parsed.GetValue(seconds), cancellation));
        return command;
    }
}
