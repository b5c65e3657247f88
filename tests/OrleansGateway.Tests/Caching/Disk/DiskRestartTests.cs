using Microsoft.Extensions.Logging.Abstractions;
using OrleansGateway.Caching.Disk;
using OrleansGateway.Invalidation;
using OrleansGateway.Storage;
using OrleansGateway.Storage.Invalidation;
using OrleansGateway.Telemetry;

namespace OrleansGateway.Tests.Caching.Disk;

public sealed class DiskRestartTests
{
    private const int Large = 300_000;

    private static readonly string s_film = $"/film?size={Large}";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task Restart_Clean_KeepsWhatWasInMemoryAndOnDisk()
    {
        await using var bed = await DiskBed.StartAsync(DiskBed.Sized);
        await bed.GetAsync("/page");
        await bed.FetchAsync(s_film);
        await bed.RestartAsync();
        bed.Asked.Clear();
        Assert.Equal((true, 40_000), (await bed.GetAsync("/page")) is { } page ? (page.IsHit, page.Body.Length) : default);
        Assert.Equal((true, Large), (await bed.GetAsync(s_film)) is { } film ? (film.IsHit, film.Body.Length) : default);
        Assert.Equal(206, (await bed.GetAsync(s_film, ("Range", "bytes=5-9"))).Status);
        Assert.Empty(bed.Asked);
    }

