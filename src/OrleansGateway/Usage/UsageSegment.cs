using OrleansGateway.Leases.Journal;

namespace OrleansGateway.Usage;

/// <summary>
/// One file of the log. One thread at a time adds to it, and one reads what was added; what was read and applied is noted in the file, so that it is not applied again after years.
/// </summary>
internal sealed class UsageSegment : IDisposable
{
    private readonly JournalFile _file;
    private readonly uint _word;
    private readonly Lock _closing = new();
    // Up to here frames are promised to be; up to the limit there may be some. The same in this session's files.
    private volatile int _promised;
    private volatile int _limit;
    private volatile bool _isFull;
    private bool _isClosed;

    private UsageSegment(JournalFile file, Guid session) => (_file, Session, _word, Taken) = (file, session, UsageFrame.WordOf(session), file.Taken);

    public Guid Session { get; }

    public long Number => _file.Number;

    /// <summary>How far frames are read and applied.</summary>
    public int Taken { get; private set; }

    /// <summary>End of the frames.</summary>
    public int End => _file.Mark;

    /// <summary>Bytes that still fit.</summary>
    public int Free => _file.Free;

    /// <summary>Bytes of frames that are not applied.</summary>
    public int Waiting => Math.Max(0, _promised - Taken);

    /// <summary>Whether nothing comes any more, and all is applied.</summary>
    public bool IsDone => _isFull && Taken >= _limit;

    public static UsageSegment Create(JournalFolder folder, Guid session, long number, int length) =>
        new(folder.NewSegment(number, length), session) { _promised = JournalFile.HeaderLength, _limit = JournalFile.HeaderLength };

    /// <summary>
    /// One of a session that is over, whatever became of it. If it does not say where it ends, it ends with the last byte that is not zero. Frames behind the end count as well: after a
    /// power failure the disk may have them, and not the mark.
    /// </summary>
    public static UsageSegment Open(string path, Guid session, long number)
    {
        var file = JournalFile.Open(path, number);
        return new UsageSegment(file, session)
        {
            _promised = file.Mark > 0 ? file.Mark : Math.Max(JournalFile.HeaderLength, file.All.LastIndexOfAnyExcept((byte)0) + 1),
            _limit = file.All.Length,
            _isFull = true,
        };
    }

    public void Add(ReadOnlySpan<byte> frame)
    {
        _file.Add(frame);
        _limit = _file.Mark;
        _promised = _file.Mark;
    }

    /// <summary>Nothing is added any more.</summary>
    public void Close() => _isFull = true;

    /// <summary>What stands at a place: a frame, or bytes that are none up to the next frame.</summary>
    public UsagePiece PieceAt(int at)
    {
        // In this order, the other way round than they are written: what is promised is within the limit.
        var (promised, limit) = (_promised, _limit);
        var bytes = _file.All[..limit];
        if (at >= limit) return new UsagePiece(at, 0, default, default);
        if (UsageFrame.LengthOf(bytes[at..], _word) is > 0 and var length) return new UsagePiece(at, length, bytes.Slice(at, length), default);
        var found = at + UsageFrame.Alignment >= limit ? -1 : UsageFrame.Find(bytes[(at + UsageFrame.Alignment)..], _word);
        var next = found < 0 ? limit : at + UsageFrame.Alignment + found;
        // Behind the promised end there may be part of a frame that was being written; nobody was told that it is there.
        var damaged = found < 0 ? Math.Max(at, promised) : next;
        return new UsagePiece(at, next - at, default, bytes[at..damaged]);
    }

    /// <summary>All before this place is applied.</summary>
    public void Take(int to)
    {
        Taken = to;
        _file.Taken = to;
    }

    /// <summary>Waits until it is on the disk, if it is still there. Throws <see cref="IOException"/>.</summary>
    public void Flush()
    {
        lock (_closing)
        {
            if (!_isClosed) _file.Flush();
        }
    }

    /// <summary>It is needed no more.</summary>
    public void Delete()
    {
        Dispose();
        File.Delete(_file.Path);
    }

    public void Dispose()
    {
        lock (_closing)
        {
            if (!_isClosed) _file.Dispose();
            _isClosed = true;
        }
    }
}

/// <summary>Part of a segment.</summary>
/// <param name="at">Where it begins.</param>
/// <param name="length">Its length; 0 at the end.</param>
/// <param name="frame">The frame; empty if it is none.</param>
/// <param name="damaged">What is there instead; empty if that is nothing which was ever acknowledged.</param>
internal readonly ref struct UsagePiece(int at, int length, ReadOnlySpan<byte> frame, ReadOnlySpan<byte> damaged)
{
    public int At => at;

    public int Length => length;

    public ReadOnlySpan<byte> Frame { get; } = frame;

    public ReadOnlySpan<byte> Damaged { get; } = damaged;
}
