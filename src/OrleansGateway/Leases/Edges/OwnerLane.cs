namespace OrleansGateway.Leases.Edges;

/// <summary>
/// Deals with one owner, under a lock that is never held while waiting. Whoever has something to say sends it, and goes on for all who come meanwhile; if the owner answers at once, all
/// of that happens on the caller's thread.
/// </summary>
internal sealed class OwnerLane(OwnerLink link, ILeaseOwners owners, EdgeClock clock, EdgeNotices notices, ILogger log, CancellationToken stopping)
{
    private static readonly TimeSpan RetryFirst = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan RetryLast = TimeSpan.FromSeconds(1);

    // In parts of how long it has not answered: an owner that is back is found within that part of the time that it was away.
    private const int RetryPart = 8;

    // So many answers at once are enough for one caller's thread.
    private const int RoundsAtOnce = 16;

    private readonly Lock _lock = new();
    private bool _isSending;
    private Task _sending = Task.CompletedTask;

    public OwnerLink Link => link;

    /// <summary>Runs while nobody else deals with this owner. Must not wait.</summary>
    public void Do(Action action)
    {
        lock (_lock) action();
    }

    /// <summary>Has what is to be said sent, by this thread or by whoever is at it.</summary>
    public void Send()
    {
        lock (_lock)
        {
            if (_isSending || !link.HasNews) return;
            _isSending = true;
        }

        var sending = SendAllAsync();
        if (sending.IsCompletedSuccessfully) return;
        lock (_lock) _sending = _sending.IsCompleted ? sending.AsTask() : Task.WhenAll(_sending, sending.AsTask());
    }

    /// <summary>Looks at the accounts that are due for it.</summary>
    public void Visit()
    {
        lock (_lock) link.Visit(clock.Now.Ticks);
    }

    /// <summary>Says what was spent until now.</summary>
    public Task ReportAsync()
    {
        lock (_lock) link.ReportAll();
        Send();
        lock (_lock) return _sending;
    }

    /// <summary>Gives everything back. To be called once nothing is admitted any more.</summary>
    public async Task EndAsync(CancellationToken cancellation)
    {
        Task sending;
        lock (_lock) sending = _sending;
        await sending.WaitAsync(cancellation);
        LeaseRequest? last;
        lock (_lock) last = link.Last(clock.Now.Ticks);
        if (last is null) return;
        var reply = await owners.SendAsync(link.Owner, last, cancellation);
        lock (_lock) link.Received(reply, clock.Now.Ticks);
    }

    private async ValueTask SendAllAsync()
    {
        for (var round = 1; ; round++)
        {
            LeaseRequest? request;
            lock (_lock)
            {
                request = link.UnderWay ?? link.NextRequest(clock.Now.Ticks);
                if (request is null)
                {
                    _isSending = false;
                    return;
                }
            }

            if (await AnswerAsync(request) is not { } reply) return;
            lock (_lock) link.Received(reply, clock.Now.Ticks);
            if (round % RoundsAtOnce == 0) await Task.Yield();
        }
    }

    /// <summary>The answer, however often it must be asked for; none once the edge stops.</summary>
    private async ValueTask<LeaseReply?> AnswerAsync(LeaseRequest request)
    {
        TimeSpan? since = null;
        while (true)
        {
            TimeSpan pause;
            try
            {
                var reply = await owners.SendAsync(link.Owner, request, stopping);
                notices.Asked(true);
                return reply;
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return null;
            }
#pragma warning disable CA1031 // An owner that fails in a way nobody thought of must not leave its accounts without renewals for ever.
            catch (Exception e)
#pragma warning restore CA1031
            {
                pause = PauseAfter(clock.Now - (since ??= clock.Now));
                notices.Asked(false);
                log.OwnerDidNotAnswer(link.Owner, request.Number, pause, e);
            }

            try
            {
                await clock.WaitAsync(pause, stopping);
            }
            catch (OperationCanceledException)
            {
                return null;
            }
        }
    }

    private static TimeSpan PauseAfter(TimeSpan silence) =>
        TimeSpan.FromTicks(Math.Clamp(silence.Ticks / RetryPart, RetryFirst.Ticks, RetryLast.Ticks));
}

internal static partial class OwnerLaneLog
{
    [LoggerMessage(2350, LogLevel.Warning, "Owner {Owner} did not answer request {Number}; it is sent again after {Pause}")]
    public static partial void OwnerDidNotAnswer(this ILogger log, string owner, long number, TimeSpan pause, Exception exception);
}
