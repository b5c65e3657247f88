using OrleansGateway.Caching.Disk;
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
    public long WholeLength => Part is null ? BodyLength : PartOf;

    /// <summary>Bytes of the whole, where the body is a part of it.</summary>
    public long PartOf { get; init; }

    /// <summary>The body; empty until it is whole, and where it is on disk only.</summary>
    public byte[] Body { get; private set; } = [];

    /// <summary>By what it can be invalidated.</summary>
    public CellSet Cells => cells;

    /// <summary>Where the last request that it answered was counted.</summary>
    public CacheTally? Tally { get; set; }

    /// <summary>The body, if it is too large for memory.</summary>
    public DiskBody? BodyOnDisk { get; private set; }

    /// <summary>Where the same stands on disk; none if it does not, or not as it is here.</summary>
    public DiskEntry? Copy { get; set; }

    public long BodyLength => BodyOnDisk?.Length ?? Body.Length;

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
    public bool IsSuspect => invalidations.IsSuspect;

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

    /// <summary>The body has come, and is on disk only.</summary>
    public CachedAnswer WithBody(DiskBody body)
    {
        BodyOnDisk = body;
        return this;
    }

    /// <summary>With the body of another.</summary>
    public CachedAnswer WithBodyOf(CachedAnswer other)
    {
        (Body, BodyOnDisk) = (other.Body, other.BodyOnDisk);
        return this;
    }

    /// <summary>The same, to be stored once more.</summary>
    public CachedAnswer With(CellSet shared) => new CachedAnswer(head, terms, vary, invalidations, shared, fillSeq) { Length = Length, Part = Part, PartOf = PartOf, Copy = Copy }.WithBodyOf(this);

    /// <summary>Whether the other is for the same requests, and for the same bytes.</summary>
    public bool IsReplacedBy(CachedAnswer other) => vary.IsSameAs(other.Vary) && (other.Part is null || other.Part == Part);

    /// <summary>Begins to refresh it; false if somebody does.</summary>
    public bool TryBeginRefresh() => Interlocked.Exchange(ref _isRefreshing, 1) == 0;

    public void RefreshEnded() => Volatile.Write(ref _isRefreshing, 0);

    /// <summary>It is stored no more.</summary>
    public void LetGo() => cells.Dispose();

    private sealed record HitText(long Ttl, string Text);
}
