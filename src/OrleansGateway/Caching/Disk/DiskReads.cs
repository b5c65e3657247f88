namespace OrleansGateway.Caching.Disk;

/// <summary>Reads files, a few at a time, on threads that may block. Who finds no place in time does without: a slow disk must not hold up what an origin can answer.</summary>
internal sealed class DiskReads(TimeProvider time) : IDisposable
{
    private const int AtOnce = 16;

    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(500);

    private readonly SemaphoreSlim _places = new(AtOnce);

    /// <summary>None if there was no place.</summary>
    public async Task<T?> RunAsync<T>(Func<T> read)
        where T : class
    {
        var entering = _places.WaitAsync();
        if (!entering.IsCompleted)
        {
            try
            {
                await entering.WaitAsync(s_patience, time);
            }
            catch (TimeoutException)
            {
                // Whoever gives the place that comes too late back.
                _ = entering.ContinueWith(static (_, places) => ((SemaphoreSlim)places!).Release(), _places, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
                return null;
            }
        }

        try
        {
            return await Task.Run(read);
        }
        finally
        {
            _places.Release();
        }
    }

    public void Dispose() => _places.Dispose();
}
