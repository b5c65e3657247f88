using System.Net;
using OrleansGateway.Configuration;
using OrleansGateway.Tests.Forwarding;
using OrleansGateway.Tests.Listeners;
using OrleansGateway.Upstream.Adaptive;

namespace OrleansGateway.Tests.Pools;

/// <summary>A bound on requests in flight that finds itself.</summary>
public sealed class AdaptiveLimitTests
{
    private static readonly AdaptiveSettings s_settings = new() { Min = 2, Max = 200, Initial = 10 };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Bound_InFrontOfAServerThatTakesForty_SettlesNearIt(int seed)
    {
        // Up to forty at once each takes 100 ms; beyond, they queue up behind one another.
        var (limit, random, now) = (new AdaptiveLimit(), new Random(seed), TimeSpan.Zero);
        var running = new PriorityQueue<TimeSpan, TimeSpan>();
        var highest = 0;
        for (var step = 0; step < 60_000; step++)
        {
            now += TimeSpan.FromMilliseconds(random.Next(1, 3));
            while (running.TryPeek(out var began, out var ends) && ends <= now)
            {
                running.Dequeue();
                limit.End(s_settings, AdaptiveSignal.Answered, ends - began, now);
            }

            while (limit.TryBegin(s_settings, now))
            {
                var took = TimeSpan.FromMilliseconds(100.0 * Math.Max(1, (running.Count + 1) / 40.0));
                running.Enqueue(now, now + took);
            }

            if (step > 30_000) highest = Math.Max(highest, limit.Bound);
        }

        // Twice the least time is no slowdown by default.
        Assert.InRange(highest, 40, 100);
    }

    [Fact]
    public void End_AsOverloaded_LowersTheBoundOncePerRoundTripAndNeverBelowTheLeast()
    {
        var limit = new AdaptiveLimit();
        for (var i = 0; i < 10; i++) Assert.True(limit.TryBegin(s_settings, TimeSpan.Zero));
        Assert.False(limit.TryBegin(s_settings, TimeSpan.Zero));
        limit.End(s_settings, AdaptiveSignal.Answered, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
        var before = limit.Bound;
        limit.End(s_settings, AdaptiveSignal.Overloaded, default, TimeSpan.FromSeconds(2));
        limit.End(s_settings, AdaptiveSignal.Overloaded, default, TimeSpan.FromSeconds(2.5));
        Assert.Equal(before * 90 / 100, limit.Bound);
        for (var second = 4; second < 60; second += 2)
        {
            limit.TryBegin(s_settings, TimeSpan.FromSeconds(second));
            limit.End(s_settings, AdaptiveSignal.Overloaded, default, TimeSpan.FromSeconds(second));
        }

        Assert.Equal(2, limit.Bound);
    }

    [Fact]
    public void End_WhileTheBoundIsNotMadeUseOf_DoesNotRaiseIt()
    {
        var limit = new AdaptiveLimit();
        for (var second = 0; second < 1_000; second++)
        {
            limit.TryBegin(s_settings, TimeSpan.FromSeconds(second));
            limit.End(s_settings, AdaptiveSignal.Answered, TimeSpan.FromMilliseconds(5), TimeSpan.FromSeconds(second));
        }

        Assert.Equal(10, limit.Bound);
    }

    [Fact]
    public void End_OfAServerThatHasBecomeSlowerForGood_FindsTheNewLeastTime()
    {
        var (limit, now) = (new AdaptiveLimit(), TimeSpan.Zero);
        Run(TimeSpan.FromMilliseconds(10), 50);
        Run(TimeSpan.FromMilliseconds(100), 10);
        Assert.True(limit.Bound < 40);
        Run(TimeSpan.FromMilliseconds(100), 2_000);
        Assert.True(limit.Bound > 100, $"{limit.Bound}");

        void Run(TimeSpan each, int rounds)
        {
            for (var round = 0; round < rounds; round++)
            {
                var begun = 0;
                while (limit.TryBegin(s_settings, now)) begun++;
                now += each;
                for (; begun > 0; begun--) limit.End(s_settings, AdaptiveSignal.Answered, each, now);
            }
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Request_BeyondTheBound_IsRefusedAndAnotherOneAfterwardsIsNot()
    {
        var gate = new TaskCompletionSource();
        await using var bed = await ForwardBed.StartAsync(
            async http =>
            {
                await http.Response.Body.FlushAsync(Cancel);
                await gate.Task;
            },
            upstream: "adaptive_concurrency: {min: 1, max: 2, initial: 2}");
        using var first = await bed.Client.GetAsync("/a", HttpCompletionOption.ResponseHeadersRead, Cancel);
        using var second = await bed.Client.GetAsync("/b", HttpCompletionOption.ResponseHeadersRead, Cancel);
        using var third = await bed.Client.GetAsync("/c", Cancel);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, third.StatusCode);
        Assert.Contains("upstream_busy", await third.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
        Assert.Equal(TimeSpan.FromSeconds(1), third.Headers.RetryAfter?.Delta);
        gate.SetResult();
        await first.Content.ReadAsByteArrayAsync(Cancel);
        await second.Content.ReadAsByteArrayAsync(Cancel);
        while (true)
        {
            // The client has its answer a moment before the gateway counts it as over.
            using var fourth = await bed.Client.GetAsync("/d", Cancel);
            if (fourth.StatusCode == HttpStatusCode.OK) break;
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Request_WhoseClientIsSlowToSendIt_DoesNotMakeTheUpstreamLookSlow()
    {
        var (time, gate, begun) = (new ManualTime(), new TaskCompletionSource(), new TaskCompletionSource());
        await using var bed = await ForwardBed.StartAsync(
            async http =>
            {
                if (http.Request.Path == "/upload")
                {
                    await http.Request.Body.ReadExactlyAsync(new byte[5], Cancel);
                    begun.SetResult();
                    await http.Request.Body.ReadExactlyAsync(new byte[5], Cancel);
                    return;
                }

                await http.Response.Body.FlushAsync(Cancel);
                if (http.Request.Path == "/held") await gate.Task;
            },
            upstream: "adaptive_concurrency: {min: 1, max: 2, initial: 2}",
            time: time);
        using var quick = await bed.Client.GetAsync("/quick", Cancel);
        using var slow = await RawConnection.OpenAsync(bed.Url);
        await slow.SayAsync("POST /upload HTTP/1.1\r\nHost: gateway\r\nContent-Length: 10\r\n\r\n12345");
        await begun.Task;
        time.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(200, (await slow.AskAsync("67890")).Status);
        using var first = await bed.Client.GetAsync("/held", HttpCompletionOption.ResponseHeadersRead, Cancel);
        while (true)
        {
            // The upload's answer is here a moment before the gateway counts it as over.
            using var second = await bed.Client.GetAsync("/quick", Cancel);
            if (second.StatusCode == HttpStatusCode.OK) break;
        }

        gate.SetResult();
    }
}
