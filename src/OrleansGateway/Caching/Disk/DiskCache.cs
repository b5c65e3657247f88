using OrleansGateway.Configuration;
using OrleansGateway.Invalidation;
using OrleansGateway.Telemetry;

namespace OrleansGateway.Caching.Disk;

/// <summary>
/// The part of the cache that is on disk: answers too large for memory, and those that had to leave it and were asked for more than once. What is stored here is found by an index in
/// memory, holds its selectors as what is in memory does, and is checked at each use, so that a purge costs the same with a disk as without. It comes back after a restart as
/// far as the log of invalidations reaches.
/// </summary>
internal sealed class DiskCache : IAsyncDisposable
{
    private const int SweptAtOnce = 1_000;

    /// <summary>Longest time that is spent at the end on writing down what is in memory.</summary>
    private static readonly TimeSpan s_goodbye = TimeSpan.FromSeconds(5);

    private readonly CacheDiskSettings? _settings;
    private readonly string _path;
    private readonly InvalidationTable _invalidations;
    private readonly DiskMetrics _metrics;
    private readonly Random _random;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly DiskIndex _index;
    private DiskOpen? _open;

    /// <param name="settings">None if there is no disk.</param>
    /// <param name="configFolder">Where a relative path begins.</param>
    /// <param name="invalidations">What has been invalidated.</param>
    /// <param name="metrics">Numbers of the disk.</param>
    /// <param name="random">For names of files.</param>
    /// <param name="time">Clock.</param>
    /// <param name="log">For faults.</param>
    public DiskCache(CacheDiskSettings? settings, string configFolder, InvalidationTable invalidations, DiskMetrics metrics, Random random, TimeProvider time, ILogger<DiskCache> log)
    {
        (_settings, _invalidations, _metrics, _random, _time, _log) = (settings, invalidations, metrics, random, time, log);
        _path = Path.Combine(configFolder, settings?.Path ?? "");
        _index = new DiskIndex(settings?.Size.Bytes ?? 0);
        Health = new DiskHealth(time, metrics, log);
        metrics.Size = () => _index.Bytes;
        metrics.Entries = () => _index.Count;
    }

    /// <summary>Whether there is a disk, and it may be used.</summary>
    public bool IsOpen => Volatile.Read(ref _open) is not null;

    /// <summary>Largest body that is stored; 0 without a disk.</summary>
    public long ObjectBytesMax => IsOpen ? _settings!.ObjectMax.Bytes : 0;

    public DiskHealth Health { get; }

    public long Bytes => _index.Bytes;

    public int Count => _index.Count;

    private DiskOpen Disk => _open ?? throw new InvalidOperationException("The disk is not open.");

    /// <summary>
    /// Opens the folder, if there is one, and begins to look through it; serving need not wait for that. Throws <see cref="IOException"/> if it cannot be used.
    /// </summary>
    /// <param name="restored">The sequences of invalidations, whose tickets are ended once all that is there has been interned.</param>
    public void Open(IReadOnlyList<RestoredInvalidations> restored)
    {
        if (_settings is null)
        {
            foreach (var one in restored) one.Dispose();
            return;
        }

        var open = new DiskOpen(DiskFolder.Take(_path), _invalidations, _index, _metrics, _time, _log);
        open.Begin(restored);
        Volatile.Write(ref _open, open);
    }

    /// <summary>Waits until all that was there at the start is found, and what was to be written is.</summary>
    public async Task SettleAsync(CancellationToken cancellation)
    {
        await Disk.Scan.Done.WaitAsync(cancellation);
        await Disk.Jobs.DrainAsync(cancellation);
    }

    /// <summary>Whether something is stored under a key that is not among what is in memory.</summary>
    public bool HasMore(UInt128 hash, CachedResource? inMemory)
    {
        if (!_index.Has(hash)) return false;
        if (inMemory is null) return true;
        foreach (var entry in _index.Find(hash))
        {
            if (!inMemory.Has(entry)) return true;
        }

        return false;
    }

    /// <summary>Reads what is stored under a key.</summary>
    public async Task<List<CachedAnswer>> LoadAsync(UInt128 hash, byte[] key, CacheSettings settings, int bodyBytesInMemory) =>
        await Disk.Reads.RunAsync(() => Load(hash, key, settings, bodyBytesInMemory)) ?? [];

    /// <summary>See <see cref="DiskBody.TryOpenAsync"/>.</summary>
    public async ValueTask<DiskReading?> TryOpenAsync(DiskBody body, long from, long bytes, CancellationToken cancellation)
    {
        var path = Disk.Folder.PathOf(body.Entry.Key, body.Entry.File);
        try
        {
            var reading = await DiskReading.OpenAsync(path, body, from, bytes, cancellation);
            _metrics.Read();
            return reading;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            Damaged(body.Entry, fault);
            return null;
        }
    }

