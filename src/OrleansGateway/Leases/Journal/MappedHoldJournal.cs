namespace OrleansGateway.Leases.Journal;

/// <summary>
/// The journal in memory-mapped files: what was written is there after <c>kill -9</c> without a call of the kernel, and on the disk within a tenth of a second.
/// <para>
/// Entries go to segments, one after the other. A full one is summed up in a checkpoint (leases and what was spent of them, open holds) and deleted, off the way of requests, from its
/// own entries: so requests keep no record of what is open. Segments to come are made ahead.
/// </para>
/// <para>
/// One lock, held for a copy of some hundred bytes: 100,000 requests a second would hold it for a hundredth of the time. Stripes would gain little and leave nothing to say
/// where a journal ends.
/// </para>
/// </summary>
internal sealed class MappedHoldJournal : IHoldJournal, IAsyncDisposable
{
    private static readonly TimeSpan TidyEvery = TimeSpan.FromMilliseconds(100);

    private readonly Lock _lock = new();
    private readonly Lock _tidying = new();
    private readonly JournalFolder _folder;
    private readonly JournalSize _size;
    private readonly ILogger<MappedHoldJournal> _log;
    private readonly PeriodicTimer _timer;
    private readonly Task _running;

    private readonly Queue<JournalFile> _spares = [];
    private readonly Queue<JournalFile> _full = [];
    // Entries that found no room, but must not be lost while the process lives. As long as there are any nothing more is held, so that they are no more than what was open.
    private readonly Queue<byte[]> _pending = [];
    private readonly JournalState _summed = new();
    private JournalFile _current;
    private int _lastLease;
    private bool _isDirty;
    private bool _isClosed;

    // Only while tidying.
    private long _lastNumber = 1;
    private bool _isStuck;

    private MappedHoldJournal(JournalFolder folder, JournalSize size, TimeProvider time, ILogger<MappedHoldJournal> log)
    {
        (_folder, _size, _log) = (folder, size, log);
        _current = _folder.NewSegment(_lastNumber, size.SegmentBytes);
        _timer = new PeriodicTimer(TidyEvery, time);
        Tidy();
        _running = Task.Run(TidyAlwaysAsync);
    }

    /// <summary>Begins the journal of a session in a folder of its own below <paramref name="folder"/>. Throws <see cref="IOException"/> if the disk has no room for it.</summary>
    /// <param name="folder">Where journals are: <c>journal</c> in the state folder.</param>
    /// <param name="session">The edge's life.</param>
    /// <param name="time">Beats every 100 ms.</param>
    /// <param name="log">Says when the disk is full.</param>
    /// <param name="size">How much it may take; 4 MiB in a segment, 64 MiB in all unless told.</param>
    public static MappedHoldJournal Open(string folder, Guid session, TimeProvider time, ILogger<MappedHoldJournal> log, JournalSize? size = null)
    {
        var begun = JournalFolder.Begin(folder, session, HoldJournals.BootId());
        try
        {
            return new MappedHoldJournal(begun, size ?? new JournalSize(), time, log);
        }
        catch
        {
            begun.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public int Opened(AccountId account, long lease, long period)
    {
        var number = Interlocked.Increment(ref _lastLease);
        AddForSure(JournalEntry.Opened(number, account, lease, period, spent: 0));
        return number;
    }

    /// <inheritdoc/>
    public void Closed(int lease) => AddForSure(JournalEntry.Of(JournalEntryKind.Closed, lease));

    /// <inheritdoc/>
    public bool Held(long hold, string name, ReadOnlySpan<Charge> charges)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(charges.Length, JournalEntry.ChargesMax);
        Span<byte> entry = stackalloc byte[JournalEntry.RequestLengthMax];
        var length = JournalEntry.Write(entry, JournalEntryKind.Held, hold, charges, name);
        lock (_lock) return (_pending.Count == 0 || AddPending()) && TryAdd(entry[..length]);
    }

    /// <inheritdoc/>
    public void Ended(long hold, ReadOnlySpan<Charge> spent)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(spent.Length, JournalEntry.ChargesMax);
        Span<byte> entry = stackalloc byte[JournalEntry.RequestLengthMax];
        AddForSure(entry[..JournalEntry.Write(entry, JournalEntryKind.Ended, hold, spent, "")]);
    }

