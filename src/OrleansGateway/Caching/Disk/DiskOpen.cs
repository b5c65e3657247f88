using OrleansGateway.Caching.Terms;
using OrleansGateway.Configuration;
using OrleansGateway.Invalidation;
using OrleansGateway.Telemetry;

namespace OrleansGateway.Caching.Disk;

/// <summary>The folder while it is in use: its files, its clock, and the work on it that nobody waits for.</summary>
internal sealed class DiskOpen : IAsyncDisposable
{
    /// <summary>How often it is noted where clocks and sequences stand.</summary>
    private static readonly TimeSpan s_markInterval = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _stopping = new();
    private readonly InvalidationTable _invalidations;
    private readonly DiskIndex _index;
    private readonly DiskMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly DiskMark? _found;
    private long _markedAt;

    public DiskOpen(DiskFolder folder, InvalidationTable invalidations, DiskIndex index, DiskMetrics metrics, TimeProvider time, ILogger log)
    {
        (Folder, _invalidations, _index, _metrics, _time, _log) = (folder, invalidations, index, metrics, time, log);
        _found = folder.ReadMark();
        Clock = new DiskClock(time, _found is { } mark ? (DateTimeOffset.FromUnixTimeMilliseconds(mark.Machine), mark.Store) : null);
        Jobs = new DiskJobs(time, log);
        Reads = new DiskReads(time);
        Scan = new DiskScan(this, invalidations, index, metrics, log);
        _markedAt = time.GetTimestamp();
    }

    public DiskFolder Folder { get; }

    public DiskClock Clock { get; }

    public DiskJobs Jobs { get; }

    public DiskReads Reads { get; }

    public DiskScan Scan { get; }

    public void Begin(IReadOnlyList<RestoredInvalidations> restored) => Scan.Begin(restored, _found, _stopping.Token);

    /// <summary>Takes as many out as must go so that so many bytes more have room; false if there is none for them at all.</summary>
    public bool MakeRoom(long bytes)
    {
        var dropped = new List<DiskEntry>();
        var fits = _index.MakeRoom(bytes, dropped);
        Delete(dropped, "room");
        return fits;
    }

    /// <summary>Deletes the files of what has left the index.</summary>
    public void Delete(IReadOnlyCollection<DiskEntry> dropped, string why)
    {
        _metrics.Dropped(why, dropped.Count);
        foreach (var entry in dropped) DeleteFile(entry.Key, entry.File);
    }

    public void DeleteFile(UInt128 key, ulong file) => Jobs.Do(() =>
    {
        Try(() => File.Delete(Folder.PathOf(key, file)));
        return ValueTask.CompletedTask;
    });

    /// <summary>Does what may fail without harm: what stays is thrown out at the next start.</summary>
    public void Try(Action work)
    {
        try
        {
            work();
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            _metrics.Failed();
        }
    }

    /// <summary>Writes an answer that is in the index already.</summary>
    public async ValueTask WriteAsync(DiskEntry entry, byte[] head, CachedAnswer answer, DiskHealth health)
    {
        if (entry.IsDropped) return;
        try
        {
            using var writer = new BlockWriter(Folder.PathOf(entry.Key, entry.File), entry.File, head, head.Length, Math.Min(answer.Body.Length, DiskFormat.BlockBytes));
            try
            {
                await writer.AppendAsync(answer.Body);
                await writer.FinishAsync();
            }
            catch
            {
                Try(writer.Abandon);
                throw;
            }

            health.Worked();
            _metrics.Wrote();
            if (_index.Change(entry, changed => (changed.Pending, changed.Bytes) = (null, DiskFormat.FileBytes(head.Length, answer.Body.Length)))) return;
            // It was dropped while it was being written.
            DeleteFile(entry.Key, entry.File);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            health.Failed(fault);
            if (_index.Drop(entry)) _metrics.Dropped("failed");
        }
    }

