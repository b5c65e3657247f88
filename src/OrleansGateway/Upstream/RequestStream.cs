using System.Buffers;
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

    /// <summary>How much of a body that is whole has been looked at: a pipe does not let that go back.</summary>
    private long _seen;

    /// <summary>Where it is read. Throws if the client breaks off. A read may come back cancelled though nobody waits for that any more: read again.</summary>
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
    public bool IsWhole { get; private set; } = true;

    /// <summary>How it is said that the body could not be read to its end.</summary>
    public static UpstreamException Broke(Exception why) => new("the request's body broke off", why) { RequestAtFault = true };

    /// <summary>What is there to be read, if anything is.</summary>
    public bool TryRead(out ReadResult read)
    {
        try
        {
            return reader.TryRead(out read);
        }
        catch (Exception broken)
        {
            throw Broke(broken);
        }
    }

    /// <summary>
    /// Ends a read, whose first bytes have been taken. Returns how many of them the next read begins with: all while they are kept for a second attempt, none from
    /// then on.
    /// </summary>
    public long EndRead(in ReadOnlySequence<byte> read, long taken)
    {
        if (IsWhole && taken <= KeptBytesMax)
        {
            _seen = Math.Max(_seen, taken);
            reader.AdvanceTo(read.Start, read.GetPosition(_seen));
            return taken;
        }

        IsWhole = false;
        reader.AdvanceTo(read.GetPosition(taken));
        return 0;
    }
}
