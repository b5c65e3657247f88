using OrleansGateway.Caching.Terms;
using OrleansGateway.Forwarding;
using OrleansGateway.Invalidation;
using OrleansGateway.Upstream;

namespace OrleansGateway.Caching;

/// <summary>Asks the origin, and says from the head of its answer what becomes of it.</summary>
internal static class FillJudge
{
    public static async ValueTask<FillResult> AskAsync(AnswerCache cache, FillOrder order, OriginFetch fetch)
    {
        var sentAt = cache.Time.GetTimestamp();
        var refusal = await fetch.AskAsync();
        var times = new AnswerTimes(sentAt, cache.Time.GetTimestamp(), cache.Time.GetUtcNow());
        if (refusal is not null) return MayGiveStale(cache, order) ? new FillResult(FillKind.Stale, 0, order.Stored) : new FillResult(FillKind.Refused, 0, Refusal: refusal);
        var answer = fetch.Answer!;
        if (order.Completes && answer.Status is 206 or 416) return Completed(cache, order, answer, times) ?? new FillResult(FillKind.Again);
        if (order.Validates && answer.Status == StatusCodes.Status304NotModified)
            return (SpeaksOf(order.Stored!.Terms, answer) ? Confirmed(cache, order, order.Stored, answer, times) : null) ?? new FillResult(FillKind.Again);
        if (answer.Status is 500 or 502 or 503 or 504 && MayGiveStale(cache, order)) return new FillResult(FillKind.Stale, answer.Status, order.Stored);
        return Judge(cache, order, answer, times);
    }

    /// <summary>
    /// Whether a 304 is about what is stored (RFC 9111 §4.3.4). An origin may have something else by now that is older than the date it was asked about; to update
    /// the one with the head of the other would mix them.
    /// </summary>
    private static bool SpeaksOf(AnswerTerms stored, UpstreamResponse answer)
    {
        if (answer.Header("ETag") is { } tag)
        {
            if (tag.StartsWith('"') || stored.EntityTag is not null) return tag == stored.EntityTag;
        }

        return answer.Header("Last-Modified") is not { } modified || modified == stored.ModifiedText;
    }

    private static FillResult Judge(AnswerCache cache, FillOrder order, UpstreamResponse answer, in AnswerTimes times)
    {
        var head = StoredHead.Of(answer, times.Now);
        var directives = AnswerTerms.DirectivesOf(head, out var isTargeted);
        if (order.Request.Method == HttpMethods.Head && answer.Status == StatusCodes.Status200OK) HeadUpdate.Apply(cache, order, answer, times);
        var whyNot = order.Request.Method != HttpMethods.Get ? "method" : StoreRules.WhyNot(head, directives, isTargeted, order.Terms, order.Settings);
        var terms = AnswerTerms.Of(head, directives, isTargeted, order.Settings, times, cache.Time);
        var isFresh = !terms.MustValidate && terms.Lifetime > terms.Age(cache.Time, times.CameAt);
        // Nothing would ever come of it.
        if (whyNot is null && !isFresh && !terms.HasValidator && terms.WhileRevalidate == TimeSpan.Zero) whyNot = "stale";
        var length = LengthOf(answer);
        var part = head.Status == StatusCodes.Status206PartialContent ? ByteRange.OfContent(head["Content-Range"]) : null;
        if (whyNot is null && head.Status == StatusCodes.Status206PartialContent && (part is null || part.Value.Range.Length != length)) whyNot = "range";
        if (whyNot is null && length > cache.ObjectBytesMax) whyNot = "too-large";
        // Trailers are part of what the client is to get, and are not stored.
        if (whyNot is null && answer.Header("Trailer") is not null) whyNot = "trailer";
        var tags = whyNot is null ? AnswerTags.Of(head, order.RouteTags, order.Key) : null;
        if (whyNot is null && tags is null) whyNot = "tags";
        if (order.Request.Method == HttpMethods.Get) cache.PredictorOf(order.Route).Note(order.Key.Target, whyNot is null && isFresh);
        if (whyNot is not null) return NotStored(cache, order, answer.Status, whyNot);
        if (isFresh) cache.Uncacheable.Remove(order.Key);
        else cache.Uncacheable.Add(order.Key);
        var vary = VaryTerms.Of(head, order, static (order, name) => order.Field(name));
        var cells = order.Invalidations.Intern(order.Ticket, order.Key.Host, order.Key.Url, tags!);
        var stored = new CachedAnswer(head, terms, vary, order.Invalidations, cells, order.Ticket.Seq) { Length = length, Part = part?.Range, PartOf = part?.Length ?? 0 };
        return new FillResult(FillKind.Coming, answer.Status, stored, new FillBody(length, cache.ObjectBytesMax)) { IsForOne = !isFresh };
    }

    private static FillResult NotStored(AnswerCache cache, FillOrder order, int status, string whyNot)
    {
        // A HEAD says nothing of what a GET would bring.
        if (order.Request.Method != HttpMethods.Get) return new FillResult(FillKind.Live, status, Detail: whyNot);
        cache.Uncacheable.Add(order.Key);
        cache.Figures.Decisions.Note(order.Key, whyNot, status, cache.Time.GetUtcNow());
        // What may no longer be stored must not be given because of an error later on; an error says nothing of that.
        if (order.Stored is { } stored && status < 500 && !order.Completes) cache.Remove(order.Key, stored);
        return new FillResult(FillKind.Live, status, Detail: whyNot);
    }