    /// <summary>Puts the head of an answer that was confirmed in the place of the one before.</summary>
    public void ChangeHead(DiskEntry entry, byte[] head, CachedAnswer answer, DiskHealth health)
    {
        var body = answer.BodyOnDisk!;
        try
        {
            if (entry.IsDropped || entry.Pending != answer) return;
            if (head.Length <= body.HeadRoom)
            {
                BlockWriter.ChangeHead(Folder.PathOf(entry.Key, entry.File), entry.File, head, body.HeadRoom, body.Length);
                _index.Change(entry, changed => changed.Pending = changed.Pending == answer ? null : changed.Pending);
                return;
            }
        }
        catch (FileNotFoundException)
        {
            // Somebody has deleted it.
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            health.Failed(fault);
        }

        // The old head must not come back.
        if (_index.Drop(entry)) Delete([entry], "failed");
    }

    /// <summary>Reads an answer; none if it is not the one asked for, or not what was written.</summary>
    public CachedAnswer? Read(DiskCache cache, DiskEntry entry, byte[] key, CacheSettings settings, int bodyBytesInMemory)
    {
        // Twice: the head may be changed just now, and stands in memory meanwhile.
        for (var attempt = 0; ; attempt++)
        {
            if (_index.Hold(entry) is not { } held) return null;
            if (held.Pending is { } pending) return pending.With(held.Cells);
            try
            {
                var answer = Read(cache, entry, held.Cells, key, settings, bodyBytesInMemory);
                // A head that came meanwhile goes with other selectors.
                if (_index.IsAsHeld(entry, held)) return answer;
                answer.LetGo();
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                held.Cells.Dispose();
                if (attempt == 0) continue;
                cache.Damaged(entry, fault);
                return null;
            }
        }
    }

    /// <summary>On which terms an answer may be used, by the settings of now.</summary>
    public AnswerTerms TermsOf(DiskHead head, CacheSettings settings)
    {
        var cameAt = Clock.TimestampAt(head.CameAt);
        return AnswerTerms.Again(head.Head, cameAt, head.Delay, head.Date, settings, _time);
    }

    /// <summary>From when on an answer is of no use: stale past all that may be done with it, and nothing to confirm it by.</summary>
    public long SpentAt(AnswerTerms terms)
    {
        if (terms.HasValidator) return long.MaxValue;
        var left = terms.Lifetime - terms.Age(_time, _time.GetTimestamp()) + (terms.WhileRevalidate > terms.IfError ? terms.WhileRevalidate : terms.IfError);
        return Clock.Now + (long)left.TotalMilliseconds;
    }

    /// <summary>Notes where clocks and sequences stand, if it is time.</summary>
    public void Mark(bool isTime = false)
    {
        if (!isTime && _time.GetElapsedTime(_markedAt) < s_markInterval) return;
        _markedAt = _time.GetTimestamp();
        Jobs.Do(() =>
        {
            WriteMark();
            return ValueTask.CompletedTask;
        });
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await Scan.Done;
        await Jobs.DisposeAsync();
        WriteMark();
        Reads.Dispose();
        Folder.Dispose();
        _stopping.Dispose();
    }

    private CachedAnswer Read(DiskCache cache, DiskEntry entry, CellSet cells, byte[] key, CacheSettings settings, int bodyBytesInMemory)
    {
        using var handle = DiskFile.Open(Folder.PathOf(entry.Key, entry.File));
        var (prefix, head) = DiskFile.ReadHead(handle, entry.File);
        if (!head.Key.AsSpan().SequenceEqual(key)) throw new DiskFaultException("It is another's.");
        var answer = new CachedAnswer(head.Head, TermsOf(head, settings), head.Vary, _invalidations.Of(head.Tenant), cells, head.FillSeq) { Length = prefix.BodyLength, Copy = entry };
        return prefix.BodyLength > bodyBytesInMemory
            ? answer.WithBody(new DiskBody(cache, entry, prefix.HeadRoom, prefix.BodyLength))
            : answer.WithBody(new BlockReader(handle, entry.File, prefix.HeadRoom).ReadWhole(prefix.BodyLength));
    }

    private void WriteMark()
    {
        if (!Scan.MayMark) return;
        var heads = _invalidations.Tenants.Select(tenant => (Tenant: tenant, Head: _invalidations.Of(tenant).Applied)).Where(static one => one.Head > 0);
        var mark = new DiskMark(_time.GetUtcNow().ToUnixTimeMilliseconds(), Clock.Now, _invalidations.Of(null).Applied, heads.ToDictionary(static one => one.Tenant, static one => one.Head));
        Try(() => Folder.Write(mark));
    }
}
