using System.Buffers;
using Microsoft.Win32.SafeHandles;

namespace OrleansGateway.Caching.Disk;

/// <summary>Reads a part of a body from the disk, block by block.</summary>
internal sealed class DiskReading : IDisposable
{
    private readonly SafeFileHandle _handle;
    private readonly BlockReader _reader;
    private readonly byte[] _buffer = ArrayPool<byte>.Shared.Rent(BlockReader.BufferBytes);
    private readonly long _length;
    private readonly long _end;
    private long _position;
    private ReadOnlyMemory<byte> _first;

    private DiskReading(SafeFileHandle handle, BlockReader reader, long length, long from, long bytes) =>
        (_handle, _reader, _length, _position, _end) = (handle, reader, length, from, from + bytes);

    /// <summary>Reads the first piece. Throws <see cref="IOException"/>.</summary>
    public static async ValueTask<DiskReading> OpenAsync(string path, DiskBody body, long from, long bytes, CancellationToken cancellation)
    {
        var handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var reading = new DiskReading(handle, new BlockReader(handle, body.Entry.File, body.HeadRoom), body.Length, from, bytes);
        try
        {
            reading._first = await reading.ReadAsync(cancellation);
            return reading;
        }
        catch
        {
            reading.Dispose();
            throw;
        }
    }

    /// <summary>What comes next, good until it is asked for more; empty at the end. Throws <see cref="IOException"/>, and nothing that is damaged is returned.</summary>
    public ValueTask<ReadOnlyMemory<byte>> NextAsync(CancellationToken cancellation)
    {
        if (_first.IsEmpty) return _position < _end ? ReadAsync(cancellation) : default;
        var first = _first;
        _first = default;
        return new(first);
    }

    public void Dispose()
    {
        _handle.Dispose();
        ArrayPool<byte>.Shared.Return(_buffer);
    }

    private async ValueTask<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellation)
    {
        var block = _position / DiskFormat.BlockBytes;
        var start = block * DiskFormat.BlockBytes;
        var bytes = await _reader.ReadAsync(block, (int)Math.Min(DiskFormat.BlockBytes, _length - start), _buffer, cancellation);
        var piece = bytes[(int)(_position - start)..(int)Math.Min(bytes.Length, _end - start)];
        _position += piece.Length;
        return piece;
    }
}
