using OrleansGateway.Caching.Terms;
using OrleansGateway.Forwarding;
using OrleansGateway.Http;
using OrleansGateway.Upstream;

namespace OrleansGateway.Caching;

/// <summary>Says in an answer that passes through what the cache made of it, and takes out what was meant for the cache.</summary>
internal sealed class LiveWatch(Exchange exchange, string status) : IAnswerWatch
{
    public ValueTask HeadAsync(UpstreamResponse answer)
    {
        Write(exchange, status);
        return ValueTask.CompletedTask;
    }

    public void Piece(ReadOnlySpan<byte> piece)
    {
    }

    public void Completed()
    {
    }

    public static void Write(Exchange exchange, string status)
    {
        var headers = exchange.Http.Response.Headers;
        foreach (var name in StoredHead.OurNames) headers.Remove(name);
        CacheStatusText.Append(headers, status);
    }
}
