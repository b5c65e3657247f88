using Microsoft.AspNetCore.Http;
using OrleansGateway.Tests.Topologies;

namespace OrleansGateway.Tests.Caching;

/// <summary>Answers to POST that are stored for GET (RFC 9110 §9.3.3), among other changes.</summary>
public sealed class PostTests
{
    [Fact(Timeout = 60_000)]
    public async Task Answers_ToPostsThatComeTogether_AreAllStored()
    {
        Topology.SkipOnCluster("is about what one node stores, and its connections go to several.");
        const int Crowd = 100;
        var (come, all) = (0, new TaskCompletionSource());
        await using var bed = await CacheBed.StartAsync(async http =>
        {
            if (Interlocked.Increment(ref come) == Crowd) all.SetResult();
            await all.Task;
            await SayAsync(http);
        });
        await Task.WhenAll(Enumerable.Range(0, Crowd).Select(i => bed.SendAsync(HttpMethod.Post, $"/post/{i}")));
        for (var i = 0; i < Crowd; i++) Assert.True((await bed.GetAsync($"/post/{i}")).IsHit, $"/post/{i}");
    }

    [Theory(Timeout = 60_000)]
    [InlineData("/post", false)]
    [InlineData("/other", true)]
    public async Task Answer_ToAPost_IsStoredUnlessAnotherChangesItsUrlMeanwhile(string changed, bool isStored)
    {
        var (asked, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var bed = await CacheBed.StartAsync(async http =>
        {
            if (HttpMethods.IsPost(http.Request.Method))
            {
                asked.SetResult();
                await go.Task;
            }

            await SayAsync(http);
        });
        var post = bed.SendAsync(HttpMethod.Post, "/post");
        await asked.Task;
        await bed.SendAsync(HttpMethod.Put, changed);
        go.SetResult();
        await post;
        Assert.Equal(isStored, (await bed.GetAsync("/post")).IsHit);
    }

    private static async Task SayAsync(HttpContext http)
    {
        (http.Response.Headers.CacheControl, http.Response.Headers.ContentLocation) = ("max-age=60", http.Request.Path.Value);
        await http.Response.WriteAsync("made");
    }
}
