namespace OrleansGateway.Upstream.Pools;

/// <summary>
/// How many retries a pool may have in flight: a share of the requests in flight. When all fail, retries then add that share to the load and no more, where two
/// retries each would make it three times as much.
/// </summary>
internal sealed class RetryBudget
{
    /// <summary>So many are always allowed: a share of few requests would round to none.</summary>
    public const int Least = 3;

    private int _requests;
    private int _retries;

    public int Requests => Volatile.Read(ref _requests);
    public int Retries => Volatile.Read(ref _retries);

    public void RequestBegan() => Interlocked.Increment(ref _requests);

    public void RequestEnded() => Interlocked.Decrement(ref _requests);

    public bool TryBeginRetry(int percent)
    {
        var allowed = Math.Max(Least, (long)Requests * percent / 100);
        if (Interlocked.Increment(ref _retries) <= allowed) return true;
        Interlocked.Decrement(ref _retries);
        return false;
    }

    public void RetryEnded() => Interlocked.Decrement(ref _retries);
}
