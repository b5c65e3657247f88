namespace OrleansGateway.Events;

/// <summary>
/// One tenant's events on their way to one receiver, in their order. Where it stands is in the store alone: a lane that dies with the program sends at most the event again that it
/// was at.
/// </summary>
internal sealed class WebhookLane(WebhookSender sender, WebhookParts parts, string? tenant)
{
    private const int ReadTogether = 200;

    private static readonly TimeSpan s_again = TimeSpan.FromSeconds(1);

    /// <summary>Longest wait for the next attempt after which it is looked whether an operator has moved the lane by way of another node.</summary>
    private static readonly TimeSpan s_lookAgain = TimeSpan.FromSeconds(15);

    private readonly Lock _lock = new();
    private readonly TimeProvider _time = parts.Time;
    private volatile TaskCompletionSource _hurried = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _isEnded;
    private bool _isGrown;

    public Task Ended { get; private set; } = Task.CompletedTask;

    public void Start(CancellationToken cancellation) => Ended = RunAsync(cancellation);

    /// <summary>There is more to send; false if it has ended, so that a new one is needed.</summary>
    public bool GoOn()
    {
        lock (_lock)
        {
            _isGrown = !_isEnded;
            return _isGrown;
        }
    }

    /// <summary>Waits no longer for the next attempt.</summary>
    public void Hurry() => _hurried.TrySetResult();

    private async Task RunAsync(CancellationToken cancellation)
    {
        await Task.Yield();
        try
        {
            do
            {
                try
                {
                    while (!sender.IsGone && await SendSomeAsync(cancellation))
                    {
                    }
                }
                catch (EventStoreException failed)
                {
                    parts.Log.StoreFailed(sender.Webhook.Name, failed.Message);
                    GoOn();
                    await Task.Delay(s_again, _time, cancellation);
                }
            }
            while (!End());
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // The program ends, or the webhook was taken out.
        }
    }

    private bool End()
    {
        lock (_lock)
        {
            (_isEnded, _isGrown) = (!_isGrown, false);
            return _isEnded;
        }
    }

    /// <summary>Sends what can be read together; false if there was nothing.</summary>
    private async Task<bool> SendSomeAsync(CancellationToken cancellation)
    {
        var name = sender.Webhook.Name;
        // Before the store is read: who moves the lane after that is heard.
        if (_hurried.Task.IsCompleted) _hurried = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var lane = await parts.Store.LaneAsync(name, tenant, cancellation);
        var events = await parts.Events.ReadAsync(tenant, lane.Position, ReadTogether, cancellation);
        if (events.Count == 0) return false;
        // A lane without a row begins with the oldest that is left.
        if (lane.Position > 0 && events[0].Sequence > lane.Position + 1) parts.Log.Lost(name, events[0].Sequence - lane.Position - 1, tenant);
        foreach (var one in events)
        {
            if (!sender.Webhook.Asks(one)) continue;
            var (goesOn, next) = await SendOneAsync(lane, one, cancellation);
            if (!goesOn) return true;
            lane = next;
        }

        // What nobody asked for behind the last one that was sent.
        if (lane.Position < events[^1].Sequence) await parts.Store.AdvanceAsync(name, tenant, lane.Position, events[^1].Sequence, dead: null, cancellation);
        return true;
    }

    /// <summary>Sends one event, once; false if the lane must be looked at anew: it is not done with, or somebody has moved the lane.</summary>
    private async Task<(bool GoesOn, LaneState Next)> SendOneAsync(LaneState lane, GatewayEvent one, CancellationToken cancellation)
    {
        if (lane.Due is { } due && !await WaitAsync(due - _time.GetUtcNow(), cancellation)) return (false, lane);
        // What was to be sent may be another's by now: the turn's end is about to be told.
        if (parts.Duty.Term is null) await Task.Delay(Timeout.InfiniteTimeSpan, _time, cancellation);
        var attempts = lane.Attempts + 1;
        var answer = await sender.SendAsync(one, attempts, cancellation);
        var (webhook, now) = (sender.Webhook, _time.GetUtcNow());
        if (answer.IsReceived) return await AdvanceAsync(lane, one, dead: null, cancellation);
        if (answer.IsGone)
        {
            await sender.GoneAsync(cancellation);
            return (false, lane);
        }

        if (attempts >= webhook.Settings.AttemptsMax)
        {
            parts.Metrics.WebhookSent(webhook.Name, "dead");
            parts.Log.Died(webhook.Name, one.Id, tenant, attempts, answer.Problem!);
            return await AdvanceAsync(lane, one, new DeadLetter(0, one, attempts, answer.Problem!, now), cancellation);
        }

        var delay = RetrySchedule.After(webhook.Settings, attempts, answer.RetryAfter, parts.Random);
        await parts.Store.FailAsync(webhook.Name, lane with { Attempts = attempts, Due = now + delay, Problem = answer.Problem }, cancellation);
        parts.Log.AttemptFailed(webhook.Name, attempts, one.Id, tenant, answer.Problem, delay);
        return (false, lane);
    }

    private async Task<(bool, LaneState)> AdvanceAsync(LaneState lane, GatewayEvent one, DeadLetter? dead, CancellationToken cancellation) =>
        (await parts.Store.AdvanceAsync(sender.Webhook.Name, tenant, lane.Position, one.Sequence, dead, cancellation), new LaneState(tenant, one.Sequence));

    /// <summary>False if the lane is to be looked at anew before it is over, or it was told to hurry.</summary>
    private async Task<bool> WaitAsync(TimeSpan delay, CancellationToken cancellation)
    {
        if (delay <= TimeSpan.Zero) return true;
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var waited = Task.Delay(delay < s_lookAgain ? delay : s_lookAgain, _time, end.Token);
        var first = await Task.WhenAny(waited, _hurried.Task);
        await end.CancelAsync();
        cancellation.ThrowIfCancellationRequested();
        return first == waited && delay <= s_lookAgain;
    }
}
