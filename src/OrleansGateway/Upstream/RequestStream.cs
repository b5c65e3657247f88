using System.IO.Pipelines;

namespace OrleansGateway.Upstream;

/// <summary>
/// A request's body that passes through: read as the upstream takes it, so that a slow upstream slows the client down and nothing piles up. Up to
/// <see cref="KeptBytesMax"/> are given out without being consumed, so that a second attempt can read them again.
/// </summary>
internal sealed class RequestStream(PipeReader reader)
{
    /// <summary>Most bytes that are kept for a second attempt. 64 KiB.</summary>
    public const int KeptBytesMax = 64 << 10;

    /// <summary>Where it is read. Throws if the client breaks off.</summary>
    public PipeReader Reader => reader;

    /// <summary>Its length; none if it is not known before its end.</summary>
    public long? Length { get; init; }

    /// <summary>
    /// Whether the upstream is to say that it wants the body (<c>Expect: 100-continue</c>, RFC 9110 §10.1.1) before any of it is read. It is read from its interim
    /// answer 100 on, or after 1 s without any.
    /// </summary>
    public bool AwaitsContinue { get; init; }

    /// <summary>Fields that followed the body; asked for once it has been read to its end.</summary>
    public Func<IReadOnlyList<KeyValuePair<string, string>>> Trailers { get; init; } = static () => [];

    /// <summary>Whether nothing of it has been consumed, so that it can be sent again from its beginning.</summary>
    public bool IsWhole { get; set; } = true;
}
