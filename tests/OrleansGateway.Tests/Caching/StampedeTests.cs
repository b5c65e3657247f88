using Microsoft.AspNetCore.Http;
using OrleansGateway.Tests.Topologies;

namespace OrleansGateway.Tests.Caching;

public sealed class StampedeTests
{
    private const int Crowd = 1_000;

    private const string AtOneNode = "is about requests that meet at one node.";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task Crowd_AskingForOneThingThatIsNotThere_IsOneRequestToTheOrigin()
    {
        Topology.SkipOnCluster(AtOneNode);
        var go = new TaskCompletionSource();
        await using var bed = await CacheBed.StartAsync(async http =>
        {
            await go.Task;
            await CacheBed.Storable(new string('x', 20_000))(http);
        });
        var crowd = Enumerable.Range(0, Crowd).Select(_ => bed.GetAsync("/crowd")).ToList();
        await UntilAsync(bed, waiting: Crowd);
        go.SetResult();
        var answers = await Task.WhenAll(crowd);
        Assert.Single(bed.Asked);
        Assert.All(answers, answer => Assert.Equal((200, 20_000), (answer.Status, answer.Body.Length)));
        Assert.Equal(Crowd - 1, answers.Count(answer => answer.CacheStatus.Contains("collapsed", StringComparison.Ordinal)));
        Assert.True((await bed.GetAsync("/crowd")).IsHit);
    }

