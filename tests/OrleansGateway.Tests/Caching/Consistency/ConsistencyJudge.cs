namespace OrleansGateway.Tests.Caching.Consistency;

/// <summary>
/// Knows what was acknowledged: a read that begins after the invalidation of a version was acknowledged must see that version, or a later one. In the manner of Polaris, but with the
/// writers, the readers and the judge in one place, so that no clock is compared with another.
/// </summary>
internal sealed class ConsistencyJudge(int keys)
{
    private readonly int[] _acknowledged = new int[keys];
    private readonly List<string> _violations = [];
    private long _reads;
    private int _stale;

    public long Reads => Interlocked.Read(ref _reads);

    public int Acknowledged { get; private set; }

    public int Stale => Volatile.Read(ref _stale);

    /// <summary>The first violations, in words.</summary>
    public IReadOnlyList<string> Violations
    {
        get
        {
            lock (_violations) return [.. _violations];
        }
    }

    /// <summary>The invalidation that followed a version is acknowledged.</summary>
    public void Acknowledge(int key, int version)
    {
        lock (_violations)
        {
            Acknowledged++;
            if (_acknowledged[key] < version) Volatile.Write(ref _acknowledged[key], version);
        }
    }

    /// <summary>What a read that begins now must see at least.</summary>
    public int Floor(int key) => Volatile.Read(ref _acknowledged[key]);

    /// <summary>A read has ended.</summary>
    public void Seen(int key, int floor, int version, string how)
    {
        Interlocked.Increment(ref _reads);
        if (version >= floor) return;
        Interlocked.Increment(ref _stale);
        lock (_violations)
        {
            if (_violations.Count < 10) _violations.Add($"key {key}: {how} saw {version} after {floor} was acknowledged");
        }
    }
}
