namespace OrleansGateway.Caching.Disk;

/// <summary>An answer that is written to the disk as it comes, because it is too large for memory. Those who read it slower than it comes read what is behind from here.</summary>
internal sealed class DiskFill : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    private readonly DiskCache _disk;
    private readonly BlockWriter _writer;
    private readonly DiskPlace _place;
    private long _room;
    private bool _isOver;

    public DiskFill(DiskCache disk, BlockWriter writer, in DiskPlace place) => (_disk, _writer, _place) = (disk, writer, place);

    /// <summary>Bytes taken on.</summary>
    public long Length => _writer.Length;

    /// <summary>Bytes that can be read.</summary>
    public long Written => _writer.Written;

    /// <summary>Takes bytes on. False if the disk is full, broken or too slow for whoever waits for the answer: then it is over, and what is written can still be read.</summary>
    public async ValueTask<bool> TryAppendAsync(ReadOnlyMemory<byte> bytes, TimeProvider time)
    {
        try
        {
            if (!_disk.TryReserve(bytes.Length)) return GiveUp("room");
            _room += bytes.Length;
            var appending = _writer.AppendAsync(bytes);
            if (!appending.IsCompletedSuccessfully) await appending.AsTask().WaitAsync(s_patience, time);
            return true;
        }
        catch (TimeoutException)
        {
            return GiveUp("slow");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            _disk.Health.Failed(fault);
            return GiveUp("failed");
        }
    }

    /// <summary>It is whole: from now on it is found. None if it cannot be kept after all.</summary>
    public async ValueTask<DiskBody?> FinishAsync(CachedAnswer answer)
    {
        try
        {
            await _writer.FinishAsync();
            ReturnRoom();
            _isOver = true;
            return _disk.TryAdd(_place, answer, _writer.Length);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            _disk.Health.Failed(fault);
            GiveUp("failed");
            return null;
        }
    }

    /// <summary>Reads from a place on that is <see cref="Written"/>; up to the end of a block. Throws <see cref="IOException"/>.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> ReadAsync(long position, byte[] buffer, CancellationToken cancellation)
    {
        var block = position / DiskFormat.BlockBytes;
        var start = block * DiskFormat.BlockBytes;
        var bytes = await _writer.Reader.ReadAsync(block, (int)Math.Min(DiskFormat.BlockBytes, Written - start), buffer, cancellation);
        return bytes[(int)(position - start)..];
    }

    /// <summary>It will not be kept.</summary>
    public void Abandon() => GiveUp("incomplete");

    public void Dispose()
    {
        Abandon();
        _writer.Dispose();
    }

    private bool GiveUp(string why)
    {
        if (_isOver) return false;
        _isOver = true;
        ReturnRoom();
        _disk.GaveUp(_writer, why);
        return false;
    }

    private void ReturnRoom()
    {
        _disk.Return(_room);
        _room = 0;
    }
}

/// <summary>Where an answer goes on disk.</summary>
/// <param name="Key">Hash of its key.</param>
/// <param name="File">Number of its file.</param>
/// <param name="Variant">Hash of what it varies by.</param>
/// <param name="HeadRoom">Bytes kept for its head.</param>
internal readonly record struct DiskPlace(UInt128 Key, ulong File, ulong Variant, int HeadRoom);
