using Microsoft.AspNetCore.Http;

namespace OrleansGateway.Tests.Caching;

/// <summary>What an answer to HEAD says of what is stored for GET (RFC 9111 §4.3.5).</summary>
public sealed class HeadUpdateTests
{
    [Theory(Timeout = 60_000)]
    [InlineData("\"one\"", "", 4L, 200, true)] // the same tag and length
    [InlineData("\"one\"", "", null, 200, true)]
    [InlineData("", "Sun, 01 Nov 2026 08:00:00 GMT", 4L, 200, true)]
    [InlineData("\"two\"", "", 4L, 200, false)] // another version
    [InlineData("\"one\"", "Sun, 01 Nov 2026 08:00:01 GMT", 4L, 200, false)]
    [InlineData("\"one\"", "", 5L, 200, false)] // another length
    [InlineData("", "", 5L, 200, false)]
    [InlineData("", "", 4L, 200, null)] // proves nothing
    [InlineData("\"two\"", "", 5L, 404, null)]
    public async Task Head_OfTheOrigin_MakesWhatIsStoredFreshOrGoneOrNeither(string tag, string modified, long? length, int status, bool? isSame)
    {
        var time = new ManualTime();
        await using var bed = await CacheBed.StartAsync(
            async http =>
            {
                var (response, isHead) = (http.Response, HttpMethods.IsHead(http.Request.Method));
                (response.StatusCode, response.Headers.CacheControl, response.Headers["X-Said"]) = (isHead ? status : 200, "max-age=60", isHead ? "head" : "get");
                if (!isHead || tag.Length > 0) response.Headers.ETag = isHead ? tag : "\"one\"";
                if (!isHead || modified.Length > 0) response.Headers.LastModified = isHead ? modified : "Sun, 01 Nov 2026 08:00:00 GMT";
                response.ContentLength = isHead ? length : 4;
                if (!isHead) await response.WriteAsync("body");
            },
            time: time);
        await bed.GetAsync("/a");
        time.Advance(TimeSpan.FromSeconds(40));
        var head = await bed.SendAsync(HttpMethod.Head, "/a", ("Cache-Control", "no-cache"));
        Assert.Equal((status, "head"), (head.Status, head.Headers["X-Said"]));
        var after = await bed.GetAsync("/a");
        Assert.Equal((isSame != false, isSame == true ? "head" : "get"), (after.IsHit, after.Headers["X-Said"]));
        time.Advance(TimeSpan.FromSeconds(30));
        // By now what came first is stale.
        var later = await bed.GetAsync("/a");
        Assert.Equal(isSame is not null, later.IsHit);
    }

    [Fact(Timeout = 60_000)]
    public async Task Head_ThatForbidsStoring_TakesWhatIsStoredOut()
    {
        await using var bed = await CacheBed.StartAsync(async http =>
        {
            var isHead = HttpMethods.IsHead(http.Request.Method);
            (http.Response.Headers.ETag, http.Response.Headers.CacheControl) = ("\"one\"", isHead ? "no-store" : "max-age=60");
            if (!isHead) await http.Response.WriteAsync("body");
        });
        await bed.GetAsync("/a");
        await bed.SendAsync(HttpMethod.Head, "/a", ("Cache-Control", "no-cache"));
        Assert.False((await bed.GetAsync("/a")).IsHit);
    }

    [Fact(Timeout = 60_000)]
    public async Task Head_ForAnotherVariant_LeavesThisOneAlone()
    {
        await using var bed = await CacheBed.StartAsync(async http =>
        {
            var language = http.Request.Headers.AcceptLanguage.ToString();
            (http.Response.Headers.ETag, http.Response.Headers.Vary, http.Response.Headers.CacheControl) = ($"\"{language}\"", "Accept-Language", "max-age=60");
            if (HttpMethods.IsGet(http.Request.Method)) await http.Response.WriteAsync(language);
        });
        await bed.GetAsync("/a", ("Accept-Language", "de"));
        await bed.GetAsync("/a", ("Accept-Language", "en"));
        await bed.SendAsync(HttpMethod.Head, "/a", ("Accept-Language", "en"), ("Cache-Control", "no-cache"));
        Assert.True((await bed.GetAsync("/a", ("Accept-Language", "de"))).IsHit);
        Assert.True((await bed.GetAsync("/a", ("Accept-Language", "en"))).IsHit);
    }
}
