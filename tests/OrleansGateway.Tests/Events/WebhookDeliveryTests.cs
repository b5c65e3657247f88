using System.Net;
using OrleansGateway.Configuration;
using OrleansGateway.Events;

namespace OrleansGateway.Tests.Events;

/// <summary>Events reach their receivers in order, at least once, and nobody's trouble is another's.</summary>
public sealed class WebhookDeliveryTests : IAsyncLifetime
{
    private readonly ManualTime _time = new();
    private EventBed _bed = null!;
    private Receiver _receiver = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => (_bed, _receiver) = (new EventBed(_time), await Receiver.StartAsync());

    public async ValueTask DisposeAsync()
    {
        await _bed.DisposeAsync();
        await _receiver.DisposeAsync();
    }

    [Fact(Timeout = 60_000)]
    public async Task Event_OnceItHappened_IsReceivedSignedWithItsPlace()
    {
        await _bed.AppendAsync("acme", "key.created", 0);
        _bed.State(("hook", EventBed.To(_receiver.Url)));
        await _bed.StartAsync();
        await _bed.AppendAsync("acme", "key.created", 1);
        var received = await _receiver.NextAsync();
        Assert.True(received.IsSignedBy(EventBed.Secret));
        Assert.Equal(_time.GetUtcNow().ToUnixTimeSeconds(), long.Parse(received.Timestamp, CultureInfo.InvariantCulture));
        var one = Assert.Single(await _bed.Store.ReadAsync("acme", 1, 10, Cancel));
        Assert.Equal((one.Id, "key.created", "acme", 2), (received.Id, received.Type, received.Tenant, received.Sequence));
        Assert.Equal((one.Id, 1, one.At.UtcDateTime), (received.Json.GetProperty("id").GetString(), received.Json.GetProperty("data").GetProperty("n").GetInt32(), received.Json.GetProperty("timestamp").GetDateTime()));
        await PositionAsync("hook", "acme", 2);
    }

    [Fact(Timeout = 60_000)]
    public async Task Events_WithFailures_ComeInOrderAndHoldUpTheirTenantOnly()
    {
        var fails = true;
        _receiver.Answer = (http, received) =>
        {
            http.Response.StatusCode = received.Tenant == "acme" && Volatile.Read(ref fails) ? 500 : 200;
            return Task.CompletedTask;
        };
        _bed.State(("hook", EventBed.To(_receiver.Url, "key.*")));
        await _bed.StartAsync();
        await _bed.AppendAsync("acme", "key.created", 1, 2, 3);
        await AttemptsAsync("hook", "acme", 1);
        await _bed.AppendAsync("acme", "config.applied", 4);
        await _bed.AppendAsync("other", "key.created", 1, 2);
        await PositionAsync("hook", "other", 2);
        Volatile.Write(ref fails, false);
        _time.Advance(TimeSpan.FromSeconds(2));
        await PositionAsync("hook", "acme", 4);
        Assert.Equal([1, 1, 2, 3], _receiver.All.Where(r => r.Tenant == "acme").Select(r => r.Sequence));
        Assert.Equal([1, 2], _receiver.All.Where(r => r.Tenant == "other").Select(r => r.Sequence));
        Assert.Single(_receiver.All.Where(r => r is { Tenant: "acme", Sequence: 1 }).Select(r => r.Id).Distinct());
    }

