using System.Buffers;
using Microsoft.Extensions.Primitives;
using OrleansGateway.Caching.Terms;
using OrleansGateway.Configuration;
using OrleansGateway.Forwarding;
using OrleansGateway.Http;
using OrleansGateway.Invalidation;
using OrleansGateway.Upstream;

namespace OrleansGateway.Caching;

/// <summary>
/// Sees the answer to a request that may have changed something (RFC 9111 §4.4): before its client learns that it succeeded, what is stored of the URL, of those that the
/// answer names, and of the groups that it names (RFC 9875 §3) is invalid, by the same sequence as purges, so that fetches under way are too. An answer to a POST that is
/// also what a GET of its URL would bring is stored as such (RFC 9110 §9.3.3).
/// </summary>
internal sealed class ChangeWatch(AnswerCache cache, IInvalidationSequencer sequencer, Exchange exchange, CacheSettings settings, string? tenant, FillTicket ticket) : IAnswerWatch
{
    private readonly long _sentAt = cache.Time.GetTimestamp();
    private readonly OriginRequest _request = OriginRequest.Of(exchange);
    private CachedAnswer? _stored;
    private ArrayBufferWriter<byte>? _body;
    private CacheKey _key;

    public async ValueTask HeadAsync(UpstreamResponse answer)
    {
        LiveWatch.Write(exchange, "gateway; fwd=method; fwd-status=" + answer.Status.ToString(CultureInfo.InvariantCulture));
        if (answer.Status is < 200 or >= 400) return;
        var head = StoredHead.Of(answer, cache.Time.GetUtcNow());
        var stored = ToStore(answer, head);
        await SocketThreads.Leave();
        var receipt = await sequencer.PublishAsync(
            new InvalidationRequest(tenant, [.. Selectors(head)], InvalidationMode.Hard, null, null, InvalidationMetrics.UnsafeRequest), exchange.Aborted);
        // Newer than what this request makes invalid, but not than what another has since it was sent.
        if (stored?.BehindItsOwn(receipt.Seq) is { } own) (_stored, _body) = (own, new ArrayBufferWriter<byte>());
        else stored?.LetGo();
    }

    public void Piece(ReadOnlySpan<byte> piece)
    {
        if (_body is null) return;
        if (_body.WrittenCount + piece.Length > cache.ObjectBytesMax) Drop();
        else _body.Write(piece);
    }

    public void Completed()
    {
        if (_stored is { } stored) cache.Store(_key, exchange.Route!, stored.WithBody(_body!.WrittenSpan.ToArray()));
        (_stored, _body) = (null, null);
    }

    private IEnumerable<Selector> Selectors(StoredHead head)
    {
        var (host, target) = (exchange.ClientHost, exchange.Target.Whole);
        if (Selector.OfUrl(host + target) is { } own) yield return own;
        foreach (var name in (string[])["Location", "Content-Location"])
        {
            if (TargetOf(head[name]) is { } other && other != target && Selector.OfUrl(host + other) is { } named) yield return named;
        }

        foreach (var group in AnswerTags.Strings(head["Cache-Group-Invalidation"])) yield return Selector.OfGroup(AnswerTags.OriginOf(exchange.ClientScheme, host), group);
    }

    /// <summary>Path and query of a URL that an answer names; none if it is another origin's: of that one it may not speak.</summary>
    private string? TargetOf(StringValues url)
    {
        var own = new Uri($"{exchange.ClientScheme}://{exchange.ClientHost}{exchange.Target.Whole}", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        if (url is not [{ } text] || !Uri.TryCreate(own, text, out var named)) return null;
        return named.Scheme == own.Scheme && named.Authority == own.Authority ? named.PathAndQuery : null;
    }

    /// <summary>The answer as it is stored for a GET; none if it is none.</summary>
    private CachedAnswer? ToStore(UpstreamResponse answer, StoredHead head)
    {
        if (!HttpMethods.IsPost(exchange.Http.Request.Method) || answer.Status != StatusCodes.Status200OK || TargetOf(head["Content-Location"]) != exchange.Target.Whole) return null;
        var directives = AnswerTerms.DirectivesOf(head, out var isTargeted);
        var terms = AnswerTerms.Of(head, directives, isTargeted, settings, new AnswerTimes(_sentAt, cache.Time.GetTimestamp(), cache.Time.GetUtcNow()), cache.Time);
        var asked = RequestTerms.Of(exchange.Http.Request.Headers, settings) with { IsAuthorized = _request.Fields.Exists(static field => field.Key.Equals("Authorization", StringComparison.OrdinalIgnoreCase)) };
        if (!terms.IsExplicit || terms.Lifetime <= TimeSpan.Zero || terms.MustValidate || StoreRules.WhyNot(head, directives, isTargeted, asked, settings) is not null) return null;
        _key = CacheStage.KeyOf(exchange, settings);
        if (AnswerTags.Of(head, exchange.Route!.CacheTags(exchange.Target.RawPath), _key) is not { } tags) return null;
        var invalidations = cache.Invalidations.Of(tenant);
        var vary = VaryTerms.Of(head, exchange, SentFields.Of);
        var cells = invalidations.Intern(ticket, _key.Host, _key.Url, tags);
        return new CachedAnswer(head, terms, vary, invalidations, cells, ticket.Seq);
    }

    private void Drop()
    {
        _stored?.LetGo();
        (_stored, _body) = (null, null);
    }
}
