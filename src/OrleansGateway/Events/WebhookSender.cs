using System.Collections.Concurrent;
using System.Threading.Channels;

namespace OrleansGateway.Events;

/// <summary>
/// Sends events to one receiver. Each tenant's go one after the other, in a lane of their own that runs while there is something to send; one that its receiver does not take holds up
/// its lane only.
/// </summary>
internal sealed class WebhookSender : IAsyncDisposable
{
    /// <summary>Requests to one receiver at once.</summary>
    private const int AtOnceMax = 8;

    private static readonly TimeSpan s_again = TimeSpan.FromSeconds(1);

    private readonly WebhookParts _parts;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<string, WebhookLane> _lanes = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _atOnce = new(AtOnceMax);
    private readonly CancellationTokenSource _stopping = new();
    private readonly Channel<bool> _grown = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly ConcurrentDictionary<string, byte> _waiting = new(StringComparer.Ordinal);
    private readonly Task _running;
    private volatile Webhook _webhook;
    private volatile bool _isGone;
    private volatile bool _mustRegister = true;

    public WebhookSender(Webhook webhook, WebhookParts parts)
    {
        (_webhook, _parts, _time) = (webhook, parts, parts.Time);
        _running = parts.Duty.RunAsync(RunAsync, _stopping.Token);
    }

    public Webhook Webhook => _webhook;

    /// <summary>Whether its receiver has said that it is gone.</summary>
    public bool IsGone => _isGone;

    /// <summary>Whether it is known since when it is there: what happens from now on is sent.</summary>
    public bool IsRegistered => !_mustRegister;

    public RecentDeliveries Recent { get; } = new();

    /// <summary>States it anew. What is under way ends as it began.</summary>
    public void Apply(Webhook webhook)
    {
        _webhook = webhook;
        _mustRegister = true;
        _grown.Writer.TryWrite(true);
    }

    /// <summary>Looks whether an operator has said, by way of whichever node, that its receiver is there again.</summary>
    public async Task RecheckAsync(CancellationToken cancellation)
    {
        if (_isGone && await _parts.Store.GoneSinceAsync(_webhook.Name, cancellation) is null) Apply(_webhook);
    }

    /// <summary>Streams have grown.</summary>
    public void Grown(IReadOnlyList<string> tenants)
    {
        // Whoever sends looks at all streams as its turn begins.
        if (_parts.Duty.Term is null) return;
        foreach (var tenant in tenants) _waiting.TryAdd(tenant, 0);
        _grown.Writer.TryWrite(true);
    }

    /// <summary>Sends a tenant's events again from that sequence on.</summary>
    public async Task ReplayAsync(string? tenant, long from, CancellationToken cancellation)
    {
        await _parts.Store.MoveAsync(_webhook.Name, tenant, from - 1, cancellation);
        if (_lanes.TryGetValue(tenant ?? "", out var lane)) lane.Hurry();
        Grown([tenant ?? ""]);
    }

    /// <summary>The receiver is there again.</summary>
    public async Task EnableAsync(CancellationToken cancellation)
    {
        await _parts.Store.SetGoneAsync(_webhook.Name, at: null, cancellation);
        Apply(_webhook);
    }

    /// <summary>Sends one event now, beside the order.</summary>
    public async Task<WebhookAnswer> SendAsync(GatewayEvent one, int attempt, CancellationToken cancellation)
    {
        await _atOnce.WaitAsync(cancellation);
        try
        {
            var (webhook, startedAt) = (_webhook, _time.GetTimestamp());
            var answer = await _parts.Client.SendAsync(webhook, one, cancellation);
            Recent.Add(new Delivery(_time.GetUtcNow(), one, attempt, _time.GetElapsedTime(startedAt), answer));
            _parts.Metrics.WebhookSent(webhook.Name, answer.IsReceived ? "received" : answer.IsGone ? "gone" : "failed");
            if (answer.IsReceived) _parts.Metrics.WebhookReceived(webhook.Name, _time.GetUtcNow() - one.At);
            return answer;
        }
        finally
        {
            _atOnce.Release();
        }
    }

