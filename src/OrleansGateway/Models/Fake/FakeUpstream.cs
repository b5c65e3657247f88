using System.Text.Json;
using OrleansGateway.Configuration;
using OrleansGateway.Http;
using OrleansGateway.Upstream;

namespace OrleansGateway.Models.Fake;

/// <summary>Counts the requests to one fake provider, so that faults strike in their turn.</summary>
internal sealed class FakeCounter
{
    private long _requests;

    public long Next() => Interlocked.Increment(ref _requests);
}

/// <summary>
/// The built-in provider: answers in process, in the dialect it is spoken to, the same to the same request. It goes through all of the gateway that a real
/// provider's answer goes through.
/// </summary>
internal sealed class FakeUpstream(FakeSettings settings, FakeCounter counter, TimeProvider time) : IUpstream
{
    public async ValueTask<UpstreamResponse> SendAsync(UpstreamRequest request, CancellationToken cancellation)
    {
        var number = counter.Next();
        var fault = settings.Faults.FirstOrDefault(f => number % f.Every == 0);
        if (settings.Delay > TimeSpan.Zero) await Task.Delay(settings.Delay, time, cancellation);
        var path = request.Target!.Split('?')[0];
        var dialect = path.Contains("messages", StringComparison.Ordinal) ? Dialect.Anthropic : Dialect.OpenAI;
        if (fault?.Status is { } status) return FakeResponse.Error(dialect, status, fault.RetryAfter);
        using var body = JsonDocument.Parse(request.Body, new JsonDocumentOptions { MaxDepth = RequestEnvelope.DepthMax });
        return path switch
        {
            _ when path.EndsWith("/embeddings", StringComparison.Ordinal) => FakeEmbeddings.Answer(body.RootElement, settings),
            _ when path.EndsWith("/count_tokens", StringComparison.Ordinal) => FakeChat.CountTokens(body.RootElement),
            _ => FakeChat.Answer(dialect, body.RootElement, settings, fault, time),
        };
    }
}
