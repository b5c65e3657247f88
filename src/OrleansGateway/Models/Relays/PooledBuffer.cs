using System.Buffers;

namespace OrleansGateway.Models.Relays;

/// <summary>
/// Bytes to be sent, in an array of the shared pool. It lives as long as its stream: an array of its own would be 4 KB of garbage per stream, and 32 KB per
/// whole answer as it was read before.
/// </summary>
internal sealed class PooledBuffer(int bytes) : IBufferWriter<byte>, IDisposable
{
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(bytes);

    public int WrittenCount { get; private set; }

    public ReadOnlyMemory<byte> WrittenMemory => _buffer.AsMemory(0, WrittenCount);

    public ReadOnlySpan<byte> WrittenSpan => WrittenMemory.Span;

    public void Advance(int count) => WrittenCount += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        if (_buffer.Length - WrittenCount < Math.Max(sizeHint, 1)) Grow(sizeHint);
        return _buffer.AsMemory(WrittenCount);
    }

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public void Clear() => WrittenCount = 0;

    public void Dispose()
    {
        if (_buffer.Length > 0) ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
        WrittenCount = 0;
    }

    private void Grow(int sizeHint)
    {
        var larger = ArrayPool<byte>.Shared.Rent(checked(WrittenCount + Math.Max(sizeHint, Math.Max(_buffer.Length, 1))));
        WrittenSpan.CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }
}
