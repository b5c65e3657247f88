using System.Security.Cryptography;
using OrleansGateway.Invalidation;

namespace OrleansGateway.Tests.Caching.Disk;

public sealed class DiskGatewayTests
{
    private const int Large = 1_000_003;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory(Timeout = 60_000)]
    [InlineData("")]
    [InlineData("&length=unknown")]
    public async Task Answer_TooLargeForMemory_IsServedFromTheDisk(string more)
    {
        await using var bed = await DiskBed.StartAsync(DiskBed.Sized);
        var path = $"/film?size={Large}{more}";
        Assert.Equal(DiskBed.Text(Large), (await bed.FetchAsync(path)).Body);
        var hit = await bed.GetAsync(path);
        Assert.True(hit.IsHit, hit.CacheStatus);
        Assert.Equal(DiskBed.Text(Large), hit.Body);
        Assert.Single(bed.Asked);
        Assert.Single(bed.Files);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("bytes=0-0")]
    [InlineData("bytes=65530-65545")]
    [InlineData("bytes=131072-131072")]
    [InlineData("bytes=1000000-")]
    [InlineData("bytes=-70000")]
    [InlineData("bytes=0-")]
    public async Task Range_OfWhatIsOnDisk_IsReadWhereItStands(string range)
    {
        await using var bed = await DiskBed.StartAsync(DiskBed.Sized);
        var path = $"/film?size={Large}";
        await bed.FetchAsync(path);
        using var request = bed.Request(path, ("Range", range));
        using var response = await bed.Gateway.Client.SendAsync(request, Cancellation);
        var at = response.Content.Headers.ContentRange!;
        Assert.Equal((206, (long)Large), ((int)response.StatusCode, at.Length));
        Assert.Equal(DiskBed.Text(Large)[(int)at.From!.Value..((int)at.To!.Value + 1)], await response.Content.ReadAsStringAsync(Cancellation));
        Assert.Single(bed.Asked);
    }

    [Fact(Timeout = 60_000)]
    public async Task Range_BeyondWhatIsOnDisk_IsRefusedAndConditionsAreAnswered()
    {
        await using var bed = await DiskBed.StartAsync(DiskBed.Sized);
        var path = $"/film?size={Large}";
        await bed.FetchAsync(path);
        Assert.Equal(416, (await bed.GetAsync(path, ("Range", $"bytes={Large}-"))).Status);
        Assert.Equal(304, (await bed.GetAsync(path, ("If-None-Match", $"\"{Large}\""))).Status);
        using var head = bed.Request(path);
        head.Method = HttpMethod.Head;
        using var response = await bed.Gateway.Client.SendAsync(head, Cancellation);
        Assert.Equal(Large, response.Content.Headers.ContentLength);
        Assert.Single(bed.Asked);
    }

    [Fact(Timeout = 60_000)]
    public async Task Readers_OfALargeAnswerWhileItIsWritten_HaveAllOfItWhenTheyReadLate()
    {
        const int Half = 3_000_000;
        var rest = new TaskCompletionSource();
        await using var bed = await DiskBed.StartAsync(async http =>
        {
            http.Response.Headers.CacheControl = "max-age=3600";
            var bytes = DiskBed.Bytes(2 * Half);
            await http.Response.Body.WriteAsync(bytes.AsMemory(0, Half));
            await http.Response.Body.FlushAsync();
            await rest.Task;
            await http.Response.Body.WriteAsync(bytes.AsMemory(Half));
        });
        var readers = new List<(HttpResponseMessage Response, Stream Body)>();
        for (var i = 0; i < 5; i++)
        {
            using var request = bed.Request("/live");
            var response = await bed.Gateway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancellation);
            readers.Add((response, await response.Content.ReadAsStreamAsync(Cancellation)));
        }

        // All but one leave their bodies where they are for now; that one drives the writing on, far past what is kept in memory.
        var start = new byte[Half];
        await readers[0].Body.ReadExactlyAsync(start, Cancellation);
        rest.SetResult();
        var wanted = SHA256.HashData(DiskBed.Bytes(2 * Half));
        var first = await Rest(readers[0].Body);
        Assert.Equal(wanted, SHA256.HashData([.. start, .. first]));
        foreach (var (_, body) in readers.Skip(1)) Assert.Equal(wanted, SHA256.HashData(await Rest(body)));
        foreach (var (response, _) in readers) response.Dispose();
        Assert.Single(bed.Asked);
        Assert.True((await bed.GetAsync("/live")).IsHit);

        static async Task<byte[]> Rest(Stream body)
        {
            using var all = new MemoryStream();
            await body.CopyToAsync(all, Cancellation);
            return all.ToArray();
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Answer_LargerThanTheDiskTakes_PassesAndIsNotStored()
    {
        await using var bed = await DiskBed.StartAsync(DiskBed.Sized, disk: "object_max: 128KiB");
        foreach (var more in new[] { "", "&length=unknown" })
        {
            Assert.Equal(DiskBed.Text(Large), (await bed.GetAsync($"/film?size={Large}{more}")).Body);
            Assert.False((await bed.GetAsync($"/film?size={Large}{more}")).IsHit);
        }

        await bed.SettleAsync();
        Assert.Empty(bed.Files);
        Assert.Equal(0, bed.Disk.Bytes);
    }

    [Fact(Timeout = 60_000)]
    public async Task LargeAnswer_ThatBreaksOff_LeavesNothing()
    {
        await using var bed = await DiskBed.StartAsync(async http =>
        {
            http.Response.Headers.CacheControl = "max-age=3600";
            http.Response.ContentLength = 2 * Large;
            await http.Response.Body.WriteAsync(DiskBed.Bytes(Large));
            await http.Response.Body.FlushAsync();
            http.Abort();
        });
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => bed.GetAsync("/cut"));
        await bed.Gateway.Host.StopAsync();
        await bed.SettleAsync();
        Assert.Empty(bed.Files);
        Assert.Equal((0L, 0), (bed.Disk.Bytes, bed.Disk.Count));
    }

    [Fact(Timeout = 60_000)]
    public async Task Replaced_OneOfTwoVariants_LeavesTheOtherAndNoOldFile()
    {
        var version = "1";
        await using var bed = await DiskBed.StartAsync(async http =>
        {
            (http.Response.Headers.CacheControl, http.Response.Headers.Vary, http.Response.Headers["x-version"]) = ("max-age=3600", "X-Kind", version);
            await http.Response.Body.WriteAsync(DiskBed.Bytes(Large), http.RequestAborted);
        });
        await bed.FetchAsync("/film", ("X-Kind", "a"));
        await bed.FetchAsync("/film", ("X-Kind", "b"));
        version = "2";
        await bed.FetchAsync("/film", ("X-Kind", "a"), ("Cache-Control", "no-cache"));
        await bed.SettleAsync();
        Assert.Equal(2, bed.Files.Length);
        await bed.RestartAsync();
        bed.Asked.Clear();
        Assert.Equal("2", (await bed.GetAsync("/film", ("X-Kind", "a"))).Headers["x-version"]);
        Assert.Equal("1", (await bed.GetAsync("/film", ("X-Kind", "b"))).Headers["x-version"]);
        Assert.Empty(bed.Asked);
    }

    [Fact(Timeout = 60_000)]
    public async Task Purge_OfALargeAnswerThatIsComing_LeavesNoFile()
    {
        var rest = new TaskCompletionSource();
        await using var bed = await DiskBed.StartAsync(async http =>
        {
            (http.Response.Headers.CacheControl, http.Response.Headers["Cache-Tag"]) = ("max-age=3600", "film");
            await http.Response.Body.WriteAsync(DiskBed.Bytes(Large));
            await http.Response.Body.FlushAsync();
            await rest.Task;
        });
        using var request = bed.Request("/film");
        using var response = await bed.Gateway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancellation);
        await bed.PurgeAsync(Selector.OfTag("film")!.Value);
        rest.SetResult();
        Assert.Equal(Large, (await response.Content.ReadAsByteArrayAsync(Cancellation)).Length);
        await bed.FetchAsync("/film", ("Cache-Control", "only-if-cached"));
        await bed.SettleAsync();
        Assert.Empty(bed.Files);
        Assert.Equal((0, 0L), (bed.Disk.Count, bed.Disk.Bytes));
    }

    [Fact(Timeout = 60_000)]
    public async Task Answer_ThatHadToLeaveMemory_IsFoundOnDisk()
    {
        await using var bed = await DiskBed.StartAsync(DiskBed.Sized);
        await bed.GetAsync("/once");
        for (var i = 0; i < 3; i++) await bed.GetAsync("/often");
        await bed.CrowdOutAsync();
        bed.Asked.Clear();
        var found = await bed.GetAsync("/often");
        Assert.True(found.IsHit, found.CacheStatus);
        Assert.Equal(DiskBed.Text(40_000), found.Body);
        // What was asked for once is not worth a write.
        Assert.False((await bed.GetAsync("/once")).IsHit);
        Assert.Equal(["GET /once"], bed.Asked);
    }

    [Fact(Timeout = 60_000)]
    public async Task Answer_ThatLeavesMemoryAgain_IsNotWrittenAgain()
    {
        await using var bed = await DiskBed.StartAsync(DiskBed.Sized);
        for (var i = 0; i < 3; i++) await bed.GetAsync("/often");
        await bed.CrowdOutAsync();
        var written = bed.Files;
        Assert.True((await bed.GetAsync("/often")).IsHit);
        await bed.CrowdOutAsync();
        Assert.Superset(written.ToHashSet(), bed.Files.ToHashSet());
    }

    [Fact(Timeout = 60_000)]
    public async Task Purge_OfWhatIsOnDiskOnly_IsFinalAndLeavesNothing()
    {
        await using var bed = await DiskBed.StartAsync(DiskBed.Sized);
        for (var i = 0; i < 3; i++) await bed.GetAsync("/often");
        await bed.GetAsync($"/film?size={Large}");
        await bed.CrowdOutAsync();
        await bed.PurgeAsync(Selector.OfTag("tag-often")!.Value, Selector.OfTag("tag-film")!.Value);
        Assert.False((await bed.GetAsync("/often")).IsHit);
        Assert.False((await bed.GetAsync($"/film?size={Large}")).IsHit);
        await bed.PurgeAsync(Selector.All);
        for (var round = 0; round < 3; round++) bed.Disk.Sweep();
        await bed.SettleAsync();
        Assert.Equal((0, 0L), (bed.Disk.Count, bed.Disk.Bytes));
        Assert.Empty(bed.Files);
    }

    [Fact(Timeout = 60_000)]
    public async Task Confirmed_LargeAnswer_KeepsItsBodyAndComesBackWithItsNewHead()
    {
        var version = 1;
        await using var bed = await DiskBed.StartAsync(async http =>
        {
            http.Response.Headers["x-head"] = version.ToString(CultureInfo.InvariantCulture);
            await DiskBed.Sized(http);
        });
        var path = $"/film?size={Large}";
        await bed.FetchAsync(path);
        version = 2;
        Assert.Equal("2", (await bed.GetAsync(path, ("Cache-Control", "no-cache"))).Headers["x-head"]);
        await bed.SettleAsync();
        await bed.RestartAsync();
        bed.Asked.Clear();
        var hit = await bed.GetAsync(path);
        Assert.True(hit.IsHit, hit.CacheStatus);
        Assert.Equal(("2", DiskBed.Text(Large)), (hit.Headers["x-head"], hit.Body));
        Assert.Empty(bed.Asked);
    }

    [Fact(Timeout = 120_000)]
    public async Task Purge_ByATagOfAConfirmedHeadThatIsNotWrittenYet_IsFinal()
    {
        var tag = "before";
        await using var bed = await DiskBed.StartAsync(
            http =>
            {
                http.Response.Headers["Cache-Tag"] = tag;
                return DiskBed.Sized(http);
            },
            time: new ManualTime());
        var path = $"/film?size={Large}";
        await bed.FetchAsync(path);
        // More than is written in a second, and the clock stands still: what comes behind waits.
        await CrowdAsync("first", pages: 600, asks: 2);
        tag = "after";
        Assert.Contains("fwd-status=304", (await bed.GetAsync(path, ("Cache-Control", "no-cache"))).CacheStatus, StringComparison.Ordinal);
        for (var round = 0; await bed.ExplainAsync(path) != ("hit", "disk", Large); round++) await CrowdAsync($"next-{round}", pages: 20, asks: 8);
        Assert.True((await bed.GetAsync(path)).IsHit);
        await bed.PurgeAsync(Selector.OfTag("after")!.Value);
        Assert.False((await bed.GetAsync(path)).IsHit);

        async Task CrowdAsync(string folder, int pages, int asks)
        {
            for (var i = 0; i < asks * pages; i++) await bed.GetAsync($"/{folder}/{i / asks}?size=60000");
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Files_AreForTheirOwnerOnly()
    {
        await using var bed = await DiskBed.StartAsync(DiskBed.Sized);
        await bed.GetAsync($"/film?size={Large}");
        const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;
        foreach (var path in (string[])[.. bed.Files, bed.Folder, Path.GetDirectoryName(bed.Files[0])!])
        {
            if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(path) & Others);
        }

        Assert.DoesNotContain(bed.Files, file => file.Contains("film", StringComparison.Ordinal));
    }
}
