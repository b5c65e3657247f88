namespace OrleansGateway.Usage;

/// <summary>Wakes one who waits; once, however often it is set meanwhile. Setting it costs next to nothing, and allocates nothing.</summary>
internal sealed class Wake : IDisposable
{
    private readonly SemaphoreSlim _semaphore = new(0);
    private int _isSet;
    private Task? _waiting;

    public void Set()
    {
        // Read first: a write would take the cache line from all other processors, each time.
        if (Volatile.Read(ref _isSet) == 0 && Interlocked.Exchange(ref _isSet, 1) == 0) _semaphore.Release();
    }

    /// <summary>Waits until it is set, or for so long at most. Whoever comes back finds all that was there when it was set. One waits at a time.</summary>
    public async Task WaitAsync(TimeSpan longest, TimeProvider time, CancellationToken cancellation)
    {
        // Kept over a wait that was too long: no exception for what is usual.
        _waiting ??= _semaphore.WaitAsync(CancellationToken.None);
        if (!_waiting.IsCompleted)
        {
            using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            await Task.WhenAny(_waiting, Task.Delay(longest, time, over.Token));
            await over.CancelAsync();
            cancellation.ThrowIfCancellationRequested();
        }

        if (!_waiting.IsCompleted) return;
        _waiting = null;
        Interlocked.Exchange(ref _isSet, 0);
    }

    public void Dispose() => _semaphore.Dispose();
}
