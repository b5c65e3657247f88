namespace OrleansGateway.Http.Listening;

/// <summary>How many connections of clients are open, over all listeners.</summary>
internal sealed class ConnectionCount
{
    private int _open;

    /// <summary>Connections open now.</summary>
    public int Open => Volatile.Read(ref _open);

    /// <summary>Takes a place if fewer than <paramref name="max"/> are taken.</summary>
    public bool TryEnter(int max)
    {
        if (Interlocked.Increment(ref _open) <= max) return true;
        Leave();
        return false;
    }

    public void Leave() => Interlocked.Decrement(ref _open);
}
