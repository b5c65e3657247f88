using OrleansGateway.Configuration;

namespace OrleansGateway.Auth.Jwt;

/// <summary>
/// Keys fetched from their issuer: again before they grow old, and again, though not more often than every <see cref="Pause"/>, when a token names
/// one that is not among them. However many ask, one fetch is under way. While fetching fails, the last good ones are used up to the stated age.
/// </summary>
internal sealed class FetchedKeys : IKeySource, IAsyncDisposable
{
    /// <summary>Least time from one fetch to the next: what tokens with invented key ids can make us send.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);

    private readonly JwkOrigin _origin;
    private readonly Func<CancellationToken, Task<string?>> _fetch;
    private readonly Func<bool> _isInUse;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _lock = new();
    private readonly ITimer _timer;
    private volatile Held? _held;
    private long? _askedAt;
    private bool _stopped;

    /// <param name="origin">What is fetched, and how often.</param>
    /// <param name="fetch">Fetches the set; nothing if that failed, which it has logged.</param>
    /// <param name="isInUse">Whether the configuration still states this origin; if not, fetching stops until someone asks.</param>
    /// <param name="time">Clock of ages and pauses.</param>
    public FetchedKeys(JwkOrigin origin, Func<CancellationToken, Task<string?>> fetch, Func<bool> isInUse, TimeProvider time)
    {
        (_origin, _fetch, _isInUse, _time) = (origin, fetch, isInUse, time);
        _timer = time.CreateTimer(static keys => ((FetchedKeys)keys!).Tick(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The fetch under way, or the last one.</summary>
    public Task Flight { get; private set; } = Task.CompletedTask;

    public JwkSet? Usable => _held is { } held && _time.GetElapsedTime(held.At) <= _origin.StaleMax ? held.Keys : null;

    public TimeSpan RetryAfter
    {
        get
        {
            lock (_lock)
            {
                var left = _askedAt is { } at ? Pause - _time.GetElapsedTime(at) : TimeSpan.Zero;
                return left > TimeSpan.FromSeconds(1) ? left : TimeSpan.FromSeconds(1);
            }
        }
    }

    public Task RefreshAsync(CancellationToken cancellation) => Refresh().WaitAsync(cancellation);

    public async ValueTask DisposeAsync()
    {
        lock (_lock) _stopped = true;
        await _timer.DisposeAsync();
        await _stopping.CancelAsync();
        try
        {
            await Flight;
        }
        catch (OperationCanceledException)
        {
            // Asked for above.
        }

        _stopping.Dispose();
    }

    private Task Refresh()
    {
        lock (_lock)
        {
            var isTooSoon = _askedAt is { } at && _time.GetElapsedTime(at) < Pause;
            if (_stopped || isTooSoon || !Flight.IsCompleted) return Flight;
            _askedAt = _time.GetTimestamp();
            return Flight = FetchAsync();
        }
    }

    private async Task FetchAsync()
    {
        // Nothing of it runs under the caller's lock.
        await Task.Yield();
        var wait = Pause;
        try
        {
            var text = await _fetch(_stopping.Token);
            if (text is not null)
            {
                var before = _held;
                // The same text is the same object: tokens verified by it hold good without being verified again.
                var keys = before?.Text == text ? before.Keys : JwkSet.Parse(text).Set!;
                _held = new Held(keys, text, _time.GetTimestamp());
                wait = _origin.Refresh;
            }
        }
        finally
        {
            if (!_stopping.IsCancellationRequested) _timer.Change(wait, Timeout.InfiniteTimeSpan);
        }
    }

    private void Tick()
    {
        // What is kept for an issuer that was taken out must not come back old when the issuer does.
        if (_isInUse()) _ = Refresh();
        else _held = null;
    }

    private sealed record Held(JwkSet Keys, string Text, long At);
}
