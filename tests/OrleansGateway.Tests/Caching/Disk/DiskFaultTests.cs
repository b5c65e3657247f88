using OrleansGateway.Caching.Disk;
using OrleansGateway.Tests.Operations;
using OrleansGateway.Tests.Forwarding;
using OrleansGateway.Tests.Storage;
using OrleansGateway.Tests.Usage;

namespace OrleansGateway.Tests.Caching.Disk;

public sealed class DiskFaultTests
{
    private const int Large = 300_000;

    private static readonly string s_film = $"/film?size={Large}";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task Answer_DamagedInItsFirstBlock_IsFetchedAgainBeforeAByteOfItIsSent()
    {
        await using var bed = await DiskBed.StartAsync(DiskBed.Sized);
        await bed.FetchAsync(s_film);
        Damage(bed.Files.Single(), fromEnd: Large - 100);
        var again = await bed.FetchAsync(s_film);
        Assert.Equal((false, DiskBed.Text(Large)), (again.IsHit, again.Body));
        Assert.True((await bed.GetAsync(s_film)).IsHit);
        Assert.Equal(2, bed.Asked.Count);
    }

    [Fact(Timeout = 60_000)]
    public async Task Answer_DamagedFurtherOn_BreaksOffAndIsFetchedAgain()
    {
        await using var bed = await DiskBed.StartAsync(DiskBed.Sized);
        await bed.FetchAsync(s_film);
        Damage(bed.Files.Single(), fromEnd: 50);
        // A range that does not touch it is served.
        Assert.Equal(206, (await bed.GetAsync(s_film, ("Range", "bytes=0-99"))).Status);
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => bed.GetAsync(s_film));
        var again = await bed.FetchAsync(s_film);
        Assert.Equal((false, DiskBed.Text(Large)), (again.IsHit, again.Body));
    }

    [Fact(Timeout = 60_000)]
    public async Task Answer_WhoseFileIsGone_IsFetchedAgain()
    {
        await using var bed = await DiskBed.StartAsync(DiskBed.Sized);
        await bed.FetchAsync(s_film);
        File.Delete(bed.Files.Single());
        Assert.Equal(DiskBed.Text(Large), (await bed.FetchAsync(s_film)).Body);
        // Confirmed by the origin, which sends no body: then it is asked for the whole.
        File.Delete(bed.Files.Single());
        Assert.Equal(DiskBed.Text(Large), (await bed.GetAsync(s_film, ("Cache-Control", "no-cache"))).Body);
    }

    [Fact(Timeout = 60_000)]
    public async Task Disk_ThatIsFull_StopsNothingButItself()
    {
        using var small = SmallDisk.TryMount(4);
        if (small is null) Assert.Skip("Only root can mount a small disk.");
        var time = new ManualTime();
        await using var bed = await DiskBed.StartAsync(DiskBed.Sized, path: Path.Combine(small.Path, "cache"), time: time);
        Assert.True((await bed.GetAsync(s_film)) is { IsHit: false });
        small.Fill();
        var second = $"/second?size={Large}";
        Assert.Equal(DiskBed.Text(Large), (await bed.GetAsync(second)).Body);
        Assert.False((await bed.GetAsync(second)).IsHit);
        Assert.NotNull(bed.Disk.Health.Reason);
        Assert.True((await bed.GetAsync(s_film)).IsHit);
        using var admin = new HttpClient { BaseAddress = bed.Gateway.AdminAddress };
        Assert.Contains("gateway_cache_disk_failures_total", await admin.GetStringAsync("/metrics", Cancellation), StringComparison.Ordinal);
        small.MakeRoom();
        time.Advance(DiskHealth.Rest);
        // What could not be stored for want of a disk is not collapsed for a while, but stored.
        time.Advance(OrleansGateway.Caching.UncacheableKeys.Memory);
        await bed.GetAsync(second);
        Assert.True((await bed.GetAsync(second)).IsHit);
        Assert.Null(bed.Disk.Health.Reason);
    }

    [Fact(Timeout = 120_000)]
    public async Task Gateway_KilledAndStartedAgain_HasWhatWasOnDiskAndNothingThatWasPurged()
    {
        var asked = 0;
        await using var origin = await OriginServer.StartAsync(http =>
        {
            Interlocked.Increment(ref asked);
            return DiskBed.Sized(http);
        });
        using var folder = new StateFolder();
        await File.WriteAllTextAsync(
            folder.File("gateway.yaml"),
            ForwardBed.Yaml([origin.Url], route: "cache: {scope: public}", more: "cache: {memory: 1MiB, object_max: 64KiB, disk: {path: disk}}"),
            Cancellation);
        await using (var first = await GatewayProcess.ServeAsync(folder.Path, Cancellation))
        {
            using var client = new HttpClient();
            Assert.Equal(DiskBed.Text(Large), await GetAsync(client, first, s_film));
            Assert.Equal(DiskBed.Text(Large), await GetAsync(client, first, $"/purged?size={Large}"));
            // The first mark is written when the folder has been looked through.
            while (!File.Exists(Path.Combine(folder.Path, "disk", "mark.json"))) await Task.Delay(20, Cancellation);
            await GatewayProcess.RunAsync(folder.Path, Cancellation, "purge", "--tag", "tag-purged", "--admin", first.Admin.ToString());
            await first.KillAsync(Cancellation);
        }

        await using var second = await GatewayProcess.ServeAsync(folder.Path, Cancellation);
        using var again = new HttpClient();
        asked = 0;
        // The folder is looked through behind the first requests; those that come before it is go to the origin, and what they fetch is stored.
        using var admin = new HttpClient { BaseAddress = second.Admin };
        while (!(await admin.GetStringAsync("/metrics", Cancellation)).Contains("gateway_cache_disk_entries 1\n", StringComparison.Ordinal)) await Task.Delay(20, Cancellation);
        Assert.Equal(DiskBed.Text(Large), await GetAsync(again, second, s_film));
        Assert.Equal(0, asked);
        Assert.Equal(DiskBed.Text(Large), await GetAsync(again, second, $"/purged?size={Large}"));
        Assert.Equal(1, asked);
    }

    private static async Task<string> GetAsync(HttpClient client, GatewayProcess gateway, string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(gateway.Data, path)) { Headers = { Host = DiskBed.Host } };
        using var response = await client.SendAsync(request, Cancellation);
        return await response.Content.ReadAsStringAsync(Cancellation);
    }

    private static void Damage(string path, int fromEnd)
    {
        using var file = DiskFolder.Change(path);
        var (at, one) = (file.Length - fromEnd, new byte[1]);
        RandomAccess.Read(file.SafeFileHandle, one, at);
        one[0] ^= 1;
        RandomAccess.Write(file.SafeFileHandle, one, at);
    }
}
