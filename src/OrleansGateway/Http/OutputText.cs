using System.Buffers;

namespace OrleansGateway.Http;

/// <summary>
/// The strings of which the output of a model call is made, UTF-8 as JSON escapes it, in the order they came. Read only where the provider does not say how many tokens they were.
/// </summary>
internal sealed class OutputText : IDisposable
{
    /// <summary>Bytes kept at most; what comes beyond is only counted.</summary>
    public const int BytesMax = 1 << 20;

    private byte[] _bytes = [];

    /// <summary>Bytes that came, of which the first <see cref="BytesMax"/> are kept.</summary>
    public long Length { get; private set; }

    /// <summary>Whether it is text alone: the form in which models are given calls of tools is not public.</summary>
    public bool IsPlain { get; private set; } = true;

    public ReadOnlySpan<byte> Kept => _bytes.AsSpan(0, (int)Math.Min(Length, BytesMax));

    public void Add(ReadOnlySpan<byte> piece)
    {
        var at = (int)Math.Min(Length, BytesMax);
        Length += piece.Length;
        piece = piece[..Math.Min(piece.Length, BytesMax - at)];
        if (at + piece.Length > _bytes.Length) Grow(at, at + piece.Length);
        piece.CopyTo(_bytes.AsSpan(at));
    }

    public void NotPlain() => IsPlain = false;

    public void Clear() => (Length, IsPlain) = (0, true);

    public void Dispose()
    {
        if (_bytes.Length > 0) ArrayPool<byte>.Shared.Return(_bytes);
        (_bytes, Length) = ([], 0);
    }

    private void Grow(int kept, int needed)
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, Math.Max(1 << 10, 2 * _bytes.Length)));
        _bytes.AsSpan(0, kept).CopyTo(larger);
        if (_bytes.Length > 0) ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = larger;
    }
}