    [Fact(Timeout = 60_000)]
    public async Task Event_ThatIsNeverTaken_IsTriedByTheScheduleThenGoesToTheDeadLetters()
    {
        var status = 500;
        _receiver.Answer = (http, received) =>
        {
            http.Response.StatusCode = received.Sequence == 1 ? Volatile.Read(ref status) : 200;
            return Task.CompletedTask;
        };
        _bed.State(("hook", EventBed.To(_receiver.Url) with { AttemptsMax = 4, RetryMin = TimeSpan.FromSeconds(10), RetryMax = TimeSpan.FromSeconds(25) }));
        await _bed.StartAsync();
        await _bed.AppendAsync("acme", "key.created", 1, 2);
        foreach (var (attempt, seconds) in ((int, double)[])[(1, 10), (2, 20), (3, 25)])
        {
            var lane = await AttemptsAsync("hook", "acme", attempt);
            var delay = lane.Due!.Value - _time.GetUtcNow();
            Assert.InRange(delay.TotalSeconds, seconds * 0.79, seconds * 1.21);
            Assert.Equal("the answer had status 500", lane.Problem);
            _time.Advance(delay - TimeSpan.FromMilliseconds(1));
            Assert.Equal(attempt, _receiver.All.Count);
            _time.Advance(TimeSpan.FromMilliseconds(2));
        }

        await PositionAsync("hook", "acme", 2);
        var dead = Assert.Single(await _bed.Webhooks.DeadLettersAsync("hook", 0, 10, Cancel));
        Assert.Equal((4, 1, "the answer had status 500"), (dead.Attempts, dead.Event.Sequence, dead.Problem));
        Assert.Equal([1, 1, 1, 1, 2], _receiver.All.Select(r => r.Sequence));
        Volatile.Write(ref status, 200);
        Assert.True((await _bed.Deliveries.Find("hook")!.SendAsync(dead.Event, 0, Cancel)).IsReceived);
        Assert.Equal(dead.Event.Id, _receiver.All[^1].Id);
    }

    [Fact(Timeout = 60_000)]
    public async Task Receiver_ThatSaysWhenToTryAgain_IsHeard()
    {
        _receiver.Answer = static (http, _) =>
        {
            (http.Response.StatusCode, http.Response.Headers.RetryAfter) = (503, "120");
            return Task.CompletedTask;
        };
        _bed.State(("hook", EventBed.To(_receiver.Url)));
        await _bed.StartAsync();
        await _bed.AppendAsync("acme", "key.created", 1);
        var lane = await AttemptsAsync("hook", "acme", 1);
        Assert.Equal(TimeSpan.FromSeconds(120), lane.Due - _time.GetUtcNow());
    }

    [Fact(Timeout = 60_000)]
    public async Task Receiver_ThatIsGone_GetsNothingUntilItIsEnabled()
    {
        _receiver.Answer = static (http, _) =>
        {
            http.Response.StatusCode = 410;
            return Task.CompletedTask;
        };
        _bed.State(("hook", EventBed.To(_receiver.Url)));
        await _bed.StartAsync();
        await _bed.AppendAsync("acme", "key.created", 1);
        var sender = _bed.Deliveries.Find("hook")!;
        await EventBed.UntilAsync(() => Task.FromResult(sender.IsGone));
        await _bed.AppendAsync("other", "key.created", 1);
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Single(_receiver.All);
        _receiver.Answer = static (_, _) => Task.CompletedTask;
        await sender.EnableAsync(Cancel);
        await PositionAsync("hook", "acme", 1);
        await PositionAsync("hook", "other", 1);
    }

    [Fact(Timeout = 60_000)]
    public async Task Receiver_ThatIsGone_GetsWhatWaits_OnceAnotherNodeHasEnabledIt()
    {
        _receiver.Answer = static (http, _) =>
        {
            http.Response.StatusCode = 410;
            return Task.CompletedTask;
        };
        _bed.State(("hook", EventBed.To(_receiver.Url)));
        await _bed.StartAsync();
        await _bed.AppendAsync("acme", "key.created", 1);
        await EventBed.UntilAsync(() => Task.FromResult(_bed.Deliveries.Find("hook")!.IsGone));
        await _bed.Deliveries.RecheckAsync(Cancel);
        Assert.True(_bed.Deliveries.Find("hook")!.IsGone);
        _receiver.Answer = static (_, _) => Task.CompletedTask;
        await _bed.Webhooks.SetGoneAsync("hook", at: null, Cancel);
        await _bed.Deliveries.RecheckAsync(Cancel);
        await PositionAsync("hook", "acme", 1);
    }

