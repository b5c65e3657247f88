using System.Collections.Concurrent;
using OrleansGateway.Invalidation;
using OrleansGateway.Telemetry;

namespace OrleansGateway.Caching.Disk;

/// <summary>
/// Finds again what an earlier run has stored. Of each answer only what no invalidation has selected since its fetch began comes back: the log says so from some place of each sequence on,
/// and what is older than that is deleted, as is all of a store whose log has gone back.
/// </summary>
internal sealed class DiskScan(DiskOpen disk, InvalidationTable invalidations, DiskIndex index, DiskMetrics metrics, ILogger log)
{
    private readonly ConcurrentDictionary<ulong, byte> _ours = [];
    private readonly ConcurrentDictionary<UInt128, byte> _outdated = [];
    private readonly Dictionary<string, RestoredInvalidations> _tenants = new(StringComparer.Ordinal);
    private RestoredInvalidations? _everybodys;
    private volatile bool _isDone;
    private volatile bool _mayMark;
    private long _dropped;

    /// <summary>All that was there is found, or deleted.</summary>
    public Task Done { get; private set; } = Task.CompletedTask;

    /// <summary>Whether all that is there is of the sequences of now: not before what cannot be trusted is deleted, or the next run would trust what is left of it.</summary>
    public bool MayMark => _mayMark;

    /// <summary>A file of this run, which is nothing to be found again.</summary>
    public void IsOurs(ulong file)
    {
        if (!_isDone) _ours[file] = 0;
    }

    /// <summary>What is stored under a key is newer than anything to be found, or is not to be stored.</summary>
    public void Outdated(UInt128 key)
    {
        if (!_isDone) _outdated[key] = 0;
    }

    /// <param name="restored">The sequences, whose tickets are ended at the end.</param>
    /// <param name="mark">Where they stood when the store was written last; none if that is not known, or the store is new.</param>
    /// <param name="stopping">Ends it early; what was not found is found the next time.</param>
    public void Begin(IReadOnlyList<RestoredInvalidations> restored, DiskMark? mark, CancellationToken stopping)
    {
        foreach (var one in restored)
        {
            if (one.Tenant is { } tenant) _tenants[tenant] = one;
            else _everybodys = one;
        }

        var whyNone = WhyNone(mark);
        _mayMark = whyNone is null;
        Done = Task.Run(() => Run(whyNone, stopping), CancellationToken.None);
    }

    /// <summary>Why nothing that is there can be trusted; none if it can.</summary>
    private string? WhyNone(DiskMark? mark)
    {
        if (mark is null) return "it is not known which invalidations it has seen";
        foreach (var tenant in mark.Tenants.Keys.Append(null))
        {
            if (mark.HeadOf(tenant) > HeadOf(tenant)) return "it has seen invalidations that the log of invalidations does not have: that was lost, or restored from an older copy";
        }

        return null;
    }

    private long HeadOf(string? tenant) => (tenant is null ? _everybodys : _tenants.GetValueOrDefault(tenant))?.Head ?? 0;

    private void Run(string? whyNone, CancellationToken stopping)
    {
        try
        {
            var isTold = whyNone is null;
            foreach (var path in disk.Folder.Files())
            {
                var name = DiskFolder.NameOf(path.EndsWith(DiskFolder.Unfinished, StringComparison.Ordinal) ? path[..^DiskFolder.Unfinished.Length] : path);
                if (name is { } known && _ours.ContainsKey(known.File)) continue;
                if (stopping.IsCancellationRequested)
                {
                    // What could not be trusted is not trusted the next time either.
                    if (whyNone is not null) return;
                    // What was replaced must not come back; all else is found the next time.
                    if (name is not { } left || !_outdated.ContainsKey(left.Key)) continue;
                }

                if (!isTold) log.ThrownAway(whyNone!);
                isTold = true;
                if (whyNone is null && !stopping.IsCancellationRequested && TryFind(path)) continue;
                _dropped++;
                disk.Try(() => File.Delete(path));
            }

            _mayMark = true;
            disk.Mark(isTime: true);
            if (index.Count > 0 || _dropped > 0) log.CameBack(index.Count, index.Bytes, _dropped);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            log.ThrownAway(unreadable.Message);
        }
        finally
        {
            metrics.Dropped("restart", _dropped);
            _everybodys?.Dispose();
            foreach (var one in _tenants.Values) one.Dispose();
            _isDone = true;
            _ours.Clear();
            _outdated.Clear();
        }
    }

    /// <summary>Whether a file is a stored answer that may still be given, and is found now.</summary>
    private bool TryFind(string path)
    {
        if (DiskFolder.NameOf(path) is not { } name) return false;
        try
        {
            var (prefix, head) = DiskFile.ReadHead(path, name.File);
            if (DiskFolder.HashOf(head.Key) != name.Key || Intern(head) is not { } cells) return false;
            var bytes = DiskFormat.FileBytes(prefix.HeadRoom, prefix.BodyLength);
            var entry = new DiskEntry(name.Key, name.File, head.Vary.Hash()) { Cells = cells, FillSeq = head.FillSeq, Bytes = bytes, SpentAt = head.SpentAt };
            if (entry.IsSpent(disk.Clock.Now) || !disk.MakeRoom(bytes))
            {
                cells.Dispose();
                return false;
            }

            index.Add(entry);
            return !_outdated.ContainsKey(name.Key) || !index.Drop(entry);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private CellSet? Intern(DiskHead head)
    {
        var sequence = head.Tenant is null ? _everybodys : _tenants.GetValueOrDefault(head.Tenant);
        var tenant = invalidations.Of(head.Tenant);
        if (sequence is null)
        {
            // Nothing of it was ever invalidated, until now perhaps: what came meanwhile is known for what is fetched from here on.
            sequence = new RestoredInvalidations(head.Tenant, 0, tenant.BeginFill());
            if (head.Tenant is null) _everybodys = sequence;
            else _tenants[head.Tenant] = sequence;
        }

        var isKnown = head.FillSeq >= sequence.Ticket.Seq && head.FillSeq <= sequence.Head;
        return isKnown ? tenant.Intern(sequence.Ticket, head.Url, [.. head.Selectors]) : null;
    }
}
