using OrleansGateway.Tests.Forwarding;

namespace OrleansGateway.Tests.Caching.Consistency;

/// <summary>
/// An acknowledged invalidation is final: no read that begins after the acknowledgement sees what was there before, whatever the fill, the refresh or the crowd of readers was about at
/// the time. <c>GATEWAY_TEST_CONSISTENCY_READS</c> sets how much is read; 1,000,000 for the long run.
/// </summary>
public sealed class ConsistencyTests
{
    private static readonly ConsistencyPlan s_plan = new(Keys: 40, DelayMax: TimeSpan.FromMilliseconds(150));

    private static long Reads =>
        Environment.GetEnvironmentVariable("GATEWAY_TEST_CONSISTENCY_READS") is { Length: > 0 } stated ? long.Parse(stated, CultureInfo.InvariantCulture) : 30_000;

    [Theory(Timeout = 1_800_000)]
    [InlineData(1)]
    public Task Reads_AfterAnInvalidationWasAcknowledged_SeeWhatItAnnounced(int seed) => CheckAsync(s_plan, "", seed, Reads);

    // Larger than memory takes; and of a size that memory has room for half of them, so that they go to the disk and come back all the time.
    [Theory(Timeout = 1_800_000)]
    [InlineData(1, 4_096, "object_max: 1KiB")]
    [InlineData(1, 50_000, "memory: 1MiB, object_max: 64KiB")]
    public async Task Reads_OfWhatIsOnDisk_SeeWhatWasAnnounced(int seed, int bodyBytes, string cache)
    {
        var folder = Directory.CreateTempSubdirectory("gateway-disk-");
        try
        {
            var metrics = await CheckAsync(s_plan with { BodyBytes = bodyBytes }, $"cache: {{{cache}, disk: {{path: \"{folder.FullName}\"}}}}", seed, Reads / 3);
            var reads = metrics.Split('\n').Single(line => line.StartsWith("gateway_cache_disk_reads_total", StringComparison.Ordinal)).Split(' ')[^1];
            TestContext.Current.TestOutputHelper?.WriteLine($"{reads} from the disk");
            Assert.True(double.Parse(reads, CultureInfo.InvariantCulture) > Reads / 100, reads);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<string> CheckAsync(ConsistencyPlan plan, string more, int seed, long reads)
    {
        var cancellation = TestContext.Current.CancellationToken;
        var origin = new VersionedOrigin(plan, new Random(seed));
        await using var server = await origin.StartAsync();
        await using var bed = await ForwardBed.StartAsync([server.Url], route: "cache: {scope: public}", more: more);
        using var purges = await Purges.OfAsync(bed, cancellation);
        var run = new ConsistencyRun(plan, origin, bed.Client, purges.InvalidateAsync, seed);

        await run.RunAsync(reads, cancellation);

        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{run.Judge.Reads} reads, {run.Hits} of them from the store, {origin.Requests} requests at the origin, {run.Judge.Acknowledged} invalidations, {run.Judge.Stale} stale");
        Assert.Empty(run.Judge.Violations);
        Assert.Equal(0, run.Judge.Stale);
        // Else it was not the cache that was looked at.
        Assert.True(run.Hits > reads / 4, $"{run.Hits} of {reads} reads came from the store");
        using var admin = new HttpClient { BaseAddress = bed.Gateway.AdminAddress };
        return await admin.GetStringAsync("/metrics", cancellation);
    }

    [Fact(Timeout = 300_000)]
    public async Task Judge_OfACacheThatForgetsFillsInFlight_FindsStaleReads()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var origin = new VersionedOrigin(s_plan, new Random(1));
        await using var server = await origin.StartAsync();
        await using var cache = new NaiveCache(server.Url);
        await using var edge = await cache.StartAsync();
        using var client = new HttpClient { BaseAddress = edge.Url };
        var run = new ConsistencyRun(s_plan, origin, client, Invalidate, 1) { WholeOnly = true };

        await run.RunAsync(20_000, cancellation);

        Assert.NotEmpty(run.Judge.Violations);

        Task Invalidate(int key, int way, CancellationToken _)
        {
            cache.Invalidate(ConsistencyPlan.PathOf(key));
            return Task.CompletedTask;
        }
    }
}
