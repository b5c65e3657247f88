using System.Buffers.Binary;

namespace OrleansGateway.Caching.Disk;

/// <summary>
/// Writes one answer to a file that gets its name when it is whole: what is half written when the power goes is no answer. What is written can be read before that. One
/// writes, many read.
/// </summary>
internal sealed class BlockWriter : IDisposable
{
    private readonly FileStream _stream;
    private readonly string _path;
    private readonly ulong _file;
    private readonly byte[] _head;
    private readonly int _headRoom;
    private readonly byte[] _block;
    private int _filled;
    private long _written;
    private long _blocks;

    /// <param name="path">Where it will be.</param>
    /// <param name="file">Number of the file.</param>
    /// <param name="head">The head.</param>
    /// <param name="headRoom">Bytes kept for it.</param>
    /// <param name="blockBytesMax">Most bytes of a block, if it is known that there is less than one.</param>
    public BlockWriter(string path, ulong file, byte[] head, int headRoom, int blockBytesMax = DiskFormat.BlockBytes)
    {
        (_path, _file, _head, _headRoom) = (path, file, head, headRoom);
        _block = new byte[blockBytesMax + DiskFormat.SumBytes];
        _stream = DiskFolder.Create(path + DiskFolder.Unfinished);
    }

    /// <summary>Bytes of the body so far.</summary>
    public long Length => Volatile.Read(ref _written) + _filled;

    /// <summary>Of them, those that can be read from the file.</summary>
    public long Written => Volatile.Read(ref _written);

    /// <summary>Bytes of the body that are not in whole blocks yet.</summary>
    private Span<byte> Rest => _block.AsSpan(0, _filled);

    /// <summary>Reads what has been written.</summary>
    public BlockReader Reader => new(_stream.SafeFileHandle, _file, _headRoom);

    public async ValueTask AppendAsync(ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var some = Math.Min(bytes.Length, _block.Length - DiskFormat.SumBytes - _filled);
            bytes[..some].CopyTo(_block.AsMemory(_filled));
            _filled += some;
            bytes = bytes[some..];
            if (_filled == DiskFormat.BlockBytes) await WriteBlockAsync();
        }
    }

    /// <summary>The body is whole: the file gets its head and its name.</summary>
    public async ValueTask FinishAsync()
    {
        if (_filled > 0) await WriteBlockAsync();
        var start = new byte[DiskFormat.PrefixBytes + _headRoom];
        WriteStart(start, _file, _head, _headRoom, Length);
        await RandomAccess.WriteAsync(_stream.SafeFileHandle, start, 0);
        File.Move(_path + DiskFolder.Unfinished, _path, overwrite: true);
    }

    /// <summary>It will not be whole: its name goes, and what has been written can be read until this is disposed of.</summary>
    public void Abandon() => File.Delete(_path + DiskFolder.Unfinished);

    public void Dispose() => _stream.Dispose();

    /// <summary>Puts another head in the place of that of a file that is whole. One that is only half written when the power goes is found out by its checksum.</summary>
    public static void ChangeHead(string path, ulong file, byte[] head, int headRoom, long bodyLength)
    {
        using var stream = DiskFolder.Change(path);
        var start = new byte[DiskFormat.PrefixBytes + headRoom];
        WriteStart(start, file, head, headRoom, bodyLength);
        RandomAccess.Write(stream.SafeFileHandle, start, 0);
    }

    private static void WriteStart(Span<byte> start, ulong file, byte[] head, int headRoom, long bodyLength)
    {
        DiskFormat.WritePrefix(start, new DiskPrefix(file, head.Length, headRoom, DiskFormat.SumOf(file, -1, head), bodyLength));
        head.CopyTo(start[DiskFormat.PrefixBytes..]);
    }

    private async ValueTask WriteBlockAsync()
    {
        BinaryPrimitives.WriteUInt32LittleEndian(_block.AsSpan(_filled), DiskFormat.SumOf(_file, _blocks, Rest));
        await RandomAccess.WriteAsync(_stream.SafeFileHandle, _block.AsMemory(0, _filled + DiskFormat.SumBytes), DiskFormat.PlaceOf(_headRoom, _blocks));
        _blocks++;
        var bytes = _filled;
        _filled = 0;
        Volatile.Write(ref _written, _written + bytes);
    }
}
