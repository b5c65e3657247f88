using System.Buffers;
using OrleansGateway.Configuration;
using OrleansGateway.Leases.Journal;

namespace OrleansGateway.Usage;

/// <summary>
/// The log in memory-mapped files: what was appended is there after <c>kill -9</c> without a call of the kernel, and on the disk within milliseconds. Segments are made ahead, every byte of
/// them written, so that a full disk is found then and not by a call that has ended.
/// <para>
/// One lock, held for a copy of some hundred bytes. Below the room that calls in flight may need new ones are refused, and records of requests that nothing was sent for are
/// dropped: they are no money.
/// </para>
/// </summary>
internal sealed class UsageLog : IUsageLog, IAsyncDisposable
{
    /// <summary>Room kept for each request in flight: a call of one attempt takes a quarter of it.</summary>
    public const int BytesPerCall = 2 * 1024;

    /// <summary>How often it is tried again to make room.</summary>
    private static readonly TimeSpan s_lookEvery = TimeSpan.FromSeconds(1);

    private const int SegmentBytesMax = 4 * 1024 * 1024;
    private const int SparesMin = 3;

    private readonly Lock _lock = new();
    private readonly Lock _tidying = new();
    private readonly JournalFolder _folder;
    private readonly Guid _session;
    private readonly uint _word;
    private readonly int _segmentBytes;
    private readonly Func<UsageSettings> _settings;
    private readonly Func<long> _inFlight;
    private readonly UsageLogFigures _figures;
    private readonly TimeProvider _time;
    private readonly ILogger<UsageLog> _log;
    private readonly Queue<UsageSegment> _spares = [];
    private readonly CancellationTokenSource _closing = new();
    private readonly Wake _work = new();
    private readonly Task _tidyingAlways;

    private UsageSegment _current;
    private UsageSegment? _unflushed;
    private long _room;
    private long _lastNumber = 1;
    private bool _isDirty;
    private bool _isClosed;
    private volatile bool _isStuck;
    private volatile bool _isBroken;

    private UsageLog(JournalFolder folder, Guid session, UsageBacklog backlog, UsageLogParts parts)
    {
        (_folder, _session, _word, Backlog) = (folder, session, UsageFrame.WordOf(session), backlog);
        (_settings, _inFlight, _figures, _time, _log) = (parts.Settings, parts.InFlight, parts.Figures, parts.Time, parts.Log);
        // So small that the bound is kept to, and no smaller.
        _segmentBytes = (int)Math.Min(SegmentBytesMax, _settings().LogMax.Bytes / 16);
        _current = UsageSegment.Create(folder, session, _lastNumber, _segmentBytes);
        _room = _current.Free;
        Backlog.Add(_current);
        Tidy();
        _tidyingAlways = Task.Run(TidyAlwaysAsync);
    }

    /// <summary>What is to be applied to the store.</summary>
    public UsageBacklog Backlog { get; }

    /// <summary>Set when there is more to apply.</summary>
    public Wake Arrived { get; } = new();

    /// <summary>Told by <see cref="UsageShipper"/> how to wait for it.</summary>
    public Func<UsagePosition, CancellationToken, Task> Flushing { get; set; } = static (_, _) => Task.CompletedTask;

    /// <inheritdoc/>
    public bool HasRoom => _settings().WhenFull == UsageWhenFull.Drop || (!_isBroken && HasReserve());

    /// <summary>Why there is no room; none if there is.</summary>
    public string? Obstacle => HasReserve() && !_isBroken ? null
        : _isBroken ? "The disk of the usage log fails."
        : _isStuck ? "The disk has no room for the usage log."
        : "The usage log is full: its records wait for their store.";