    [Fact(Timeout = 60_000)]
    public async Task Explain_OfWhatIsOnlyOnDisk_SaysSoAndLeavesItThere()
    {
        await using var bed = await DiskBed.StartAsync(DiskBed.Sized);
        await bed.FetchAsync(s_film);
        await bed.RestartAsync();
        await bed.SettleAsync();
        for (var i = 0; i < 2; i++) Assert.Equal(("hit", "disk", Large), await bed.ExplainAsync(s_film));
        Assert.True((await bed.GetAsync(s_film)).IsHit);
        Assert.Equal(("hit", "memory", Large), await bed.ExplainAsync(s_film));
        await bed.PurgeAsync(Selector.OfTag("tag-film")!.Value);
        Assert.Equal("miss", (await bed.ExplainAsync(s_film)).Verdict);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Purge_BetweenFillAndRestartOrWhileDown_IsNotUndoneByIt(bool whileDown)
    {
        await using var bed = await DiskBed.StartAsync(DiskBed.Sized);
        await bed.FetchAsync(s_film);
        await bed.GetAsync("/page");
        await bed.GetAsync("/other");
        var purged = new[] { Selector.OfTag("tag-film")!.Value, Selector.OfUrl(DiskBed.Host + "/page")!.Value };
        if (!whileDown) await bed.PurgeAsync(purged);
        await bed.RestartAsync(whileDown ? () => AppendAsync(bed, purged) : null);
        Assert.False((await bed.GetAsync(s_film)).IsHit);
        Assert.False((await bed.GetAsync("/page")).IsHit);
        Assert.True((await bed.GetAsync("/other")).IsHit);
    }

    [Fact(Timeout = 60_000)]
    public async Task Purge_AfterARestart_SelectsWhatCameBack()
    {
        await using var bed = await DiskBed.StartAsync(DiskBed.Sized);
        foreach (var path in new[] { s_film, "/a/page", "/b/page", "/c/page" }) await bed.GetAsync(path);
        await bed.RestartAsync();
        await bed.PurgeAsync(Selector.OfTag("tag-film")!.Value);
        await bed.PurgeAsync(Selector.OfPrefix(DiskBed.Host + "/a/")!.Value);
        Assert.False((await bed.GetAsync(s_film)).IsHit);
        Assert.False((await bed.GetAsync("/a/page")).IsHit);
        Assert.True((await bed.GetAsync("/b/page")).IsHit);
        await bed.PurgeAsync(Selector.OfHost(DiskBed.Host)!.Value);
        Assert.False((await bed.GetAsync("/c/page")).IsHit);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("cache.db*")]
    [InlineData("mark.json")]
    public async Task Start_WithoutTheLogOrTheMark_TrustsNothingThatIsThere(string lost)
    {
        await using var bed = await DiskBed.StartAsync(DiskBed.Sized);
        await bed.FetchAsync(s_film);
        await bed.GetAsync("/page");
        await bed.PurgeAsync(Selector.OfTag("other")!.Value);
        await bed.RestartAsync(() =>
        {
            var files = Directory.GetFiles(bed.Gateway.Folder, lost, SearchOption.AllDirectories);
            Assert.NotEmpty(files);
            foreach (var file in files) File.Delete(file);
            return Task.CompletedTask;
        });
        Assert.Empty(bed.Files);
        Assert.False((await bed.GetAsync(s_film)).IsHit);
        Assert.False((await bed.GetAsync("/page")).IsHit);
    }

    [Fact(Timeout = 60_000)]
    public async Task Age_OverARestart_GoesOn()
    {
        var time = new ManualTime();
        await using var bed = await DiskBed.StartAsync(DiskBed.Sized, time: time);
        await bed.FetchAsync(s_film);
        time.Advance(TimeSpan.FromMinutes(20));
        await bed.RestartAsync(() =>
        {
            time.Advance(TimeSpan.FromMinutes(30));
            return Task.CompletedTask;
        });
        var hit = await bed.GetAsync(s_film);
        Assert.True(hit.IsHit, hit.CacheStatus);
        Assert.Equal("3000", hit.Headers["Age"]);
        time.Advance(TimeSpan.FromMinutes(11));
        Assert.Contains("fwd=stale", (await bed.GetAsync(s_film)).CacheStatus, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task Start_OnWhatIsOfAnotherVersionOrNoAnswer_RemovesIt()
    {
        await using var bed = await DiskBed.StartAsync(DiskBed.Sized);
        await bed.FetchAsync(s_film);
        await bed.GetAsync($"/second?size={Large}");
        await bed.RestartAsync(() =>
        {
            var bytes = File.ReadAllBytes(bed.Files[0]);
            bytes[4]++;
            File.WriteAllBytes(bed.Files[0], bytes);
            File.WriteAllText(bed.Files[1] + DiskFolder.Unfinished, "half");
            File.WriteAllText(Path.Combine(bed.Folder, "objects", "stray"), "stray");
            return Task.CompletedTask;
        });
        Assert.Single(bed.Files);
        Assert.Equal(1, bed.Disk.Count);
    }

    [Fact(Timeout = 60_000)]
    public async Task Start_OnAFileUnderTheNameOfAnotherKey_RemovesIt()
    {
        await using var bed = await DiskBed.StartAsync(DiskBed.Sized);
        await bed.FetchAsync(s_film);
        await bed.RestartAsync(() =>
        {
            var name = Path.GetFileName(bed.Files.Single());
            var other = (name[0] == '0' ? '1' : '0') + name[1..];
            File.Move(bed.Files.Single(), Path.Combine(bed.Folder, "objects", other[..2], other));
            return Task.CompletedTask;
        });
        Assert.Empty(bed.Files);
        Assert.Equal(0, bed.Disk.Count);
    }

    [Fact(Timeout = 60_000)]
    public async Task Start_WithTheLogAndTheMarkOfBefore_TrustsOnlyWhatWasThereThen()
    {
        await using var bed = await DiskBed.StartAsync(DiskBed.Sized);
        await bed.FetchAsync(s_film);
        var before = new List<(string Path, byte[] Bytes)>();
        await bed.RestartAsync(() =>
        {
            foreach (var path in (string[])[.. Logs(bed), Path.Combine(bed.Folder, "mark.json")]) before.Add((path, File.ReadAllBytes(path)));
            return Task.CompletedTask;
        });
        await bed.PurgeAsync(Selector.OfTag("other")!.Value);
        await bed.FetchAsync($"/later?size={Large}");
        await bed.RestartAsync(() =>
        {
            foreach (var path in Logs(bed)) File.Delete(path);
            foreach (var (path, bytes) in before) File.WriteAllBytes(path, bytes);
            return Task.CompletedTask;
        });
        Assert.True((await bed.GetAsync(s_film)).IsHit);
        Assert.False((await bed.GetAsync($"/later?size={Large}")).IsHit);
    }

    [Fact(Timeout = 60_000)]
    public async Task Start_OnWhatIsOfNoMoreUse_RemovesIt()
    {
        var time = new ManualTime();
        await using var bed = await DiskBed.StartAsync(
            static http =>
            {
                (http.Response.Headers.CacheControl, http.Response.ContentLength) = ("max-age=60", Large);
                return http.Response.Body.WriteAsync(DiskBed.Bytes(Large), http.RequestAborted).AsTask();
            },
            time: time);
        await bed.FetchAsync("/film");
        Assert.Equal(1, bed.Disk.Count);
        await bed.RestartAsync(() =>
        {
            time.Advance(TimeSpan.FromMinutes(2));
            return Task.CompletedTask;
        });
        Assert.Empty(bed.Files);
        Assert.Equal(0, bed.Disk.Count);
    }

    [Fact(Timeout = 60_000)]
    public async Task Start_ThatEndsBeforeAllThatCannotBeTrustedIsDeleted_LeavesNoMark()
    {
        await using var bed = await DiskBed.StartAsync(DiskBed.Sized);
        await bed.FetchAsync(s_film);
        await bed.RestartAsync(async () =>
        {
            var mark = Path.Combine(bed.Folder, "mark.json");
            File.Delete(mark);
            using var metrics = new GatewayMetrics();
            var table = new InvalidationTable();
            await using (var open = new DiskOpen(DiskFolder.Take(bed.Folder), table, new DiskIndex(long.MaxValue), new DiskMetrics(metrics), TimeProvider.System, NullLogger.Instance))
                open.Scan.Begin([], mark: null, new CancellationToken(canceled: true));
            Assert.Single(bed.Files);
            Assert.False(File.Exists(mark));
        });
        Assert.False((await bed.GetAsync(s_film)).IsHit);
    }

    [Fact(Timeout = 60_000)]
    public async Task Folder_ThatAnotherGatewayUses_IsRefused()
    {
        await using var bed = await DiskBed.StartAsync(DiskBed.Sized);
        var refused = Assert.Throws<IOException>(() => DiskFolder.Take(bed.Folder));
        Assert.Contains("another gateway", refused.Message, StringComparison.Ordinal);
    }

    private static string[] Logs(DiskBed bed) => Directory.GetFiles(bed.Gateway.Folder, "cache.db*", SearchOption.AllDirectories);

    private static async Task AppendAsync(DiskBed bed, Selector[] purged)
    {
        var state = Path.GetDirectoryName(Directory.GetFiles(bed.Gateway.Folder, SqliteDatabase.CacheFileName, SearchOption.AllDirectories).Single())!;
        using var database = new CacheDatabase(SqliteDatabase.OpenCache(state, TimeProvider.System, NullLogger<SqliteDatabase>.Instance));
        await new SqliteInvalidationLog(database, TimeProvider.System).AppendAsync([new InvalidationRequest(null, purged, InvalidationMode.Hard, null, null, "test")], Cancellation);
    }
}
