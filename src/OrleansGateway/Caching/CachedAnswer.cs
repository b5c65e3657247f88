using OrleansGateway.Caching.Figures;
using OrleansGateway.Caching.Terms;
using OrleansGateway.Invalidation;

namespace OrleansGateway.Caching;

/// <summary>
/// One stored answer. Its body comes once, when it is whole; an answer that is told from another by its head only (after a 304) shares it. What it may be used for is
/// looked up at each use, for it may be invalidated at any time.
/// </summary>
internal sealed class CachedAnswer(StoredHead head, AnswerTerms terms, VaryTerms vary, TenantInvalidations invalidations, CellSet cells, long fillSeq)
{
    private int _isRefreshing;
    private HitText? _hitText;

    public StoredHead Head => head;

    public AnswerTerms Terms => terms;

    public VaryTerms Vary => vary;

    /// <summary>Which queries it is for besides its own; none if none.</summary>
    public SearchVariance? Search { get; } = SearchVariance.Read(head[SearchVariance.Name]);

    /// <summary>The last invalidation that had been applied before the origin was asked.</summary>
    public long FillSeq => fillSeq;

    /// <summary>Length of the body as the origin stated it; none if it did not.</summary>
    public long? Length { get; init; }

    /// <summary>The bytes that the body is of the whole; none if it is the whole.</summary>
    public ByteRange? Part { get; init; }

    /// <summary>Bytes of the whole.</summary>
    public long WholeLength => Part is null ? Body.Length : PartOf;

    /// <summary>Bytes of the whole, where the body is a part of it.</summary>
    public long PartOf { get; init; }

    /// <summary>The body; empty until it is whole.</summary>
    public byte[] Body { get; private set; } = [];

    /// <summary>By what it can be invalidated.</summary>
    public CellSet Cells => cells;

    /// <summary>Where the last request that it answered was counted.</summary>
    public CacheTally? Tally { get; set; }

    /// <summary>What it takes of memory.</summary>
    public long Bytes => Body.Length + head.Bytes + vary.Bytes + 400 + (cells.Cells.Length * 24) + (2 * cells.Url.Length);

    /// <summary>Our member of <c>Cache-Status</c> where it is given. Made once for each second of its life, however often it is asked for.</summary>
    /// <param name="ttl">Seconds for which it is fresh yet.</param>
    public string HitStatus(long ttl)
    {
        if (_hitText is not { } known || known.Ttl != ttl) _hitText = known = new HitText(ttl, CacheStatusText.Hit(ttl));
        return known.Text;
    }

    /// <summary>Whether it may be used.</summary>
    public Standing Check() => invalidations.Check(cells, fillSeq);

    /// <summary>Whether that cannot be known now.</summary>
    public bool IsSuspect(TimeProvider time) => invalidations.IsSuspect(time);

    /// <summary>Whether a request that comes now may have it while it is coming.</summary>
    public bool MayBeJoined(FillTicket ticket) => invalidations.MayJoin(ticket, cells, knowsTags: true);

    /// <summary>The same, as of its own invalidation of what was there before; none if another has touched it meanwhile.</summary>
    public CachedAnswer? BehindItsOwn(long ownSeq) => invalidations.IsTouched(cells, fillSeq, butBy: ownSeq) ? null : new(head, terms, vary, invalidations, cells, ownSeq);

    /// <summary>The body has come.</summary>
    public CachedAnswer WithBody(byte[] body)
    {
        Body = body;
        return this;
    }

    /// <summary>Whether the other is for the same requests, and for the same bytes.</summary>
    public bool IsReplacedBy(CachedAnswer other) => vary.IsSameAs(other.Vary) && (other.Part is null || other.Part == Part);

    /// <summary>Begins to refresh it; false if somebody does.</summary>
    public bool TryBeginRefresh() => Interlocked.Exchange(ref _isRefreshing, 1) == 0;

    public void RefreshEnded() => Volatile.Write(ref _isRefreshing, 0);

    /// <summary>It is stored no more.</summary>
    public void LetGo() => cells.Dispose();

    private sealed record HitText(long Ttl, string Text);
}
