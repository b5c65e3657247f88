using Microsoft.AspNetCore.Http;
using OrleansGateway.Tests.Gateway;

namespace OrleansGateway.Tests.Caching;

/// <summary>Answers that are for more queries than their own (<c>No-Vary-Search</c>).</summary>
public sealed class SearchTests
{
    private const string Other = "test-key-other-0123456789-0123456789";

    [Theory(Timeout = 60_000)]
    [InlineData("params=(\"utm\")", "/a?id=1&utm=x", "/a?id=1&utm=y", true)]
    [InlineData("params=(\"utm\")", "/a?id=1&utm=x", "/a?id=1", true)]
    [InlineData("params=(\"utm\")", "/a?id=1&utm=x", "/a?id=2&utm=x", false)]
    [InlineData("params=(\"utm\")", "/a?id=1", "/b?id=1", false)]
    [InlineData("params=(\"utm\")", "/a?id=1", "/a?ID=1", false)]
    [InlineData("key-order", "/a?b=1&c=2", "/a?c=2&b=1", true)]
    [InlineData("key-order", "/a?b=1&c=2", "/a?c=1&b=2", false)]
    [InlineData("params", "/a?b=1", "/a", true)]
    [InlineData("params, except=(\"id\")", "/a?id=1&x=2", "/a?y=3&id=1", true)]
    [InlineData("params, except=(\"id\")", "/a?id=1", "/a?id=2", false)]
    [InlineData("params=(\"utm\"), other", "/a?utm=x", "/a?utm=y", false)]
    public async Task Answer_WithTheField_IsFoundForQueriesThatAreAlike(string field, string first, string second, bool isFound)
    {
        await using var bed = await StartAsync(_ => field);
        var before = await bed.GetAsync(first);
        var after = await bed.GetAsync(second);
        Assert.Equal((isFound, isFound), (after.IsHit, after.Body == before.Body));
        Assert.True((await bed.GetAsync(first)).IsHit);
        Assert.True((await bed.GetAsync(second)).IsHit);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("/a?id=1&utm=x")] // that it was fetched for
    [InlineData("/a?utm=y&id=1")] // that it was found for
    [InlineData("/a?id=1&utm=z")] // that is alike
    public async Task Purge_OfAnyUrlThatIsAlike_TakesItOut(string purged)
    {
        await using var bed = await StartAsync(_ => "params=(\"utm\"), key-order");
        await bed.GetAsync("/a?id=1&utm=x");
        Assert.True((await bed.GetAsync("/a?utm=y&id=1")).IsHit);
        await bed.SendAsync(HttpMethod.Delete, purged);
        Assert.False((await bed.GetAsync("/a?id=1&utm=x")).IsHit);
        Assert.True((await bed.GetAsync("/a?utm=y&id=1")).IsHit);
    }

    [Fact(Timeout = 60_000)]
    public async Task Change_WhileTheFetchForOneIsUnderWay_KeepsItFromThoseThatAreAlike()
    {
        var (asked, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var bed = await StartAsync(_ => "params", async http =>
        {
            if (!HttpMethods.IsGet(http.Request.Method) || !asked.TrySetResult()) return;
            await go.Task;
        });
        var fetch = bed.GetAsync("/a?b=1");
        await asked.Task;
        await bed.SendAsync(HttpMethod.Put, "/a?b=2");
        go.SetResult();
        await fetch;
        Assert.False((await bed.GetAsync("/a?b=3")).IsHit);
    }

    [Fact(Timeout = 60_000)]
    public async Task Answer_ThatSaysSomethingElseNow_CountsFromThen()
    {
        var field = "params";
        var time = new ManualTime();
        await using var bed = await StartAsync(_ => field, time: time);
        await bed.GetAsync("/a?b=1");
        Assert.True((await bed.GetAsync("/a?b=2")).IsHit);
        time.Advance(TimeSpan.FromSeconds(61));
        field = "";
        await bed.GetAsync("/a?b=1");
        Assert.False((await bed.GetAsync("/a?b=2")).IsHit);
        Assert.Equal(["/a?b=1", "/a?b=2"], [(await bed.GetAsync("/a?b=1")).Body[2..], (await bed.GetAsync("/a?b=2")).Body[2..]]);
    }

    [Fact(Timeout = 60_000)]
    public async Task Answer_OfOneTenant_IsNotFoundByAnother()
    {
        await using var bed = await StartAsync(_ => "params", route: "auth: [key]", keys: $"other: {{tenant: globex, secret: {Other}}}");
        await bed.GetAsync("/a?b=1", ("Authorization", "Bearer " + GatewayUnderTest.Key));
        Assert.False((await bed.GetAsync("/a?b=2", ("Authorization", "Bearer " + Other))).IsHit);
        Assert.True((await bed.GetAsync("/a?b=3", ("Authorization", "Bearer " + GatewayUnderTest.Key))).IsHit);
    }

    [Fact(Timeout = 60_000)]
    public async Task Answer_ThatVariesByAField_IsFoundForThatFieldOnly()
    {
        await using var bed = await StartAsync(_ => "params", http =>
        {
            http.Response.Headers.Vary = "Accept-Language";
            return Task.CompletedTask;
        });
        await bed.GetAsync("/a?b=1", ("Accept-Language", "de"));
        Assert.True((await bed.GetAsync("/a?b=2", ("Accept-Language", "de"))).IsHit);
        Assert.False((await bed.GetAsync("/a?b=2", ("Accept-Language", "en"))).IsHit);
    }

    private static Task<CacheBed> StartAsync(
        Func<HttpContext, string> field, Func<HttpContext, Task>? before = null, string route = "", TimeProvider? time = null, string keys = "")
    {
        var count = 0;
        return CacheBed.StartAsync(
            async http =>
            {
                var own = Interlocked.Increment(ref count);
                if (before is not null) await before(http);
                http.Response.Headers.CacheControl = "max-age=60";
                if (field(http) is { Length: > 0 } said) http.Response.Headers["No-Vary-Search"] = said;
                await http.Response.WriteAsync($"{own} {http.Request.Path}{http.Request.QueryString}");
            },
            route: route,
            time: time,
            keys: keys);
    }
}
