using OrleansGateway.Caching.Disk;

namespace OrleansGateway.Caching;

/// <summary>
/// A body that is still coming: one writes it, many read it from its beginning as it comes, each at its own pace. Up to its bound all of it is kept; a body that turns
/// out to be larger goes on as a window, in which the slowest reader holds the writer back.
/// </summary>
#pragma warning disable CA1001 // Disposing of a reader ends the reading; there is nothing to free.
internal sealed class FillBody
#pragma warning restore CA1001
{
    private const int FirstBytes = 4 << 10;
    private const int PieceBytesMax = 64 << 10;

    // Of what is on disk already, so much stays for those who keep up.
    private const int KeptBytes = 512 << 10;

    private readonly Lock _lock = new();
    private readonly List<Piece> _pieces = [];
    private readonly HashSet<FillReader> _readers = [];
    private readonly int _bytesMax;
    private FillReader? _reserved;
    private TaskCompletionSource? _come;
    private TaskCompletionSource? _taken;
    private Exception? _failure;
    private bool _isWhole;

    /// <param name="length">Length, where the head states it; none if it does not.</param>
    /// <param name="bytesMax">Most that is kept.</param>
    public FillBody(long? length, int bytesMax)
    {
        _bytesMax = bytesMax;
        if (length is > 0 && length <= bytesMax) _pieces.Add(new Piece(new byte[length.Value], 0));
    }

    /// <summary>Bytes that have come.</summary>
    public long Length { get; private set; }

    /// <summary>Whether it is larger than its bound, so that what was read by all is gone.</summary>
    public bool IsWindow { get; private set; }

    /// <summary>Whether a body that is larger than the bound may be written to disk as it comes.</summary>
    public bool MayGoToDisk { get; init; }

    /// <summary>Whether it has outgrown memory.</summary>
    public bool IsTooLarge => Length > _bytesMax;

    /// <summary>Where it is written, if it is too large for memory.</summary>
    public DiskFill? OnDisk { get; private set; }

    /// <summary>How many read it now.</summary>
    public int Readers
    {
        get
        {
            lock (_lock) return _readers.Count;
        }
    }

    /// <summary>A reader at its beginning; none if that is gone.</summary>
    public FillReader? TryRead()
    {
        lock (_lock)
        {
            if (IsWindow) return null;
            var reader = new FillReader(this);
            _readers.Add(reader);
            return reader;
        }
    }

    /// <summary>Keeps the beginning for one who will come for it in any case, so that it is not gone before.</summary>
    public void Reserve()
    {
        lock (_lock) _readers.Add(_reserved = new FillReader(this));
    }

    /// <summary>The reader that was kept, once; none if there is none.</summary>
    public FillReader? TakeReserved()
    {
        lock (_lock)
        {
            var reserved = _reserved;
            _reserved = null;
            return reserved;
        }
    }

    /// <summary>Where the next bytes are to be written; <see cref="Wrote"/> says how many they were.</summary>
    public Memory<byte> Room()
    {
        lock (_lock)
        {
            if (_pieces is [.., { Free: > 0 } last]) return last.Bytes.AsMemory(last.Length);
            // One that is filled was too small.
            var size = _pieces.Count == 0 ? FirstBytes : Math.Min(_pieces[^1].Bytes.Length * 4, PieceBytesMax);
            _pieces.Add(new Piece(new byte[size], Length));
            return _pieces[^1].Bytes;
        }
    }

    /// <summary>So many bytes have been written where there was room.</summary>
    public void Wrote(int bytes)
    {
        TaskCompletionSource? come;
        lock (_lock)
        {
            _pieces[^1].Length += bytes;
            Length += bytes;
            if (Length > _bytesMax && !MayGoToDisk) IsWindow = true;
            (come, _come) = (_come, null);
        }

        come?.SetResult();
    }

    /// <summary>It goes to the disk as it comes.</summary>
    public void GoesToDisk(DiskFill disk)
    {
        lock (_lock) OnDisk = disk;
    }

    /// <summary>It goes on as a window: there is no disk, or none any more.</summary>
    public void GoesOnAsWindow()
    {
        lock (_lock) IsWindow = true;
    }

    /// <summary>Writes to the disk what has come. False if that is not possible any more.</summary>
    public async ValueTask<bool> TryWriteDownAsync(TimeProvider time)
    {
        while (OnDisk!.Length < Length)
        {
            ReadOnlyMemory<byte> next;
            lock (_lock) next = Next(OnDisk.Length);
            if (!await OnDisk.TryAppendAsync(next, time)) return false;
        }

        lock (_lock)
        {
            var written = Math.Min(OnDisk.Written, Length - KeptBytes);
            while (_pieces.Count > 1 && _pieces[0].From + _pieces[0].Length <= written) _pieces.RemoveAt(0);
        }

        return true;
    }

    /// <summary>Waits, if there is no room for more: until readers have taken of it, or there are none.</summary>
    /// <param name="patience">How long a reader may take nothing while others wait; then it is cut off.</param>
    /// <param name="time">Clock of it.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public async ValueTask AwaitRoomAsync(TimeSpan patience, TimeProvider time, CancellationToken cancellation)
    {
        while (Full() is { } taken)
        {
            try
            {
                await taken.WaitAsync(patience, time, cancellation);
            }
            catch (TimeoutException)
            {
                CutOffSlowest();
            }
        }
    }

    /// <summary>It has come to its proper end.</summary>
    public void Complete() => End(null);

    /// <summary>It broke off: readers get what has come, and then this.</summary>
    public void Fail(Exception failure) => End(failure);

    /// <summary>All of it in one piece; once it is whole and never was a window.</summary>
    public byte[] ToArray()
    {
        if (_pieces.Count == 0) return [];
        if (_pieces is [{ Free: 0 } only]) return only.Bytes;
        var whole = new byte[Length];
        foreach (var piece in _pieces) piece.Bytes.AsSpan(0, piece.Length).CopyTo(whole.AsSpan((int)piece.From));
        return whole;
    }

    /// <summary>What has come from a place on, without waiting; nothing at the end of what has come.</summary>
    internal ReadOnlyMemory<byte> From(FillReader reader, out Task? more)
    {
        lock (_lock)
        {
            more = null;
            if (reader.IsCutOff) throw new IOException("The reader was too slow for those who read the same answer.");
            if (OnDisk is not null && _pieces.Count > 0 && reader.Position < _pieces[0].From)
            {
                reader.Behind = OnDisk;
                return default;
            }

            reader.Behind = null;
            if (Next(reader.Position) is { IsEmpty: false } next) return next;
            if (_failure is { } failure) throw new IOException("The answer broke off.", failure);
            if (!_isWhole) more = (_come ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            return default;
        }
    }

    internal void Took(FillReader reader, int bytes)
    {
        lock (_lock)
        {
            reader.Position += bytes;
            if (IsWindow) DropTaken();
        }
    }

    /// <summary>A reader reads no more. Returns whether it was the last.</summary>
    internal bool Leave(FillReader reader)
    {
        lock (_lock)
        {
            if (!_readers.Remove(reader)) return false;
            if (IsWindow) DropTaken();
            return _readers.Count == 0;
        }
    }

    private ReadOnlyMemory<byte> Next(long position)
    {
        // Nearly always the last.
        for (var i = _pieces.Count - 1; i >= 0; i--)
        {
            var piece = _pieces[i];
            if (position >= piece.From) return piece.Bytes.AsMemory((int)(position - piece.From), piece.Length - (int)(position - piece.From));
        }

        return default;
    }

    private Task? Full()
    {
        lock (_lock)
        {
            if (!IsWindow || _readers.Count == 0) return null;
            DropTaken();
            var held = Length - (_pieces.Count == 0 ? Length : _pieces[0].From);
            return held < _bytesMax + PieceBytesMax ? null : (_taken ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    private void DropTaken()
    {
        var least = _readers.Count == 0 ? Length : _readers.Min(static reader => reader.Position);
        var dropped = 0;
        while (_pieces.Count > 1 && _pieces[0].From + _pieces[0].Length <= least)
        {
            _pieces.RemoveAt(0);
            dropped++;
        }

        if (dropped == 0) return;
        _taken?.SetResult();
        _taken = null;
    }

    private void CutOffSlowest()
    {
        lock (_lock)
        {
            if (_readers.MinBy(static reader => reader.Position) is not { } slowest) return;
            slowest.IsCutOff = true;
            _readers.Remove(slowest);
            DropTaken();
            // It may be waiting for nothing but its client, who will find it cut off when he takes again.
        }
    }

    private void End(Exception? failure)
    {
        TaskCompletionSource? come;
        lock (_lock)
        {
            (_isWhole, _failure) = (failure is null, failure);
            (come, _come) = (_come, null);
        }

        come?.SetResult();
    }

    private sealed class Piece(byte[] bytes, long from)
    {
        public byte[] Bytes => bytes;

        /// <summary>Where in the body it begins.</summary>
        public long From => from;

        public int Length { get; set; }

        public int Free => bytes.Length - Length;
    }
}
