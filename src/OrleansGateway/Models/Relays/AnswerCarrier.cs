using OrleansGateway.Http;
using OrleansGateway.Upstream;

namespace OrleansGateway.Models.Relays;

/// <summary>Carries a good answer to the client, in whichever form it comes: from its provider, or from where answers are kept.</summary>
internal static class AnswerCarrier
{
    /// <summary>Carries it to its end. A refusal means that nothing went out.</summary>
    public static async ValueTask<Refusal?> CarryAsync(Exchange exchange, ModelCall call, IEventRelay relay, UpstreamResponse response, Deadline deadline, TimeProvider time)
    {
        var translation = relay as Translation;
        if (!IsStream(response))
        {
            using var whole = new WholeAnswer(exchange, call, response, deadline, time);
            return translation is null ? await whole.PassThroughAsync() : await whole.TranslateAsync(translation, call.Stream);
        }

        if (translation is not null && !call.Stream) return Refusal.BadGateway("The provider of this model sent a stream that was not asked for.");
        using var stream = new StreamAnswer(exchange, call, response, relay, deadline, time);
        return await stream.RunAsync();
    }

    /// <summary>Whether it is a stream of events.</summary>
    public static bool IsStream(UpstreamResponse response) =>
        response.Header("Content-Type")?.StartsWith("text/event-stream", StringComparison.OrdinalIgnoreCase) ?? false;
}