    /// <summary>Notes that the receiver is gone: nothing is sent until it has another address, or an operator says so.</summary>
    public async Task GoneAsync(CancellationToken cancellation)
    {
        await _parts.Store.SetGoneAsync(_webhook.Name, _time.GetUtcNow(), cancellation);
        _isGone = true;
        _parts.Log.Gone(_webhook.Name);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        try
        {
            await _running;
        }
        catch (OperationCanceledException)
        {
            // It waited for its turn.
        }

        _stopping.Dispose();
        _atOnce.Dispose();
    }

    /// <summary>One turn.</summary>
    private async Task RunAsync(CancellationToken cancellation)
    {
        // Off the caller's thread: the store may take its time.
        await Task.Yield();
        (_mustRegister, _isGone) = (true, false);
        try
        {
            while (true)
            {
                try
                {
                    if (_mustRegister) await RegisterAsync(cancellation);
                    StartLanes(cancellation);
                }
                catch (EventStoreException failed)
                {
                    _parts.Log.StoreFailed(_webhook.Name, failed.Message);
                    await Task.Delay(s_again, _time, cancellation);
                    continue;
                }

                await _grown.Reader.ReadAsync(cancellation);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Asked for by who disposes of it, or another's turn.
        }

        await Task.WhenAll(_lanes.Values.Select(l => l.Ended));
        _lanes.Clear();
        _mustRegister = true;
    }

    private async Task RegisterAsync(CancellationToken cancellation)
    {
        var webhook = _webhook;
        _isGone = await _parts.Store.RegisterAsync(webhook.Name, webhook.Url.AbsoluteUri, cancellation) is not null;
        foreach (var stream in await _parts.Events.StreamsAsync(cancellation)) _waiting.TryAdd(stream.Tenant ?? "", 0);
        // Stated anew meanwhile: then once more.
        _mustRegister = webhook != _webhook;
        if (_mustRegister) _grown.Writer.TryWrite(true);
    }

    private void StartLanes(CancellationToken cancellation)
    {
        if (_isGone) return;
        foreach (var (tenant, _) in _waiting)
        {
            _waiting.TryRemove(tenant, out _);
            if (!_webhook.Covers(tenant.Length == 0 ? null : tenant)) continue;
            // One that runs sees by itself what is new, unless it is just about to end: it is looked at again then.
            if (_lanes.TryGetValue(tenant, out var running) && running.GoOn()) continue;
            var lane = _lanes[tenant] = new WebhookLane(this, _parts, tenant.Length == 0 ? null : tenant);
            lane.Start(cancellation);
        }
    }
}

internal static partial class WebhookLog
{
    [LoggerMessage(2601, LogLevel.Information, "Webhook {Webhook}: attempt {Attempt} for event {Event} of {Tenant} failed ({Problem}); next one in {Delay}")]
    public static partial void AttemptFailed(this ILogger log, string webhook, int attempt, string @event, string? tenant, string? problem, TimeSpan delay);

    [LoggerMessage(2602, LogLevel.Warning, "Webhook {Webhook}: event {Event} of {Tenant} went to the dead letters after {Attempts} attempts: {Problem}")]
    public static partial void Died(this ILogger log, string webhook, string @event, string? tenant, int attempts, string problem);

    [LoggerMessage(2603, LogLevel.Warning, "Webhook {Webhook}: its receiver says that it is gone (410); nothing is sent until it has another address or is enabled")]
    public static partial void Gone(this ILogger log, string webhook);

    [LoggerMessage(2604, LogLevel.Error, "Webhook {Webhook}: {Events} events of {Tenant} were deleted before they could be sent: there were more than events.kept_max")]
    public static partial void Lost(this ILogger log, string webhook, long events, string? tenant);

    [LoggerMessage(2605, LogLevel.Error, "Webhook {Webhook}: {Problem}")]
    public static partial void StoreFailed(this ILogger log, string webhook, string problem);

    [LoggerMessage(2606, LogLevel.Error, "Events: {Problem}; tried again")]
    public static partial void FeedFailed(this ILogger log, string problem);
}