    /// <summary>An answer cannot be read: it is forgotten.</summary>
    public void Damaged(DiskEntry entry, Exception fault)
    {
        if (entry.IsDropped) return;
        _log.Damaged(Disk.Folder.PathOf(entry.Key, entry.File), fault.Message);
        if (_index.Drop(entry)) Disk.Delete([entry], "damaged");
    }

    /// <summary>Something goes out of memory. Those that were asked for more than once are written down. Quick.</summary>
    public void Evicted(in CacheKey key, CachedResource resource, int asks)
    {
        if (asks < 2 || !IsOpen) return;
        foreach (var answer in resource.Answers) Keep(key, answer);
    }

    /// <summary>An answer is stored in memory: what it stands for is not to be found here any more.</summary>
    public void Replaced(in CacheKey key, CachedAnswer by)
    {
        if (!IsOpen) return;
        var bytes = key.ToBytes();
        var (hash, variant, own) = (DiskFolder.HashOf(bytes), by.Vary.Hash(), by.BodyOnDisk?.Entry);
        Disk.Scan.Outdated(hash);
        var dropped = new List<DiskEntry>();
        _index.Drop(hash, entry => entry.Variant == variant && entry != own && entry != by.Copy, dropped);
        Disk.Delete(dropped, "replaced");
        if (own is not null && by.Copy != own) ChangeHead(own, bytes, key.InvalidatedBy, by);
    }

    /// <summary>An answer is not to be found any more.</summary>
    public void Removed(in CacheKey key, CachedAnswer answer)
    {
        if (!IsOpen) return;
        var (hash, variant) = (DiskFolder.HashOf(key.ToBytes()), answer.Vary.Hash());
        Disk.Scan.Outdated(hash);
        var dropped = new List<DiskEntry>();
        _index.Drop(hash, entry => entry.Variant == variant, dropped);
        Disk.Delete(dropped, "replaced");
    }

    /// <summary>Begins to write an answer of which only the head has come. None if it cannot be written.</summary>
    public DiskFill? TryBegin(in CacheKey key, CachedAnswer answer)
    {
        if (!Health.MayWrite)
        {
            _metrics.Dropped("failed");
            return null;
        }

        try
        {
            var bytes = key.ToBytes();
            var head = HeadOf(bytes, key.InvalidatedBy, answer);
            // The body begins at a page, and a head that is confirmed later has some room to grow.
            var headRoom = ((DiskFormat.PrefixBytes + head.Length + 512 + 4095) & ~4095) - DiskFormat.PrefixBytes;
            var place = new DiskPlace(DiskFolder.HashOf(bytes), NewFile(), answer.Vary.Hash(), headRoom);
            return new DiskFill(this, new BlockWriter(Disk.Folder.PathOf(place.Key, place.File), place.File, head, headRoom), place);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            Health.Failed(fault);
            return null;
        }
    }

    /// <summary>Something has been written under its name, and is found from now on. None if it was invalidated meanwhile.</summary>
    public DiskBody? TryAdd(in DiskPlace place, CachedAnswer answer, long length)
    {
        Health.Worked();
        var fileBytes = DiskFormat.FileBytes(place.HeadRoom, length);
        if (answer.Check() == Standing.Gone || answer.Cells.Share() is not { } cells)
        {
            Disk.DeleteFile(place.Key, place.File);
            return null;
        }

        var entry = new DiskEntry(place.Key, place.File, place.Variant) { Cells = cells, FillSeq = answer.FillSeq, Bytes = fileBytes, SpentAt = Disk.SpentAt(answer.Terms) };
        Disk.MakeRoom(fileBytes);
        _index.Add(entry);
        _metrics.Wrote();
        answer.Copy = entry;
        return new DiskBody(this, entry, place.HeadRoom, length);
    }

    /// <summary>Keeps room for bytes that will be written.</summary>
    public bool TryReserve(long bytes)
    {
        if (!Disk.MakeRoom(bytes)) return false;
        _index.Reserve(bytes);
        return true;
    }

    public void Return(long bytes) => _index.Reserve(-bytes);

    /// <summary>A file will not be finished.</summary>
    public void GaveUp(BlockWriter writer, string why)
    {
        _metrics.Dropped(why);
        Disk.Jobs.Do(() =>
        {
            Disk.Try(writer.Abandon);
            return ValueTask.CompletedTask;
        });
    }

    /// <summary>Forgets some of what is of no more use, and notes where all stands.</summary>
    public void Sweep()
    {
        if (!IsOpen) return;
        var (spent, now) = (new List<DiskEntry>(), Disk.Clock.Now);
        if (_index.Count > 0) _index.Sweep(SweptAtOnce, entry => entry.IsSpent(now), spent);
        Disk.Delete(spent, "invalid");
        Disk.Mark();
    }

