using Microsoft.AspNetCore.Http;
using OrleansGateway.Tests.Forwarding;
using OrleansGateway.Tests.Gateway;
using OrleansGateway.Tests.Topologies;

namespace OrleansGateway.Tests.Caching;

public sealed class CacheGatewayTests
{
    [Fact(Timeout = 60_000)]
    public async Task Answer_ThatIsFresh_ComesFromTheStoreWithItsAge()
    {
        Topology.SkipOnCluster("has a clock of its own.");
        var time = new ManualTime();
        await using var bed = await CacheBed.StartAsync(CacheBed.Storable(cacheControl: "max-age=60"), time: time);
        var miss = await bed.GetAsync("/a");
        Assert.Equal("gateway; fwd=uri-miss; fwd-status=200; stored; ttl=60", miss.CacheStatus);
        time.Advance(TimeSpan.FromSeconds(10));
        var hit = await bed.GetAsync("/a");
        Assert.Equal(("stored", "gateway; hit; ttl=50", "10"), (hit.Body, hit.CacheStatus, hit.Headers["Age"]));
        time.Advance(TimeSpan.FromSeconds(50));
        Assert.Equal("gateway; fwd=stale; fwd-status=200; stored; ttl=60", (await bed.GetAsync("/a")).CacheStatus);
        Assert.Equal(2, bed.Asked.Count);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("tenant", 2)]
    [InlineData("user", 3)]
    [InlineData("public", 1)]
    public async Task Scope_OfARoute_SaysWhoSharesWhatIsStored(string scope, int copies)
    {
        var asked = 0;
        await using var origin = await OriginServer.StartAsync(http =>
        {
            Interlocked.Increment(ref asked);
            return CacheBed.Storable()(http);
        });
        var yaml = ForwardBed.Yaml([origin.Url], route: $"auth: [key], cache: {{scope: {scope}}}")
            .Replace("tenants: {acme: { } }", "tenants: {acme: { }, other: { } }", StringComparison.Ordinal)
            .Replace("keys: {", "keys: {more: {tenant: acme, secret: acme-key-with-more-letters}, foreign: {tenant: other, secret: other-key-with-more-letters}, ", StringComparison.Ordinal);
        await using var gateway = await GatewayUnderTest.StartWholeAsync(yaml);
        foreach (var key in (string[])[GatewayUnderTest.Key, "acme-key-with-more-letters", "other-key-with-more-letters", GatewayUnderTest.Key])
        {
            gateway.Client.DefaultRequestHeaders.Authorization = new("Bearer", key);
            Assert.Equal("stored", await gateway.Client.GetStringAsync(new Uri(gateway.Url, "/a"), TestContext.Current.CancellationToken));
        }

        Assert.Equal(copies, asked);
    }