    [Fact(Timeout = 60_000)]
    public async Task Replay_ByAnotherNode_IsSeenWhileTheNextAttemptIsFarAway()
    {
        _receiver.Answer = static (http, one) =>
        {
            http.Response.StatusCode = one.Sequence == 2 ? 500 : 204;
            return Task.CompletedTask;
        };
        _bed.State(("hook", EventBed.To(_receiver.Url) with { RetryMin = TimeSpan.FromHours(1), RetryMax = TimeSpan.FromHours(1) }));
        await _bed.StartAsync();
        await _bed.AppendAsync("acme", "key.created", 1, 2);
        await EventBed.UntilAsync(async () => (await _bed.Webhooks.LaneAsync("hook", "acme", Cancel)).Attempts == 1);
        await _bed.Webhooks.MoveAsync("hook", "acme", 0, Cancel);
        var began = _time.GetUtcNow();
        await EventBed.UntilAsync(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            lock (_receiver.All) return Task.FromResult(_receiver.All.Count(r => r.Sequence == 1) == 2);
        });
        Assert.InRange(_time.GetUtcNow() - began, TimeSpan.Zero, TimeSpan.FromMinutes(30));
    }

    [Fact(Timeout = 60_000)]
    public async Task Receiver_ThatDoesNotAnswer_HoldsUpNoOther()
    {
        await using var slow = await Receiver.StartAsync();
        var end = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        slow.Answer = (_, _) => end.Task;
        _bed.State(("slow", EventBed.To(slow.Url)), ("hook", EventBed.To(_receiver.Url)));
        await _bed.StartAsync();
        foreach (var n in Enumerable.Range(0, 20)) await _bed.AppendAsync($"t{n}", "key.created", 1);
        foreach (var n in Enumerable.Range(0, 20)) await PositionAsync("hook", $"t{n}", 1);
        await EventBed.UntilAsync(() => Task.FromResult(slow.All.Count >= 8));
        _time.Advance(TimeSpan.FromSeconds(15));
        await EventBed.UntilAsync(async () => (await _bed.Webhooks.LanesAsync("slow", Cancel)).Any(l => l.Problem == "no answer within 15s"));
        end.SetResult();
    }

    [Theory(Timeout = 60_000)]
    [InlineData("10.1.2.3")]
    [InlineData("169.254.169.254")]
    [InlineData("127.0.0.1")]
    [InlineData("::ffff:192.168.0.1")]
    public async Task Name_ThatLeadsInside_GetsNoConnection(string address)
    {
        await using var bed = new EventBed(_time, resolve: (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Parse(address)]));
        bed.State(("hook", EventBed.To(new UriBuilder("http", "receiver.example", _receiver.Url.Port).Uri)));
        await bed.StartAsync();
        await bed.AppendAsync("acme", "key.created", 1);
        await EventBed.UntilAsync(async () => (await bed.Webhooks.LaneAsync("hook", "acme", Cancel)).Attempts == 1);
        Assert.Contains("private address", (await bed.Webhooks.LaneAsync("hook", "acme", Cancel)).Problem, StringComparison.Ordinal);
        Assert.Empty(_receiver.All);
    }

    [Fact(Timeout = 60_000)]
    public async Task Redirect_OfAReceiver_IsNotFollowed()
    {
        await using var other = await Receiver.StartAsync();
        _receiver.Answer = (http, _) =>
        {
            (http.Response.StatusCode, http.Response.Headers.Location) = (308, other.Url.AbsoluteUri);
            return Task.CompletedTask;
        };
        _bed.State(("hook", EventBed.To(_receiver.Url)));
        await _bed.StartAsync();
        await _bed.AppendAsync("acme", "key.created", 1);
        Assert.Equal("the answer had status 308", (await AttemptsAsync("hook", "acme", 1)).Problem);
        Assert.Empty(other.All);
    }

    [Fact(Timeout = 60_000)]
    public async Task Replay_FromASequence_SendsTheSameEventsAgain()
    {
        _bed.State(("hook", EventBed.To(_receiver.Url)));
        await _bed.StartAsync();
        await _bed.AppendAsync("acme", "key.created", 1, 2, 3);
        await PositionAsync("hook", "acme", 3);
        await _bed.Deliveries.Find("hook")!.ReplayAsync("acme", 2, Cancel);
        await EventBed.UntilAsync(() => Task.FromResult(_receiver.All.Count == 5));
        await PositionAsync("hook", "acme", 3);
        Assert.Equal([1, 2, 3, 2, 3], _receiver.All.Select(r => r.Sequence));
        Assert.Equal(_receiver.All[1].Id, _receiver.All[3].Id);
        Assert.Equal(_receiver.All[1].Body, _receiver.All[3].Body);
    }

    [Fact(Timeout = 60_000)]
    public async Task Replay_WhileAnEventWaitsForItsNextAttempt_BeginsAtOnce()
    {
        var fails = true;
        _receiver.Answer = (http, received) =>
        {
            http.Response.StatusCode = received.Sequence == 2 && Volatile.Read(ref fails) ? 500 : 200;
            return Task.CompletedTask;
        };
        _bed.State(("hook", EventBed.To(_receiver.Url) with { RetryMin = TimeSpan.FromHours(1), RetryMax = TimeSpan.FromHours(1) }));
        await _bed.StartAsync();
        await _bed.AppendAsync("acme", "key.created", 1, 2);
        await AttemptsAsync("hook", "acme", 1);
        Volatile.Write(ref fails, false);
        await _bed.Deliveries.Find("hook")!.ReplayAsync("acme", 1, Cancel);
        await PositionAsync("hook", "acme", 2);
        Assert.Equal([1, 2, 1, 2], _receiver.All.Select(r => r.Sequence));
    }

    [Fact(Timeout = 60_000)]
    public async Task Webhook_OfOneTenant_GetsNothingOfOthers()
    {
        _bed.State(("hook", EventBed.To(_receiver.Url) with { Tenant = "acme" }));
        await _bed.StartAsync();
        await _bed.AppendAsync("other", "key.created", 1);
        await _bed.AppendAsync(null, "config.applied", 1);
        await _bed.AppendAsync("acme", "key.created", 1);
        await PositionAsync("hook", "acme", 1);
        Assert.Equal(["acme"], _receiver.All.Select(r => r.Tenant));
        Assert.DoesNotContain(await _bed.Webhooks.LanesAsync("hook", Cancel), l => l.Tenant != "acme");
    }

    [Fact(Timeout = 60_000)]
    public async Task Secrets_StatedAnew_SignTheNextEvent()
    {
        const string Next = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        var settings = EventBed.To(_receiver.Url);
        _bed.State(("hook", settings));
        await _bed.StartAsync();
        await _bed.AppendAsync("acme", "key.created", 1);
        await PositionAsync("hook", "acme", 1);
        var both = settings with { Secrets = [.. settings.Secrets, new Secret(Next)] };
        _bed.State(("hook", both));
        _time.Advance(TimeSpan.FromSeconds(1));
        await EventBed.UntilAsync(() => Task.FromResult(ReferenceEquals(_bed.Deliveries.Find("hook")!.Webhook.Settings, both)));
        await _bed.AppendAsync("acme", "key.created", 2);
        await PositionAsync("hook", "acme", 2);
        Assert.Equal((true, false), (_receiver.All[0].IsSignedBy(EventBed.Secret), _receiver.All[0].IsSignedBy(Next)));
        Assert.Equal((true, true), (_receiver.All[1].IsSignedBy(EventBed.Secret), _receiver.All[1].IsSignedBy(Next)));
    }

    private Task PositionAsync(string webhook, string? tenant, long position) =>
        EventBed.UntilAsync(async () => (await _bed.Webhooks.LaneAsync(webhook, tenant, Cancel)).Position == position);

    private async Task<LaneState> AttemptsAsync(string webhook, string tenant, int attempts)
    {
        await EventBed.UntilAsync(async () => (await _bed.Webhooks.LaneAsync(webhook, tenant, Cancel)).Attempts == attempts);
        return await _bed.Webhooks.LaneAsync(webhook, tenant, Cancel);
    }
}