    /// <summary>The end: what is in memory is written down as far as time allows, what was asked for often first.</summary>
    public async Task CloseAsync(IEnumerable<(CacheKey Key, CachedResource Resource, int Asks)> inMemory)
    {
        if (_open is not { } open) return;
        var started = _time.GetTimestamp();
        open.Jobs.Hurry();
        foreach (var (key, resource, _) in inMemory.OrderByDescending(static one => one.Asks))
        {
            foreach (var answer in resource.Answers)
            {
                if (answer.Check() != Standing.Gone) Keep(key, answer);
            }

            if (open.Jobs.IsBusy) await open.Jobs.DrainAsync(CancellationToken.None);
            if (_time.GetElapsedTime(started) > s_goodbye) break;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_open is { } open) await open.DisposeAsync();
    }

    private List<CachedAnswer> Load(UInt128 hash, byte[] key, CacheSettings settings, int bodyBytesInMemory)
    {
        var loaded = new List<CachedAnswer>();
        foreach (var entry in _index.Find(hash))
        {
            if (Disk.Read(this, entry, key, settings, bodyBytesInMemory) is { } answer) loaded.Add(answer);
        }

        if (loaded.Count > 0) _metrics.Read();
        return [.. loaded.OrderByDescending(static answer => answer.Terms.Times.CameAt)];
    }

    /// <summary>Writes an answer down, unless it is there, is a part, or too much waits.</summary>
    private void Keep(in CacheKey key, CachedAnswer answer)
    {
        if (answer.Part is not null || answer.BodyOnDisk is not null || answer.Copy is { IsDropped: false } || answer.Check() == Standing.Gone) return;
        if (!Health.MayWrite)
        {
            _metrics.Dropped("failed");
            return;
        }

        var bytes = key.ToBytes();
        var (hash, variant, tenant) = (DiskFolder.HashOf(bytes), answer.Vary.Hash(), key.InvalidatedBy);
        // Near enough until the head is made: what counts is that nothing goes uncounted.
        var fileBytes = DiskFormat.FileBytes(answer.Head.Bytes + bytes.Length, answer.Body.Length);
        if (!Disk.MakeRoom(fileBytes) || answer.Cells.Share() is not { } cells) return;
        var dropped = new List<DiskEntry>();
        _index.Drop(hash, entry => entry.Variant == variant, dropped);
        var entry = new DiskEntry(hash, NewFile(), variant) { Cells = cells, FillSeq = answer.FillSeq, Bytes = fileBytes, SpentAt = Disk.SpentAt(answer.Terms), Pending = answer };
        answer.Copy = entry;
        _index.Add(entry);
        if (!Disk.Jobs.TryWrite(fileBytes, () => Disk.WriteAsync(entry, HeadOf(bytes, tenant, answer), answer, Health)))
        {
            _index.Drop(entry);
            _metrics.Dropped("busy");
        }

        Disk.Delete(dropped, "replaced");
    }

    /// <summary>
    /// An answer whose body is here was confirmed: its new head takes the place of the old one. Its selectors do so at once, for the new head is given from memory until it is written.
    /// </summary>
    private void ChangeHead(DiskEntry entry, byte[] key, string? tenant, CachedAnswer answer)
    {
        if (answer.Cells.Share() is not { } cells)
        {
            // The old head must not come back.
            if (_index.Drop(entry)) Disk.Delete([entry], "failed");
            return;
        }

        CellSet? before = null;
        _index.Change(entry, changed =>
        {
            before = changed.Cells;
            (changed.Cells, changed.FillSeq, changed.SpentAt, changed.Pending) = (cells, answer.FillSeq, Disk.SpentAt(answer.Terms), answer);
        });
        (before ?? cells).Dispose();
        // It is out.
        if (before is null) return;
        answer.Copy = entry;
        Disk.Jobs.Do(() =>
        {
            Disk.ChangeHead(entry, HeadOf(key, tenant, answer), answer, Health);
            return ValueTask.CompletedTask;
        });
    }

    private byte[] HeadOf(byte[] key, string? tenant, CachedAnswer answer)
    {
        var times = answer.Terms.Times;
        return new DiskHead(
            key, tenant, answer.FillSeq, answer.Cells.Url, [.. answer.Cells.Held.Select(static cell => cell.Selector)], Disk.Clock.At(times.CameAt), Disk.SpentAt(answer.Terms),
            _time.GetElapsedTime(times.SentAt, times.CameAt), times.Now, answer.Head, answer.Vary).ToBytes();
    }

    private ulong NewFile()
    {
        ulong file;
        lock (_random) file = (ulong)_random.NextInt64();
        Disk.Scan.IsOurs(file);
        return file;
    }
}