    [Fact(Timeout = 60_000)]
    public async Task Followers_WhileTheBodyIsStillComing_HaveItsFirstBytes()
    {
        Topology.SkipOnCluster(AtOneNode);
        var rest = new TaskCompletionSource();
        await using var bed = await CacheBed.StartAsync(async http =>
        {
            http.Response.Headers.CacheControl = "max-age=60";
            await http.Response.WriteAsync("first");
            await http.Response.Body.FlushAsync();
            await rest.Task;
            await http.Response.WriteAsync(" and last");
        });
        var streams = new List<Stream>();
        for (var i = 0; i < 20; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(bed.Url, "/slow"));
            var response = await bed.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancellation);
            var stream = await response.Content.ReadAsStreamAsync(Cancellation);
            var buffer = new byte[5];
            await stream.ReadExactlyAsync(buffer, Cancellation);
            Assert.Equal("first"u8.ToArray(), buffer);
            streams.Add(stream);
        }

        Assert.Single(bed.Asked);
        rest.SetResult();
        foreach (var stream in streams) Assert.Equal(" and last", await new StreamReader(stream).ReadToEndAsync(Cancellation));
        Assert.True((await bed.GetAsync("/slow")).IsHit);
    }

    [Fact(Timeout = 120_000)]
    public async Task Crowd_WhoseAnswerMayNotBeShared_HasEachItsOwn()
    {
        Topology.SkipOnCluster(AtOneNode);
        var count = 0;
        var all = new TaskCompletionSource();
        await using var bed = await CacheBed.StartAsync(async http =>
        {
            var own = Interlocked.Increment(ref count);
            // The first alone says that it is not to be stored; then the others come, all at once, and none is answered before all are there.
            if (own == 200) all.SetResult();
            if (own > 1) await all.Task;
            http.Response.Headers.CacheControl = "private, no-store";
            await http.Response.WriteAsync($"own {own}");
        });
        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => bed.GetAsync("/mine")));
        Assert.Equal(200, answers.Select(answer => answer.Body).Distinct().Count());
        Assert.All(answers, answer => Assert.DoesNotContain("collapsed", answer.CacheStatus, StringComparison.Ordinal));
    }

    [Fact(Timeout = 120_000)]
    public async Task Crowd_WhereNothingCouldBeStored_AsksForItselfAtOnce()
    {
        Topology.SkipOnCluster(AtOneNode);
        const int Few = 100;
        var (count, all) = (0, new TaskCompletionSource());
        await using var bed = await CacheBed.StartAsync(async http =>
        {
            http.Response.Headers.CacheControl = "private, no-store";
            // None is answered before all have come: if one waited for another, none would ever be.
            if (http.Request.Path.Value!.EndsWith("/crowd", StringComparison.Ordinal))
            {
                if (Interlocked.Increment(ref count) == Few) all.SetResult();
                await all.Task;
            }

            await http.Response.WriteAsync("own");
        });
        for (var i = 0; i < 4; i++) await bed.GetAsync($"/mine/{i}");
        var answers = await Task.WhenAll(Enumerable.Range(0, Few).Select(_ => bed.GetAsync("/mine/crowd")));
        Assert.All(answers, answer => Assert.Equal(200, answer.Status));
    }

    [Fact(Timeout = 60_000)]
    public async Task Leader_WhoLeaves_TakesNothingFromThoseWhoWait()
    {
        Topology.SkipOnCluster(AtOneNode);
        var go = new TaskCompletionSource();
        await using var bed = await CacheBed.StartAsync(async http =>
        {
            await go.Task;
            await CacheBed.Storable()(http);
        });
        using var leaves = new CancellationTokenSource();
        var leader = bed.Client.GetAsync(new Uri(bed.Url, "/led"), leaves.Token);
        await UntilAsync(bed, waiting: 1);
        var follower = bed.GetAsync("/led");
        await UntilAsync(bed, waiting: 2);
        await leaves.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leader);
        await UntilAsync(bed, waiting: 1);
        go.SetResult();
        Assert.Equal("stored", (await follower).Body);
        Assert.Single(bed.Asked);
    }

    [Fact(Timeout = 60_000)]
    public async Task Body_ThatBreaksOff_IsWholeForNobodyAndNotStored()
    {
        var (breaks, seen) = (true, new TaskCompletionSource());
        await using var bed = await CacheBed.StartAsync(async http =>
        {
            http.Response.Headers.CacheControl = "max-age=60";
            http.Response.ContentLength = 10;
            await http.Response.WriteAsync("half ");
            await http.Response.Body.FlushAsync();
            // A reset may overtake what was sent before it.
            if (breaks) await seen.Task;
            if (breaks) http.Abort();
            else await http.Response.WriteAsync("whole");
        });
        using (var response = await bed.Client.GetAsync(new Uri(bed.Url, "/broken"), HttpCompletionOption.ResponseHeadersRead, Cancellation))
        {
            seen.SetResult();
            await Assert.ThrowsAnyAsync<Exception>(() => response.Content.ReadAsStringAsync(Cancellation));
        }

        breaks = false;
        Assert.Equal("half whole", (await bed.GetAsync("/broken")).Body);
        Assert.Equal(2, bed.Asked.Count);
    }

    [Fact(Timeout = 60_000)]
    public async Task Body_ThatIsLargerThanMayBeStored_PassesWholeAndIsNotStored()
    {
        await using var bed = await CacheBed.StartAsync(
            async http =>
            {
                http.Response.Headers.CacheControl = "max-age=60";
                for (var i = 0; i < 40; i++) await http.Response.WriteAsync(new string((char)('a' + (i % 26)), 50_000));
            });
        var answers = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => bed.GetAsync("/large")));
        Assert.All(answers, answer => Assert.Equal(2_000_000, answer.Body.Length));
        Assert.All(answers, answer => Assert.Equal(answers[0].Body, answer.Body));
        Assert.False((await bed.GetAsync("/large")).IsHit);
    }

    /// <summary>Until so many requests are in the gateway.</summary>
    private static async Task UntilAsync(CacheBed bed, int waiting)
    {
        using var admin = new HttpClient { BaseAddress = bed.Bed.Gateway.AdminAddress };
        while (true)
        {
            var metrics = await admin.GetStringAsync("/metrics", Cancellation);
            var line = metrics.Split('\n').FirstOrDefault(line => line.StartsWith("http_server_active_requests", StringComparison.Ordinal) && line.Contains("GET", StringComparison.Ordinal));
            if (line is not null && double.Parse(line.Split(' ')[^1], System.Globalization.CultureInfo.InvariantCulture) == waiting && !bed.Asked.IsEmpty) return;
            await Task.Delay(10, Cancellation);
        }
    }
}
