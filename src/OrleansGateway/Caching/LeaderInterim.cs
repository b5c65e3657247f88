namespace OrleansGateway.Caching;

/// <summary>
/// Passes interim answers (1xx) on to the client whose request began a fill, as long as it waits: they are written straight to its connection, which is another request's
/// once this one is over.
/// </summary>
internal sealed class LeaderInterim(Func<int, IReadOnlyList<KeyValuePair<string, string>>, ValueTask> tell)
{
    private readonly Lock _lock = new();
    private Task _telling = Task.CompletedTask;
    private bool _isOver;

    /// <summary>Tells the client, if it still waits. A client that cannot be told is no reason to give the answer up, which others may wait for.</summary>
    public async ValueTask TellAsync(int status, IReadOnlyList<KeyValuePair<string, string>> fields)
    {
        Task telling;
        lock (_lock)
        {
            if (_isOver) return;
            _telling = telling = tell(status, fields).AsTask();
        }

        await telling.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Nothing is written any more once this returns.</summary>
    public async ValueTask EndAsync()
    {
        Task telling;
        lock (_lock)
        {
            _isOver = true;
            telling = _telling;
        }

        await telling.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