    /// <summary>
    /// Begins the log of a session in a folder of its own below <paramref name="folder"/>, and takes over what former ones have left there. Throws <see cref="IOException"/> if the disk
    /// has no room for it.
    /// </summary>
    public static UsageLog Open(string folder, Guid session, UsageLogParts parts)
    {
        var backlog = new UsageBacklog(folder);
        JournalFolder? begun = null;
        try
        {
            begun = JournalFolder.Begin(folder, session, HoldJournals.BootId());
            return new UsageLog(begun, session, backlog, parts);
        }
        catch
        {
            begun?.Dispose();
            backlog.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public bool TryAppend(ReadOnlySpan<UsageRecord> records)
    {
        if (records.IsEmpty) return true;
        var buffer = ArrayPool<byte>.Shared.Rent(UsageFrame.LengthMax(records));
        var length = UsageFrame.Write(records, _word, _time.GetUtcNow(), buffer);
        bool isAdded, isFirst;
        lock (_lock)
        {
            isAdded = !_isClosed && (HasReserve() || IsMoney(records)) && TryAdd(buffer.AsSpan(0, length));
            (isFirst, _isDirty) = (isAdded && !_isDirty, _isDirty || isAdded);
        }

        ArrayPool<byte>.Shared.Return(buffer);
        if (!isAdded)
        {
            if (_figures.Drop(records.Length, _time.GetTimestamp(), _time) is > 0 and var dropped) _log.RecordsDropped(dropped);
            _work.Set();
            return false;
        }

        _figures.Append(records.Length);
        if (isFirst) _work.Set();
        Arrived.Set();
        return true;
    }

    /// <inheritdoc/>
    public Task FlushAsync(CancellationToken cancellation)
    {
        UsagePosition end;
        lock (_lock) end = new UsagePosition(_current.Number, _current.End);
        return Flushing(end, cancellation);
    }

    /// <summary>One round of what the background does: waits for the disk, and makes segments.</summary>
    public void Tidy()
    {
        lock (_tidying)
        {
            try
            {
                Sync();
                _isBroken = false;
                MakeSpares();
                if (_isStuck) _log.LogGoesOn();
                _isStuck = false;
            }
            catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
            {
                if (!_isStuck) _log.LogIsStuck(_folder.Path, failed);
                _isStuck = true;
            }
        }
    }

    /// <summary>Ends it: nothing is appended any more. If all is applied nothing of it is left; else it stays for the next session.</summary>
    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        await _tidyingAlways;
        lock (_tidying)
        {
            lock (_lock)
            {
                if (_isClosed) return;
                _isClosed = true;
            }

            var isApplied = Backlog.IsOfThisSession && Backlog.Taken.CompareTo(new UsagePosition(_current.Number, _current.End)) >= 0;
            _current.Flush();
            Backlog.Dispose();
            foreach (var spare in _spares) spare.Delete();
            if (isApplied) _folder.Delete();
            _folder.Dispose();
        }
    }

    private static bool IsMoney(ReadOnlySpan<UsageRecord> records)
    {
        foreach (var record in records)
        {
            if (record.Attempt > 0 || record.Charges.Count > 0 || record.Cost.Total != 0) return true;
        }

        return false;
    }

    // And part of a segment: the end of one may be too short for a frame.
    private bool HasReserve() => Volatile.Read(ref _room) >= (_inFlight() + 1) * BytesPerCall + _segmentBytes / 8;

    private bool TryAdd(ReadOnlySpan<byte> frame)
    {
        if (_current.Free < frame.Length)
        {
            if (frame.Length > _segmentBytes - JournalFile.HeaderLength || !_spares.TryDequeue(out var next)) return false;
            // The backlog knows the next one before this one can be done with.
            Backlog.Add(next);
            _current.Close();
            _unflushed ??= _current;
            _current = next;
        }

        _current.Add(frame);
        Volatile.Write(ref _room, _current.Free + (long)_spares.Count * (_segmentBytes - JournalFile.HeaderLength));
        return true;
    }

    private async Task TidyAlwaysAsync()
    {
        try
        {
            while (true)
            {
                await _work.WaitAsync(s_lookEvery, _time, _closing.Token);
                Tidy();
                await Task.Delay(_settings().SyncEvery, _time, _closing.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // Closed.
        }
    }

    private void Sync()
    {
        UsageSegment current;
        UsageSegment? before;
        lock (_lock)
        {
            if (!_isDirty) return;
            (current, before, _unflushed, _isDirty) = (_current, _unflushed, null, false);
        }

        try
        {
            before?.Flush();
            current.Flush();
        }
        catch
        {
            lock (_lock) (_unflushed, _isDirty) = (before, true);
            _isBroken = true;
            throw;
        }
    }

    private void MakeSpares()
    {
        while (true)
        {
            var wanted = SparesMin + (_inFlight() * BytesPerCall / _segmentBytes);
            lock (_lock)
            {
                if (_isClosed || _spares.Count >= wanted || _spares.Count + Backlog.Segments >= _settings().LogMax.Bytes / _segmentBytes) return;
            }

            var spare = UsageSegment.Create(_folder, _session, _lastNumber + 1, _segmentBytes);
            _lastNumber++;
            lock (_lock)
            {
                _spares.Enqueue(spare);
                Volatile.Write(ref _room, _current.Free + (long)_spares.Count * (_segmentBytes - JournalFile.HeaderLength));
            }
        }
    }
}

/// <summary>What a log needs from others.</summary>
/// <param name="Settings">Those in force.</param>
/// <param name="InFlight">Requests in flight, for each of which room is kept.</param>
/// <param name="Figures">Counts what becomes of records.</param>
/// <param name="Time">Dates frames and beats.</param>
/// <param name="Log">Says when it is full or cannot go on.</param>
internal sealed record UsageLogParts(Func<UsageSettings> Settings, Func<long> InFlight, UsageLogFigures Figures, TimeProvider Time, ILogger<UsageLog> Log);

internal static partial class UsageLogLog
{
    [LoggerMessage(2621, LogLevel.Error, "The usage log in {Folder} cannot go on; when it is full, model calls are refused or their records dropped, as usage.when_full says")]
    public static partial void LogIsStuck(this ILogger log, string folder, Exception exception);

    [LoggerMessage(2622, LogLevel.Information, "The usage log goes on")]
    public static partial void LogGoesOn(this ILogger log);

    [LoggerMessage(2623, LogLevel.Error, "Dropped {Records} usage records: the usage log has no room")]
    public static partial void RecordsDropped(this ILogger log, long records);
}
