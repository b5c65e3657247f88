using System.Net;
using OrleansGateway.Tests.Budgets;

namespace OrleansGateway.Tests.Limits;

/// <summary>Rate limits of a whole gateway, judged by what reached the provider.</summary>
public sealed class RateLimitTests
{
    private const int Deadline = 60_000;

    private static readonly TimeSpan s_step = TimeSpan.FromMilliseconds(100);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = Deadline)]
    public async Task Requests_OfManyClientsAgainstAWindowOf5_Are5InEachWindow()
    {
        var time = new ManualTime();
        await using var bed = await LimitBed.StartAsync("rate_limits: {rpm: {per: [key], limit: 5, window: 1m, algorithm: fixed_window}}", time);
        for (var window = 1; window <= 3; window++)
        {
            var statuses = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => StatusAsync(bed)));
            Assert.Equal(5 * window, bed.Mill.Requests);
            Assert.Equal(5, statuses.Count(s => s == HttpStatusCode.OK));
            Assert.Equal(11, statuses.Count(s => s == HttpStatusCode.TooManyRequests));
            time.Advance(TimeSpan.FromMinutes(1));
        }
    }

    [Fact(Timeout = Deadline)]
    public async Task Requests_AfterIdling_BurstToTheLimitAndNoFurther()
    {
        var time = new ManualTime();
        await using var bed = await LimitBed.StartAsync("rate_limits: {rpm: {per: [key], limit: 60, window: 1m, burst: 10}}", time);
        time.Advance(TimeSpan.FromHours(1));
        await Task.WhenAll(Enumerable.Range(0, 32).Select(_ => StatusAsync(bed)));
        Assert.Equal(10, bed.Mill.Requests);
        // The gateway tells what was used within a second or so: until then nothing comes back.
        var told = TimeSpan.Zero;
        for (; (await bed.LevelsAsync()).Values.Single().Out > 0; told += s_step) time.Advance(s_step);
        time.Advance(TimeSpan.FromSeconds(3));
        await Task.WhenAll(Enumerable.Range(0, 32).Select(_ => StatusAsync(bed)));
        Assert.InRange(bed.Mill.Requests, 13, 10 + (int)(3 + told.TotalSeconds));
    }

    [Fact(Timeout = Deadline)]
    public async Task Refusal_OfARateLimit_NamesTheRuleAndTellsWhenARetrySucceeds()
    {
        var time = new ManualTime();
        await using var bed = await LimitBed.StartAsync("rate_limits: {per-key: {per: [key], limit: 1, window: 30s}}", time);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(bed));
        using var refused = await bed.ChatAsync("o");
        Assert.Equal("30", LimitBed.Header(refused, "Retry-After"));
        Assert.Null(LimitBed.Header(refused, "x-should-retry"));
        Assert.Equal(
            (HttpStatusCode.TooManyRequests, "rate_limit_exceeded", "rate_limit_error", "The rate limit 'per-key' (1 requests per 30 s for each key) is reached. Try again in 30 s."),
            await LimitBed.ErrorAsync(refused));
        time.Advance(TimeSpan.FromSeconds(29));
        Assert.Equal(HttpStatusCode.TooManyRequests, await StatusAsync(bed));
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(bed));
    }

    [Fact(Timeout = Deadline)]
    public async Task Refusal_ByALaterStage_ChangesNoAccount()
    {
        await using var bed = await LimitBed.StartAsync("rate_limits: {rpm: {per: [key], limit: 2, window: 1h}, at-once: {per: [tenant], count: concurrency, limit: 1}}", new ManualTime());
        for (var i = 0; i < 10; i++)
        {
            using var unknown = await bed.ChatAsync("no-such-model");
            Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
        }

        Assert.Equal(HttpStatusCode.OK, await StatusAsync(bed));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(bed));
        Assert.Equal(HttpStatusCode.TooManyRequests, await StatusAsync(bed));
    }

    [Fact(Timeout = Deadline)]
    public async Task Slots_OfRequestsThatEndInWhateverWay_ComeBack()
    {
        await using var bed = await LimitBed.StartAsync("rate_limits: {at-once: {per: [key], count: concurrency, limit: 1}}");
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(bed));
        Assert.Equal(HttpStatusCode.BadGateway, await StatusAsync(bed, "nowhere"));
        bed.Mill.FailsWith = 500;
        Assert.Equal(HttpStatusCode.InternalServerError, await StatusAsync(bed));
        bed.Mill.FailsWith = null;
        await LeaveAsync(bed);
        // The gateway gives the slot back when it hangs up, which the provider notices a little later.
        while (bed.Mill.InFlight > 0) await Task.Yield();
        await AdmittedAgainAsync(bed);
        Assert.Equal(1, bed.Mill.MostInFlight);
    }

    [Fact(Timeout = Deadline)]
    public async Task Requests_InFlight_AreNoMoreThanTheLimit()
    {
        await using var bed = await LimitBed.StartAsync("rate_limits: {at-once: {per: [key], count: concurrency, limit: 3}}");
        var gate = new TaskCompletionSource();
        bed.Mill.Gate = () => gate.Task;
        var asking = Enumerable.Range(0, 20).Select(_ => StatusAsync(bed)).ToList();
        var refused = 0;
        while (refused < 17)
        {
            var done = await Task.WhenAny(asking);
            asking.Remove(done);
            Assert.Equal(HttpStatusCode.TooManyRequests, await done);
            refused++;
        }

        while (bed.Mill.Requests < 3) await Task.Yield();
        gate.SetResult();
        Assert.All(await Task.WhenAll(asking), status => Assert.Equal(HttpStatusCode.OK, status));
        Assert.Equal((3, 3), (bed.Mill.Requests, bed.Mill.MostInFlight));
    }

    [Fact(Timeout = Deadline)]
    public async Task Requests_ThatMayWait_AreServedOneAfterTheOther()
    {
        await using var bed = await LimitBed.StartAsync("rate_limits: {at-once: {per: [key], count: concurrency, limit: 2, on_limit: queue, wait_max: 30s}}");
        var statuses = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => StatusAsync(bed)));
        Assert.All(statuses, status => Assert.Equal(HttpStatusCode.OK, status));
        Assert.True(bed.Mill.MostInFlight <= 2);
    }

    [Fact(Timeout = Deadline)]
    public async Task Request_ThatCanNeverFit_IsRefusedForGood()
    {
        await using var bed = await LimitBed.StartAsync("rate_limits: {tpm: {count: input_tokens, limit: 20, window: 1m}}");
        using var refused = await bed.ChatAsync("o", ""","max_tokens":5""");
        Assert.Equal("false", LimitBed.Header(refused, "x-should-retry"));
        Assert.Null(LimitBed.Header(refused, "Retry-After"));
        Assert.Equal((HttpStatusCode.BadRequest, "request_too_large_for_limit"), (refused.StatusCode, (await LimitBed.ErrorAsync(refused)).Code));
        Assert.Equal(0, bed.Mill.Requests);
    }

    [Fact(Timeout = Deadline)]
    public async Task Request_InAnthropicsDialect_IsRefusedInIt()
    {
        await using var bed = await LimitBed.StartAsync("rate_limits: {rpm: {limit: 0, window: 1m}}");
        using var refused = await bed.MessageAsync("a", ""","max_tokens":5""");
        Assert.Equal((HttpStatusCode.TooManyRequests, "rate_limit_error"), (refused.StatusCode, (await LimitBed.ErrorAsync(refused)).Type));
        Assert.Equal("false", LimitBed.Header(refused, "x-should-retry"));
        Assert.Equal("0", LimitBed.Header(refused, "anthropic-ratelimit-requests-limit"));
    }

    [Fact(Timeout = Deadline)]
    public async Task Answer_OfALimitedRoute_TellsWhereTheLimitStands()
    {
        await using var bed = await LimitBed.StartAsync("rate_limits: {rpm: {per: [key], limit: 1000, window: 1m}}", new ManualTime());
        using var answer = await bed.ChatAsync("o");
        Assert.Equal("1000", LimitBed.Header(answer, "x-ratelimit-limit-requests"));
        Assert.InRange(int.Parse(LimitBed.Header(answer, "x-ratelimit-remaining-requests") ?? "1", CultureInfo.InvariantCulture), 0, 999);
    }

    [Fact(Timeout = Deadline)]
    public async Task Request_ThatALimitInShadowWouldRefuse_Passes()
    {
        await using var bed = await LimitBed.StartAsync("rate_limits: {rpm: {limit: 1, window: 1h, shadow: true}}");
        for (var i = 0; i < 5; i++) Assert.Equal(HttpStatusCode.OK, await StatusAsync(bed));
    }

    private static async Task<HttpStatusCode> StatusAsync(LimitBed bed, string model = "o")
    {
        using var answer = await bed.ChatAsync(model, ""","max_tokens":1""");
        await LimitBed.TextAsync(answer);
        return answer.StatusCode;
    }

    private static async Task LeaveAsync(LimitBed bed)
    {
        var (gate, arrived) = (new TaskCompletionSource(), new TaskCompletionSource());
        bed.Mill.Gate = () =>
        {
            arrived.SetResult();
            return gate.Task;
        };
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var asking = bed.ChatAsync("o", "", leaving.Token);
        await arrived.Task.WaitAsync(Cancellation);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        bed.Mill.Gate = () => Task.CompletedTask;
    }

    private static async Task AdmittedAgainAsync(LimitBed bed)
    {
        // Until the gateway has noticed that the client left.
        while (await StatusAsync(bed) != HttpStatusCode.OK) await Task.Yield();
    }
}
