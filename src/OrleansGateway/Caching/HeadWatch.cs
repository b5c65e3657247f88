using OrleansGateway.Caching.Terms;
using OrleansGateway.Forwarding;
using OrleansGateway.Http;
using OrleansGateway.Upstream;

namespace OrleansGateway.Caching;

/// <summary>Goes by what the answer to a HEAD says of what is stored, where the request itself was none for the cache (RFC 9111 §4.3.5).</summary>
internal sealed class HeadWatch(AnswerCache cache, FillOrder order, Exchange exchange, string status) : IAnswerWatch
{
    private readonly long _sentAt = cache.Time.GetTimestamp();

    public ValueTask HeadAsync(UpstreamResponse answer)
    {
        LiveWatch.Write(exchange, status);
        if (answer.Status == StatusCodes.Status200OK) HeadUpdate.Apply(cache, order, answer, new AnswerTimes(_sentAt, cache.Time.GetTimestamp(), cache.Time.GetUtcNow()));
        return ValueTask.CompletedTask;
    }

    public void Piece(ReadOnlySpan<byte> piece)
    {
        // HEAD has none.
    }

    public void Completed()
    {
        // All was said by the head.
    }
}
