using OrleansGateway.Caching.Store;
using OrleansGateway.Configuration;
using OrleansGateway.Http;
using OrleansGateway.Invalidation;

namespace OrleansGateway.Caching.Models;

/// <summary>A provider's answer, as it came, and what is needed to give it again.</summary>
internal sealed class StoredAnswer(byte[] body, KnownAnswer known, TenantInvalidations invalidations, CellSet cells) : IStored
{
    private const int OwnBytes = 400;
    private const int BytesPerCell = 24;

    /// <summary>What its provider speaks.</summary>
    public required Dialect Dialect { get; init; }

    public required string ContentType { get; init; }

    public required bool IsStream { get; init; }

    /// <summary>When its pieces came.</summary>
    public required PieceTimes Times { get; init; }

    /// <summary>When the provider was asked, as a timestamp of the time provider.</summary>
    public required long AskedAt { get; init; }

    public required TimeSpan Ttl { get; init; }

    /// <summary>The last invalidation that had been applied before the provider was asked.</summary>
    public required long FillSeq { get; init; }

    public ReadOnlySpan<byte> Body => body;

    /// <summary>Whether it tells usage.</summary>
    public bool TellsUsage => known.TellsUsage;

    public long Bytes => OwnBytes + body.Length + Times.Bytes + (cells.Cells.Length * BytesPerCell) + (known.IdsAt.Length * sizeof(int));

    /// <summary>Whether no invalidation has been applied since that concerns it. What a soft one has made stale cannot be confirmed by a model: it is gone too.</summary>
    public bool IsValid => invalidations.Check(cells, FillSeq) == Standing.Valid;

    /// <summary>How long ago its provider was asked.</summary>
    public TimeSpan Age(TimeProvider time) => time.GetElapsedTime(AskedAt);

    /// <summary>Whether its time is over, or an invalidation concerns it.</summary>
    public bool IsSpent(TimeProvider time) => Age(time) >= Ttl || !IsValid;

    /// <summary>Whether its model stopped for one of these reasons: a later configuration may allow fewer.</summary>
    public bool StoppedFor(IReadOnlyList<StoredFinish> allowed) => known.Finishes.All(allowed.Contains);

    /// <summary>A copy with an id of its own, in the form that is asked for; none if it has no such form.</summary>
    public byte[]? TryCopy(bool asStream, Random random)
    {
        var copy = body.AsSpan().ToArray();
        FreshId.Write(copy, known.IdsAt, known.IdLength, random);
        return asStream == IsStream ? copy : AnswerForms.TryTurn(Dialect, copy, asStream);
    }

    void IStored.Left(IStored? successor) => cells.Dispose();
}
