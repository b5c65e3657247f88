using System.Diagnostics.CodeAnalysis;

namespace OrleansGateway.Usage;

/// <summary>All that was appended and is not applied: logs of former sessions first, then this one's segments in order. Only one thread reads it.</summary>
internal sealed class UsageBacklog(string folder) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Queue<FormerUsageLog> _former = new(FormerUsageLog.In(folder));
    private readonly Queue<UsageSegment> _own = [];

    /// <summary>How many segments there are.</summary>
    public int Segments
    {
        get
        {
            lock (_lock) return _own.Count + _former.Sum(f => f.Segments.Count);
        }
    }

    /// <summary>Bytes that wait.</summary>
    public long Bytes
    {
        get
        {
            lock (_lock) return _own.Sum(s => (long)s.Waiting) + _former.Sum(f => f.Segments.Sum(s => (long)s.Waiting));
        }
    }

    /// <summary>Whether all of former sessions is applied.</summary>
    public bool IsOfThisSession
    {
        get
        {
            lock (_lock) return _former.Count == 0;
        }
    }

    /// <summary>How far this session's log is applied.</summary>
    public UsagePosition Taken
    {
        get
        {
            lock (_lock) return _own.TryPeek(out var first) ? new UsagePosition(first.Number, first.Taken) : default;
        }
    }

    /// <summary>A segment that frames are added to from now on.</summary>
    public void Add(UsageSegment segment)
    {
        lock (_lock) _own.Enqueue(segment);
    }

    /// <summary>
    /// What is to be applied next: frames of one segment, until there are so many records or bytes. What is damaged is set aside. Throws <see cref="IOException"/> if it cannot be.
    /// </summary>
    public UsageShipment Read(int recordsMax, int bytesMax, UsageDamage damage)
    {
        var batch = new UsageShipment();
        if (Tidy() is not { } segment) return batch;
        (batch.Segment, batch.To) = (segment, segment.Taken);
        while (batch.Records.Count < recordsMax && batch.To - segment.Taken < bytesMax)
        {
            var piece = segment.PieceAt(batch.To);
            if (piece.Length == 0) break;
            if (!piece.Damaged.IsEmpty) batch.Damaged += damage.Keep(segment, piece.At, piece.Damaged, "These bytes are no frame.");
            if (!piece.Frame.IsEmpty) Read(piece, segment, batch, damage);
            batch.To = piece.At + piece.Length;
        }

        return batch;
    }

    /// <summary>The batch is applied, and need not be kept.</summary>
    public void Take(UsageShipment batch)
    {
        batch.Segment?.Take(batch.To);
        Tidy();
    }

    public void Dispose()
    {
        lock (_lock)
        {
            foreach (var former in _former) former.Dispose();
            foreach (var segment in _own) segment.Dispose();
            _former.Clear();
            _own.Clear();
        }
    }

    // Deletes what is applied; answers the first segment that is not. Never while the lock is held: whoever appends takes it now and then.
    private UsageSegment? Tidy()
    {
        while (TryNext(out var segment))
        {
            if (!segment.IsDone) return segment;
            segment.Delete();
        }

        return null;
    }

    private bool TryNext([MaybeNullWhen(false)] out UsageSegment segment)
    {
        lock (_lock)
        {
            while (_former.TryPeek(out var over) && over.Segments.Count == 0) _former.Dequeue().Delete();
            if (_former.TryPeek(out var former))
            {
                segment = former.Segments.Peek();
                if (segment.IsDone) former.Segments.Dequeue();
                return true;
            }

            if (!_own.TryPeek(out segment)) return false;
            if (segment.IsDone) _own.Dequeue();
            return true;
        }
    }

    private static void Read(UsagePiece piece, UsageSegment segment, UsageShipment batch, UsageDamage damage)
    {
        try
        {
            UsageFrame.Read(piece.Frame, batch.Records);
            if (batch.Frames++ == 0) batch.Since = UsageFrame.AppendedAt(piece.Frame);
        }
        catch (InvalidDataException unreadable)
        {
            batch.Damaged += damage.Keep(segment, piece.At, piece.Frame, unreadable.Message);
        }
    }
}

/// <summary>What is applied in one go.</summary>
internal sealed class UsageShipment
{
    public List<UsageRecord> Records { get; } = [];

    /// <summary>Where it is from; none if there is nothing.</summary>
    public UsageSegment? Segment { get; set; }

    /// <summary>Its end in the segment.</summary>
    public int To { get; set; }

    public int Frames { get; set; }

    /// <summary>When the first of it was appended.</summary>
    public DateTimeOffset Since { get; set; }

    /// <summary>Pieces that were set aside.</summary>
    public int Damaged { get; set; }

    public bool IsEmpty => Segment is null || To == Segment.Taken;
}

/// <summary>A place in this session's log.</summary>
internal readonly record struct UsagePosition(long Segment, int Offset) : IComparable<UsagePosition>
{
    public int CompareTo(UsagePosition other) => Segment != other.Segment ? Segment.CompareTo(other.Segment) : Offset.CompareTo(other.Offset);
}
