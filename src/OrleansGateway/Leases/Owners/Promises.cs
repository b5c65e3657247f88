namespace OrleansGateway.Leases.Owners;

/// <summary>
/// Units of a bucket that were granted for a later moment, to requests that wait. Until then they count as out, and as used from then on: so that nothing else is let through in
/// their place, and what comes after them need not wait until an edge says so.
/// </summary>
internal sealed class Promises
{
    private readonly List<(TimeSpan At, OwnerLease Lease, long Units)> _pending = [];
    private readonly Dictionary<OwnerLease, long> _released = [];

    /// <summary>Units that are used by now, and of which no edge has said so: among what is out, but not to be counted so.</summary>
    public long Released { get; private set; }

    /// <summary>Units of leases that are over, which are still to be used.</summary>
    public long Orphaned { get; private set; }

    public void Add(OwnerLease lease, long units, TimeSpan at) => _pending.Add((at, lease, units));

    /// <summary>When the next one is due.</summary>
    public TimeSpan NextAt()
    {
        var next = TimeSpan.MaxValue;
        foreach (var (at, _, _) in _pending)
        {
            if (at < next) next = at;
        }

        return next;
    }

    /// <summary>What is due has been used.</summary>
    public void ReleaseUntil(TimeSpan now)
    {
        for (var i = _pending.Count - 1; i >= 0; i--)
        {
            var (at, lease, units) = _pending[i];
            if (at > now) continue;
            _pending.RemoveAt(i);
            if (lease.IsOver)
            {
                Orphaned -= units;
                continue;
            }

            Release(lease, Math.Min(units, lease.Out - ReleasedOf(lease)));
        }
    }

    /// <summary>An edge says that units are spent. Nobody says which: taking them for released ones leaves more counted as out, never less.</summary>
    public void Spent(OwnerLease lease, long units)
    {
        Release(lease, -Math.Min(units, ReleasedOf(lease)));
    }

    /// <summary>Units have come back: perhaps of requests that wait no more.</summary>
    public void Returned(OwnerLease lease, long units)
    {
        var released = Math.Min(units, ReleasedOf(lease));
        Spent(lease, released);
        units -= released;
        for (var i = _pending.Count - 1; i >= 0 && units > 0; i--)
        {
            var pending = _pending[i];
            if (pending.Lease != lease) continue;
            var fewer = Math.Min(units, pending.Units);
            units -= fewer;
            if (fewer == pending.Units) _pending.RemoveAt(i);
            else _pending[i] = pending with { Units = pending.Units - fewer };
        }
    }

    /// <summary>A lease is about to be over: those who wait at its edge go on all the same.</summary>
    public void Burn(OwnerLease lease)
    {
        Spent(lease, ReleasedOf(lease));
        Orphaned += PendingOf(lease);
    }

    /// <summary>When how much stops being counted as out.</summary>
    public IEnumerable<(TimeSpan At, long Units)> Events() => _pending.Select(p => (p.At, p.Units));

    /// <summary>Of what is out of a lease, units that were promised: for a moment to come, or one that is past.</summary>
    public long TotalOf(OwnerLease lease) => PendingOf(lease) + ReleasedOf(lease);

    private long ReleasedOf(OwnerLease lease) => _released.GetValueOrDefault(lease);

    private void Release(OwnerLease lease, long units)
    {
        Released += units;
        if (ReleasedOf(lease) + units is not 0 and var sum) _released[lease] = sum;
        else _released.Remove(lease);
    }

    private long PendingOf(OwnerLease lease)
    {
        var sum = 0L;
        foreach (var pending in _pending)
        {
            if (pending.Lease == lease) sum += pending.Units;
        }

        return sum;
    }
}
