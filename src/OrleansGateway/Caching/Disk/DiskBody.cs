namespace OrleansGateway.Caching.Disk;

/// <summary>A body that is on disk only.</summary>
/// <param name="disk">Where.</param>
/// <param name="entry">Its place in the index.</param>
/// <param name="headRoom">Bytes before it in the file.</param>
/// <param name="length">Its length.</param>
internal sealed class DiskBody(DiskCache disk, DiskEntry entry, int headRoom, long length)
{
    public DiskEntry Entry => entry;

    public int HeadRoom => headRoom;

    public long Length => length;

    /// <summary>
    /// Opens it at a place, and has made sure of the first bytes when it returns. None if it is gone or damaged; then it is forgotten.
    /// </summary>
    /// <param name="from">The first byte.</param>
    /// <param name="bytes">How many; at least one.</param>
    /// <param name="cancellation">Gives it up.</param>
    public ValueTask<DiskReading?> TryOpenAsync(long from, long bytes, CancellationToken cancellation) => disk.TryOpenAsync(this, from, bytes, cancellation);

    /// <summary>It has turned out to be damaged: it is forgotten.</summary>
    public void Damaged(Exception fault) => disk.Damaged(entry, fault);
}