    [Fact(Timeout = 60_000)]
    public async Task StaleWhileRevalidate_ForACrowd_RefreshesOnceInTheBackground()
    {
        var (time, count, go) = (new ManualTime(), 0, new TaskCompletionSource());
        await using var bed = await CacheBed.StartAsync(
            async http =>
            {
                var own = Interlocked.Increment(ref count);
                if (own > 1) await go.Task;
                await CacheBed.Storable("answer " + own, "max-age=10, stale-while-revalidate=60")(http);
            },
            time: time);
        Assert.Equal("answer 1", (await bed.GetAsync("/a")).Body);
        time.Advance(TimeSpan.FromSeconds(15));
        var stale = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => bed.GetAsync("/a")));
        Assert.All(stale, answer => Assert.Equal(("answer 1", "gateway; hit; ttl=-5"), (answer.Body, answer.CacheStatus)));
        go.SetResult();
        while ((await bed.GetAsync("/a")).Body != "answer 2") await Task.Delay(10, TestContext.Current.CancellationToken);
        Assert.Equal(2, bed.Asked.Count);
    }

    [Fact(Timeout = 60_000)]
    public async Task StaleIfError_WhileTheOriginFails_GivesWhatIsStoredForAsLongAsItSays()
    {
        var (time, fails) = (new ManualTime(), false);
        await using var bed = await CacheBed.StartAsync(
            async http =>
            {
                if (fails) http.Response.StatusCode = 503;
                else await CacheBed.Storable("good", "max-age=10, stale-if-error=100")(http);
            },
            time: time);
        await bed.GetAsync("/a");
        fails = true;
        time.Advance(TimeSpan.FromSeconds(60));
        var stale = await bed.GetAsync("/a");
        Assert.Equal((200, "good"), (stale.Status, stale.Body));
        Assert.Contains("detail=stale-if-error", stale.CacheStatus, StringComparison.Ordinal);
        time.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal(503, (await bed.GetAsync("/a")).Status);
    }

    [Fact(Timeout = 60_000)]
    public async Task OnlyIfCached_WithNothingStored_IsRefusedAndAsksNobody()
    {
        await using var bed = await CacheBed.StartAsync(CacheBed.Storable());
        Assert.Equal(504, (await bed.GetAsync("/a", ("Cache-Control", "only-if-cached"))).Status);
        Assert.Empty(bed.Asked);
        await bed.GetAsync("/a");
        Assert.Equal(200, (await bed.GetAsync("/a", ("Cache-Control", "only-if-cached"))).Status);
    }

    [Fact(Timeout = 60_000)]
    public async Task Head_AfterAGet_IsAnsweredFromIt()
    {
        await using var bed = await CacheBed.StartAsync(CacheBed.Storable());
        await bed.GetAsync("/a");
        var head = await bed.SendAsync(HttpMethod.Head, "/a");
        Assert.Equal((true, "6", ""), (head.IsHit, head.Headers["Content-Length"], head.Body));
        Assert.Single(bed.Asked);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("bytes=2-3", 206, "or", "bytes 2-3/6")]
    [InlineData("bytes=-2", 206, "ed", "bytes 4-5/6")]
    [InlineData("bytes=9-", 416, "", "bytes */6")]
    [InlineData("bytes=0-1,3-4", 200, "stored", null)]
    [InlineData("lines=1-2", 200, "stored", null)]
    public async Task Range_OfWhatIsStored_IsCutOfIt(string range, int status, string body, string? contentRange)
    {
        await using var bed = await CacheBed.StartAsync(CacheBed.Storable());
        await bed.GetAsync("/a");
        var answer = await bed.GetAsync("/a", ("Range", range));
        Assert.Equal((status, body, contentRange), (answer.Status, answer.Body, answer.Headers.GetValueOrDefault("Content-Range")));
        Assert.Single(bed.Asked);
    }

    [Fact(Timeout = 60_000)]
    public async Task Part_ThatIsStored_IsCompletedByTheRest()
    {
        await using var bed = await CacheBed.StartAsync(async http =>
        {
            var range = http.Request.Headers.Range.ToString();
            (http.Response.Headers.CacheControl, http.Response.Headers.ETag) = ("max-age=60", "\"one\"");
            if (range.Length > 0) http.Response.StatusCode = 206;
            if (range == "bytes=0-4") http.Response.Headers.ContentRange = "bytes 0-4/10";
            if (range == "bytes=5-") http.Response.Headers.ContentRange = "bytes 5-9/10";
            var body = range switch { "bytes=0-4" => "01234", "bytes=5-" => "56789", _ => "0123456789" };
            http.Response.ContentLength = body.Length;
            await http.Response.WriteAsync(body);
        });
        Assert.Equal((206, "01234"), (await bed.GetAsync("/a", ("Range", "bytes=0-4"))) is var part ? (part.Status, part.Body) : default);
        Assert.Equal("123", (await bed.GetAsync("/a", ("Range", "bytes=1-3"))).Body);
        var whole = await bed.GetAsync("/a");
        Assert.Equal((200, "0123456789"), (whole.Status, whole.Body));
        Assert.Equal("0123456789", (await bed.GetAsync("/a")).Body);
        Assert.Equal(2, bed.Asked.Count);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("\"two\"")]
    [InlineData("W/\"one\"")]
    [InlineData(null)]
    public async Task Part_ThatIsStored_IsNotJoinedWithThatOfAnotherVersion(string? other)
    {
        await using var bed = await CacheBed.StartAsync(async http =>
        {
            var range = http.Request.Headers.Range.ToString();
            // Does not look at If-Range, as some do not.
            http.Response.Headers.CacheControl = "max-age=60";
            http.Response.Headers.ETag = range == "bytes=0-4" ? "\"one\"" : other;
            if (range.Length > 0) http.Response.StatusCode = 206;
            if (range == "bytes=0-4") http.Response.Headers.ContentRange = "bytes 0-4/10";
            if (range == "bytes=5-") http.Response.Headers.ContentRange = "bytes 5-9/10";
            var body = range switch { "bytes=0-4" => "01234", "bytes=5-" => "fghij", _ => "abcdefghij" };
            http.Response.ContentLength = body.Length;
            await http.Response.WriteAsync(body);
        });
        await bed.GetAsync("/a", ("Range", "bytes=0-4"));
        Assert.Equal((200, "abcdefghij"), (await bed.GetAsync("/a")) is var whole ? (whole.Status, whole.Body) : default);
        Assert.Equal("abcdefghij", (await bed.GetAsync("/a")).Body);
    }

    [Fact(Timeout = 60_000)]
    public async Task Answer_ThatIsStale_IsConfirmedByItsTagAndSavesTheBody()
    {
        var time = new ManualTime();
        await using var bed = await CacheBed.StartAsync(
            async http =>
            {
                http.Response.Headers.ETag = "\"one\"";
                http.Response.Headers.CacheControl = "max-age=10";
                if (http.Request.Headers.IfNoneMatch == "\"one\"") http.Response.StatusCode = 304;
                else await http.Response.WriteAsync("body");
            },
            time: time);
        await bed.GetAsync("/a");
        time.Advance(TimeSpan.FromSeconds(20));
        var confirmed = await bed.GetAsync("/a");
        Assert.Equal((200, "body", "gateway; fwd=stale; fwd-status=304; stored; ttl=10"), (confirmed.Status, confirmed.Body, confirmed.CacheStatus));
        Assert.True((await bed.GetAsync("/a")).IsHit);
        Assert.Equal(304, (await bed.GetAsync("/a", ("If-None-Match", "W/\"one\", \"two\""))).Status);
        Assert.Equal(2, bed.Asked.Count);
    }

    [Fact(Timeout = 60_000)]
    public async Task Change_WhileAFetchIsUnderWay_KeepsItsAnswerOutOfTheStore()
    {
        var go = new TaskCompletionSource();
        var arrived = new TaskCompletionSource();
        await using var bed = await CacheBed.StartAsync(async http =>
        {
            if (HttpMethods.IsPost(http.Request.Method)) return;
            var isFirst = !go.Task.IsCompleted;
            arrived.TrySetResult();
            if (isFirst) await go.Task;
            await CacheBed.Storable(isFirst ? "old" : "new")(http);
        });
        var old = bed.GetAsync("/a");
        await arrived.Task.WaitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(200, (await bed.SendAsync(HttpMethod.Post, "/a")).Status);
        go.SetResult();
        Assert.Equal("old", (await old).Body);
        Assert.Equal("new", (await bed.GetAsync("/a")).Body);
    }

    [Fact(Timeout = 60_000)]
    public async Task Request_AfterAChange_DoesNotJoinTheFetchThatBeganBefore()
    {
        var go = new TaskCompletionSource();
        var arrived = new TaskCompletionSource();
        var count = 0;
        await using var bed = await CacheBed.StartAsync(async http =>
        {
            if (HttpMethods.IsPost(http.Request.Method)) return;
            var own = Interlocked.Increment(ref count);
            arrived.TrySetResult();
            if (own == 1) await go.Task;
            await CacheBed.Storable(own == 1 ? "old" : "new")(http);
        });
        var old = bed.GetAsync("/a");
        await arrived.Task.WaitAsync(TestContext.Current.CancellationToken);
        await bed.SendAsync(HttpMethod.Post, "/a");
        Assert.Equal("new", (await bed.GetAsync("/a")).Body);
        go.SetResult();
        Assert.Equal("old", (await old).Body);
        Assert.Equal("new", (await bed.GetAsync("/a")).Body);
    }

    [Fact(Timeout = 60_000)]
    public async Task Group_NamedByAChange_IsGoneWithAllItsMembersAndNoOther()
    {
        await using var bed = await CacheBed.StartAsync(async http =>
        {
            if (HttpMethods.IsPost(http.Request.Method))
            {
                http.Response.Headers["Cache-Group-Invalidation"] = "\"one\"";
                return;
            }

            http.Response.Headers["Cache-Groups"] = http.Request.Path == "/other" ? "\"two\"" : "\"one\", \"more\"";
            await CacheBed.Storable()(http);
        });
        foreach (var path in (string[])["/a", "/b", "/other"]) await bed.GetAsync(path);
        await bed.SendAsync(HttpMethod.Post, "/elsewhere");
        Assert.False((await bed.GetAsync("/a")).IsHit);
        Assert.False((await bed.GetAsync("/b")).IsHit);
        Assert.True((await bed.GetAsync("/other")).IsHit);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("max-age=60", "explicit", false)]
    [InlineData("public, max-age=60", "explicit", true)]
    [InlineData("public, max-age=60", "never", false)]
    [InlineData("max-age=60", "always", true)]
    public async Task Cookie_InAnAnswer_IsStoredOnlyAsTheRouteSays(string cacheControl, string setting, bool isStored)
    {
        await using var bed = await CacheBed.StartAsync(
            async http =>
            {
                http.Response.Headers.SetCookie = "session=secret";
                await CacheBed.Storable(cacheControl: cacheControl)(http);
            },
            "set_cookie: " + setting);
        await bed.GetAsync("/a");
        Assert.Equal(isStored, (await bed.GetAsync("/a")).IsHit);
    }

    [Fact(Timeout = 60_000)]
    public async Task Fields_MeantForTheGateway_DoNotReachClients()
    {
        await using var bed = await CacheBed.StartAsync(async http =>
        {
            http.Response.Headers["Gateway-Cache-Control"] = http.Request.Path == "/kept" ? "max-age=60" : "no-store";
            http.Response.Headers["Surrogate-Key"] = "a b";
            await CacheBed.Storable(cacheControl: "no-cache")(http);
        });
        foreach (var path in (string[])["/kept", "/kept", "/live"])
        {
            var answer = await bed.GetAsync(path);
            Assert.False(answer.Headers.ContainsKey("Surrogate-Key") || answer.Headers.ContainsKey("Gateway-Cache-Control"));
            Assert.Equal("no-cache", answer.Headers["Cache-Control"]);
        }

        Assert.Equal(["GET /kept", "GET /live"], bed.Asked);
    }
}