    /// <summary>
    /// What is stored still holds: its head is brought up to date, and counts as fetched by this request (RFC 9111 §4.3.4). None if it then
    /// has more tags than are kept: the whole is to be asked for.
    /// </summary>
    public static FillResult? Confirmed(AnswerCache cache, FillOrder order, CachedAnswer before, UpstreamResponse answer, in AnswerTimes times)
    {
        var head = before.Head.UpdatedBy(answer, times.Now);
        var directives = AnswerTerms.DirectivesOf(head, out var isTargeted);
        var terms = AnswerTerms.Of(head, directives, isTargeted, order.Settings, times, cache.Time);
        var whyNot = StoreRules.WhyNot(head, directives, isTargeted, order.Terms, order.Settings);
        if (AnswerTags.Of(head, order.RouteTags, order.Key) is not { } tags) return null;
        var cells = order.Invalidations.Intern(order.Ticket, order.Key.Host, order.Key.Url, tags);
        var updated = new CachedAnswer(head, terms, VaryOf(before, head, order), order.Invalidations, cells, order.Ticket.Seq) { Length = before.Length, Part = before.Part, PartOf = before.PartOf };
        updated.WithBody(before.Body);
        if (whyNot is null)
        {
            if (updated.Vary != before.Vary || updated.Search?.Text != before.Search?.Text) cache.Remove(order.Key, before);
            cache.Store(order.Key, order.Route, updated);
            return new FillResult(FillKind.Stored, answer.Status, updated);
        }

        updated.LetGo();
        cache.Figures.Decisions.Note(order.Key, whyNot, answer.Status, cache.Time.GetUtcNow());
        cache.Remove(order.Key, before);
        return new FillResult(FillKind.Stored, answer.Status, updated, Detail: whyNot);
    }

    /// <summary>The rest of what is stored in part; none if it is not of the same representation (RFC 9110 §15.3.7.3).</summary>
    private static FillResult? Completed(AnswerCache cache, FillOrder order, UpstreamResponse answer, in AnswerTimes times)
    {
        var before = order.Stored!;
        var head = before.Head.UpdatedBy(answer, times.Now).WithStatus(StatusCodes.Status200OK);
        var isSame = before.Terms.EntityTag is { } tag && tag.StartsWith('"') && answer.Header("ETag") == tag;
        var isRest = ByteRange.OfContent(answer.Header("Content-Range")) is var (range, length) && range.From == before.Part!.Value.To + 1 && range.To == length - 1
            && length == before.PartOf && length <= cache.ObjectBytesMax;
        if (!isSame || !isRest) return null;
        var directives = AnswerTerms.DirectivesOf(head, out var isTargeted);
        if (StoreRules.WhyNot(head, directives, isTargeted, order.Terms, order.Settings) is not null) return null;
        var terms = AnswerTerms.Of(head, directives, isTargeted, order.Settings, times, cache.Time);
        if (AnswerTags.Of(head, order.RouteTags, order.Key) is not { } tags) return null;
        var cells = order.Invalidations.Intern(order.Ticket, order.Key.Host, order.Key.Url, tags);
        // What is there is valid up to now, the rest from when it was asked for, and that is earlier.
        if (before.Check() != Standing.Valid)
        {
            cells.Dispose();
            return null;
        }

        var whole = new CachedAnswer(head, terms, VaryOf(before, head, order), order.Invalidations, cells, order.Ticket.Seq) { Length = before.PartOf };
        var body = new FillBody(before.PartOf, cache.ObjectBytesMax);
        before.Body.CopyTo(body.Room());
        body.Wrote(before.Body.Length);
        return new FillResult(FillKind.Coming, answer.Status, whole, body);
    }

    /// <summary>What an updated answer varies by. If that is something else now, it is known to be for this request only.</summary>
    private static VaryTerms VaryOf(CachedAnswer before, StoredHead head, FillOrder order) =>
        head["Vary"] == before.Head["Vary"] ? before.Vary : VaryTerms.Of(head, order, static (order, name) => order.Field(name));

    private static bool MayGiveStale(AnswerCache cache, FillOrder order)
    {
        // A part is no answer to who wants more than that.
        if (order.IsSuspect || order.Stored is not { Part: null } stored || stored.Terms.NeverStale) return false;
        var standing = stored.Check();
        var stale = stored.Terms.Age(cache.Time, cache.Time.GetTimestamp()) - stored.Terms.Lifetime;
        return standing != Standing.Gone && stale <= stored.Terms.IfError && stored.Terms.IfError > TimeSpan.Zero;
    }

    private static long? LengthOf(UpstreamResponse answer)
    {
        if (answer.Status is 204) return 0;
        return long.TryParse(answer.Header("Content-Length"), NumberStyles.None, CultureInfo.InvariantCulture, out var length) ? length : null;
    }
}
