using OrleansGateway.Caching.Terms;
using OrleansGateway.Upstream;

namespace OrleansGateway.Caching;

/// <summary>
/// What an answer to HEAD says of the answers that are stored for GET (RFC 9111 §4.3.5): those with its validators are as if a 304 had confirmed them, those with others or of another
/// length are gone. One that has no validator and a length that fits proves nothing, and changes nothing: the RFC would let it make any answer fresh again.
/// </summary>
internal static class HeadUpdate
{
    public static void Apply(AnswerCache cache, FillOrder order, UpstreamResponse answer, in AnswerTimes times)
    {
        if (cache.Find(order.Key) is not { } resource) return;
        foreach (var stored in resource.Answers)
        {
            if (stored.Head.Status is not (StatusCodes.Status200OK or StatusCodes.Status206PartialContent) || !stored.Vary.Matches(order, static (order, name) => order.Field(name))) continue;
            var isSame = IsSame(stored, answer);
            if (isSame == false || (isSame == true && FillJudge.Confirmed(cache, order, stored, answer, times) is null)) cache.Remove(order.Key, stored);
        }
    }

    /// <summary>Whether it is of the same representation; none if it does not say.</summary>
    private static bool? IsSame(CachedAnswer stored, UpstreamResponse answer)
    {
        var (tag, modified) = (answer.Header("ETag"), answer.Header("Last-Modified"));
        if ((tag is not null && tag != stored.Terms.EntityTag) || (modified is not null && modified != stored.Terms.ModifiedText)) return false;
        if (long.TryParse(answer.Header("Content-Length"), NumberStyles.None, CultureInfo.InvariantCulture, out var length) && length != stored.WholeLength) return false;
        return tag is null && modified is null ? null : true;
    }
}
