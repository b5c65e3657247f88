namespace OrleansGateway.Cluster.Tls;

/// <summary>Lets one line a second be told of what others can bring about, and counts those that were not.</summary>
internal sealed class RareWords(TimeProvider time)
{
    private static readonly TimeSpan s_every = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private long? _toldAt;
    private long _untold;

    /// <summary>Whether it may be told now, and how many were not since the last that was.</summary>
    public bool May(out long untold)
    {
        lock (_lock)
        {
            untold = _untold;
            if (_toldAt is { } at && time.GetElapsedTime(at) < s_every)
            {
                _untold++;
                return false;
            }

            (_toldAt, _untold) = (time.GetTimestamp(), 0);
            return true;
        }
    }
}