    /// <summary>One round of what the background does: sums up full segments, makes new ones, and waits for the disk.</summary>
    public void Tidy()
    {
        lock (_tidying)
        {
            try
            {
                SumUp();
                MakeSpares();
                JournalFile? changed;
                lock (_lock) (changed, _isDirty) = (_isDirty && !_isClosed ? _current : null, false);
                changed?.Flush();
                if (_isStuck) _log.JournalGoesOn();
                _isStuck = false;
            }
            catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
            {
                // Requests are refused once there is no room left, not before; tried again with the next beat.
                if (!_isStuck) _log.JournalIsStuck(_folder.Path, failed);
                _isStuck = true;
            }
        }
    }

    /// <summary>Ends it. With nothing open there is nothing to prove, and the files go; else they stay for <see cref="HoldJournals"/>.</summary>
    public async ValueTask DisposeAsync()
    {
        _timer.Dispose();
        await _running;
        lock (_tidying)
        {
            lock (_lock)
            {
                if (_isClosed) return;
                _isClosed = true;
            }

            var isWhole = _pending.Count == 0;
            foreach (var file in _full.Append(_current))
            {
                isWhole &= _summed.Take(file.Entries, out _);
                file.Flush();
            }

            foreach (var file in _full.Append(_current).Concat(_spares)) file.Dispose();
            if (isWhole && _summed.IsEmpty) _folder.Delete();
            _folder.Dispose();
        }
    }

    private async Task TidyAlwaysAsync()
    {
        while (await _timer.WaitForNextTickAsync()) Tidy();
    }

    private void AddForSure(ReadOnlySpan<byte> entry)
    {
        lock (_lock)
        {
            if (_isClosed) return;
            if ((_pending.Count > 0 && !AddPending()) || !TryAdd(entry)) _pending.Enqueue(entry.ToArray());
        }
    }

    private bool AddPending()
    {
        while (_pending.TryPeek(out var entry))
        {
            if (!TryAdd(entry)) return false;
            _pending.Dequeue();
        }

        return true;
    }

    private bool TryAdd(ReadOnlySpan<byte> entry)
    {
        if (_isClosed || (_current.Free < entry.Length + JournalEntry.ContinuedLength && !GoOn())) return false;
        _current.Add(entry);
        return _isDirty = true;
    }

    // The next segment is there before the last entry of this one says so.
    private bool GoOn()
    {
        if (!_spares.TryDequeue(out var next)) return false;
        _current.Add(JournalEntry.Of(JournalEntryKind.Continued, next.Number));
        _full.Enqueue(_current);
        _current = next;
        return true;
    }

    private void SumUp()
    {
        JournalFile[] full;
        lock (_lock) full = [.. _full];
        if (full.Length == 0) return;
        // A checkpoint that could not be written is written next time, without taking these entries twice.
        foreach (var file in full.Where(f => f.Number > _folder.Summed))
        {
            if (!_summed.Take(file.Entries, out _)) throw new IOException($"The journal's segment {file.Path} was changed by somebody else.");
            _folder.Summed = file.Number;
        }

        _folder.WriteCheckpoint([.. _summed.Entries()]);
        foreach (var file in full)
        {
            lock (_lock) _full.Dequeue();
            file.Dispose();
            File.Delete(file.Path);
        }
    }

    private void MakeSpares()
    {
        while (true)
        {
            lock (_lock)
            {
                if (_isClosed || _spares.Count >= _size.Spares || _spares.Count + _full.Count + 1 >= _size.SegmentsMax) return;
            }

            var spare = _folder.NewSegment(_lastNumber + 1, _size.SegmentBytes);
            _lastNumber++;
            lock (_lock) _spares.Enqueue(spare);
        }
    }
}

/// <summary>How much a journal takes of the disk.</summary>
/// <param name="SegmentBytes">Bytes of a segment. 4 KiB to 1 GiB; default 4 MiB.</param>
/// <param name="SegmentsMax">Segments there are at most, made ahead or not yet summed up. From 3; default 16. With no more, requests that cost money are refused.</param>
/// <param name="Spares">Segments made ahead. Default 3: enough for 120 MB of entries a second between two rounds.</param>
internal sealed record JournalSize(int SegmentBytes = 4 * 1024 * 1024, int SegmentsMax = 16, int Spares = 3);

internal static partial class HoldJournalLog
{
    [LoggerMessage(2380, LogLevel.Error, "The journal of holds in {Folder} cannot go on; requests that cost money are refused when it is full")]
    public static partial void JournalIsStuck(this ILogger log, string folder, Exception exception);

    [LoggerMessage(2381, LogLevel.Information, "The journal of holds goes on")]
    public static partial void JournalGoesOn(this ILogger log);
}
