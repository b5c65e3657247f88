using OrleansGateway.Http;
using OrleansGateway.Upstream;

namespace OrleansGateway.Models.Relays;

/// <summary>
/// The head of the answer that a client gets. Few headers of a provider are passed on: those of its account (organisation, rate limits, cookies) would tell a
/// tenant about the operator's contract, and mislead it about its own.
/// </summary>
internal static class AnswerHead
{
    public static void Begin(Exchange exchange, int status, string contentType, bool stream)
    {
        var response = exchange.Http.Response;
        response.StatusCode = status;
        response.ContentType = contentType;
        if (!stream) return;
        response.Headers.CacheControl = "no-cache";
        // Tells an nginx in front not to collect the events.
        response.Headers["x-accel-buffering"] = "no";
    }

    /// <summary>Takes note of the provider's own id of the request, for its support.</summary>
    public static void Note(CallFacts call, UpstreamResponse response) =>
        call.UpstreamRequestId = response.Header("x-request-id") ?? response.Header("request-id");
}
