using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using OrleansGateway.Invalidation;
using OrleansGateway.Tests.Caching.Models;
using OrleansGateway.Tests.Gateway;
using OrleansGateway.Tests.Upstreams;

namespace OrleansGateway.Tests.Caching;

/// <summary>What an edge does with stored answers while its right to give them is in doubt.</summary>
public sealed class SuspectTests
{
    private static readonly TimeSpan s_silence = TimeSpan.FromSeconds(3);

    private readonly ManualTime _time = new();
    private readonly InvalidationTable _table = new();
    private EdgeAuthority _authority = new(s_silence);

    private TimeSpan Now => _time.GetElapsedTime(0);

    [Theory(Timeout = 60_000)]
    [InlineData("pass", 2, "gateway; fwd=bypass; fwd-status=200; stored; ttl=600", null)]
    [InlineData("revalidate", 2, "gateway; fwd=stale; fwd-status=304; stored; ttl=600", "\"one\"")]
    [InlineData("serve", 1, "gateway; hit; ttl=597; detail=suspect", null)]
    public async Task Answer_WhileTheEdgeIsCutOff_IsGivenAsTheRouteSays(string use, int asked, string status, string? condition)
    {
        var conditions = new List<string?>();
        await using var bed = await StartAsync(use, http =>
        {
            conditions.Add(http.Request.Headers.IfNoneMatch);
            return SayAsync(http);
        });
        Hear();
        await bed.GetAsync("/a");
        Assert.True((await bed.GetAsync("/a")).IsHit);
        _time.Advance(s_silence);
        var answer = await bed.GetAsync("/a");
        Assert.Equal((200, "body", status), (answer.Status, answer.Body, answer.CacheStatus));
        Assert.Equal((asked, condition), (conditions.Count, conditions.Skip(1).SingleOrDefault()));
        // Each for itself, until it is heard from again.
        await bed.GetAsync("/a");
        Assert.Equal(use == "serve" ? 1 : 3, conditions.Count);
        Hear();
        Assert.Matches("^gateway; hit; ttl=[0-9]+$", (await bed.GetAsync("/a")).CacheStatus);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("pass", 502)]
    [InlineData("revalidate", 502)]
    [InlineData("serve", 200)]
    public async Task Origin_ThatFailsWhileTheEdgeIsCutOff_IsNotStoodInForByWhatMayBePurged(string use, int status)
    {
        var fails = false;
        await using var bed = await StartAsync(use, http =>
        {
            if (!fails) return SayAsync(http, "max-age=1, stale-if-error=600");
            http.Abort();
            return Task.CompletedTask;
        });
        Hear();
        await bed.GetAsync("/a");
        fails = true;
        _time.Advance(TimeSpan.FromSeconds(2));
        Hear();
        Assert.Equal(200, (await bed.GetAsync("/a")).Status);
        _time.Advance(s_silence);
        Assert.Equal(status, (await bed.GetAsync("/a")).Status);
    }

    [Fact(Timeout = 60_000)]
    public async Task Request_WhileSomethingIsMissing_JoinsNoFetchThatIsUnderWay()
    {
        var (both, come) = (new TaskCompletionSource(), 0);
        await using var bed = await StartAsync("pass", async http =>
        {
            if (Interlocked.Increment(ref come) == 2) both.SetResult();
            // If the second waited for the first, neither would be answered.
            await both.Task;
            await SayAsync(http);
        });
        Hear();
        var first = bed.GetAsync("/a");
        while (bed.Asked.IsEmpty) await Task.Delay(5, TestContext.Current.CancellationToken);
        Hear(head: 1);
        var second = bed.GetAsync("/a");
        Assert.Equal(("body", "body"), ((await first).Body, (await second).Body));
        // What was fetched before counts by what comes of the one that was missing.
        _table.Of(null).Apply(new NumberedInvalidation(null, 1, [Selector.All], InvalidationMode.Hard));
        Hear(head: 1, applied: 1);
        Assert.False((await bed.GetAsync("/a")).IsHit);
        Assert.True((await bed.GetAsync("/a")).IsHit);
    }

    [Fact(Timeout = 60_000)]
    public async Task OnlyIfCached_WhileTheEdgeIsCutOff_IsRefused()
    {
        await using var bed = await StartAsync("pass", http => SayAsync(http));
        Hear();
        await bed.GetAsync("/a");
        _time.Advance(s_silence);
        Assert.Equal(504, (await bed.GetAsync("/a", ("Cache-Control", "only-if-cached"))).Status);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("", "gateway; fwd=miss")]
    [InlineData("when_suspect: serve", "gateway; hit; ttl=3597; detail=suspect")]
    public async Task ModelAnswer_WhileTheEdgeIsCutOff_IsGivenAsTheRouteSays(string settings, string status)
    {
        await using var bed = await ModelCacheBed.StartAsync(settings);
        for (var i = 0; i < 2; i++) bed.OpenAI.Enqueue(Answer.Json(Said.OpenAIWhole));
        await ModelCacheBed.ReadAsync(bed.ChatAsync());
        bed.Invalidations.Trust.Limit(() => bed.Time.GetElapsedTime(0));
        bed.Invalidations.Trust.Until(bed.Time.GetElapsedTime(0) + s_silence);
        Assert.Equal("gateway; hit; ttl=3600", (await ModelCacheBed.ReadAsync(bed.ChatAsync())).Status);
        bed.Time.Advance(s_silence);
        Assert.Equal(status, (await ModelCacheBed.ReadAsync(bed.ChatAsync())).Status);
    }

    private static async Task SayAsync(HttpContext http, string cacheControl = "max-age=600")
    {
        (http.Response.Headers.CacheControl, http.Response.Headers.ETag) = (cacheControl, "\"one\"");
        if (http.Request.Headers.IfNoneMatch == "\"one\"") http.Response.StatusCode = 304;
        else await http.Response.WriteAsync("body");
    }

    /// <summary>The owner of the sequence has answered.</summary>
    private void Hear(long head = 0, long applied = 0)
    {
        _authority.Heard(head, Now);
        _authority.HasApplied(applied);
        _table.Trust.Limit(() => Now);
        _table.Trust.Until(_authority.TrustedUntil);
    }

    private Task<CacheBed> StartAsync(string use, RequestDelegate answer) =>
        CacheBed.StartAsync(answer, $"scope: public, when_suspect: {use}", time: _time, services: services => services.AddSingleton(_table));
}
