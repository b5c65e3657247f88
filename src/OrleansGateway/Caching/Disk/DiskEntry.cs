using OrleansGateway.Invalidation;

namespace OrleansGateway.Caching.Disk;

/// <summary>One answer on disk, as the index has it. Places and flags are changed under the lock of the index.</summary>
/// <param name="key">Hash of its key.</param>
/// <param name="file">Number of its file.</param>
/// <param name="variant">Hash of what it varies by: of two with the same, the later one counts.</param>
internal sealed class DiskEntry(UInt128 key, ulong file, ulong variant)
{
    private volatile bool _isDropped;
    private volatile bool _wasAsked;

    public UInt128 Key => key;

    public ulong File => file;

    public ulong Variant => variant;

    /// <summary>Held as long as it is in the index.</summary>
    public required CellSet Cells { get; set; }

    public required long FillSeq { get; set; }

    /// <summary>Bytes that the file takes.</summary>
    public required long Bytes { get; set; }

    /// <summary>On the store's clock: from then on it is of no use whatever, for nothing can confirm it.</summary>
    public required long SpentAt { get; set; }

    /// <summary>The answer, as long as it is on its way to the disk.</summary>
    public CachedAnswer? Pending { get; set; }

    public bool IsDropped
    {
        get => _isDropped;
        set => _isDropped = value;
    }

    /// <summary>Whether somebody has asked for it since the hand came by.</summary>
    public bool WasAsked
    {
        get => _wasAsked;
        set => _wasAsked = value;
    }

    /// <summary>The next with the same key.</summary>
    public DiskEntry? Next { get; set; }

    public DiskEntry? Newer { get; set; }

    public DiskEntry? Older { get; set; }

    /// <summary>Whether it has been invalidated for good, or is of no use any more.</summary>
    public bool IsSpent(long now) => now >= SpentAt || Cells.Check(FillSeq) == Standing.Gone;
}
