using OrleansGateway.Configuration;

namespace OrleansGateway.Tests.Configuration;

/// <summary>A node's own sections from its file, and all else from a version of its cluster's configuration.</summary>
public sealed class SharedTextTests : IDisposable
{
    private const string Own = "state: here\ncluster: { redis: \"${REDIS}\", postgres: p }\n";
    private const string Common = "routes: { default: { path: / } }\n";

    private readonly TestFolder _folder = new();
    private readonly SnapshotSource _source;

    public SharedTextTests()
    {
        _folder.Write("gateway.yaml", Own + Common + "drain_timeout: 1s\n");
        _folder.Environment["REDIS"] = "r";
        _source = new SnapshotSource(_folder.ConfigPath, _folder.Environment.GetValueOrDefault, new ManualTime(), new ListLogger<SnapshotSource>()) { IsOfCluster = true };
        Assert.Empty(_source.Load());
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Take_OfAVersion_LeavesTheNodeItsOwnSections()
    {
        var version = new SharedText(7, Common + "drain_timeout: 2s\nstate: elsewhere\n");
        Assert.True((await _source.TakeAsync(version, former: null, Cancel)).Changed);
        Assert.Equal((version.Version, "here", TimeSpan.FromSeconds(2)), (_source.Current.Version, _source.Current.Settings.State, _source.Current.Settings.DrainTimeout));
        Assert.Equal("r", _source.Current.Settings.Cluster!.Redis!.Reveal());
        // Made from what is not running any more.
        Assert.False((await _source.TakeAsync(new SharedText(6, Common), former: null, Cancel)).Changed);
        Assert.Equal(version, _source.Shared);
    }

    [Fact]
    public async Task Take_OfAVersionWithAFault_NamesItsLine_AndKeepsTheRunningOne()
    {
        var before = _source.Current;
        var refused = await _source.TakeAsync(new SharedText(2, Common + "from_the_future: 1\n"), former: null, Cancel);
        Assert.Equal([(SharedText.Name, 2, "from_the_future")], refused.Faults.Select(f => (f.File, f.Line, f.Path)));
        Assert.Same(before, _source.Current);
    }

    [Fact]
    public async Task Reload_OfAFileWhoseRestWasChanged_ChangesNothing_AndOfItsOwnSectionsOnlyThose()
    {
        var version = new SharedText(1, Common);
        await _source.TakeAsync(version, former: null, Cancel);
        _folder.Write("gateway.yaml", Own + "from_the_future: 1\n");
        Assert.Equal((false, 0), ((await _source.ReloadAsync(Cancel)) is var same ? same.Changed : false, same.Faults.Count));
        _folder.Write("gateway.yaml", Own + "listeners: { trusted_proxies: [10.0.0.0/8] }\n");
        Assert.True((await _source.ReloadAsync(Cancel)).Changed);
        Assert.Equal((version.Version, 1), (_source.Current.Version, _source.Current.Settings.Listeners.TrustedProxies.Count));
        _folder.Write("gateway.yaml", Own.Replace("here", "there", StringComparison.Ordinal));
        Assert.Equal(["state"], (await _source.ReloadAsync(Cancel)).Faults.Select(f => f.Path));
        _folder.Write("gateway.yaml", "state: [");
        Assert.Equal([_folder.ConfigPath], (await _source.ReloadAsync(Cancel)).Faults.Select(f => f.File));
        // A broken edit of the file keeps no version out.
        Assert.True((await _source.TakeAsync(new SharedText(2, Common + "drain_timeout: 2s\n"), version, Cancel)).Changed);
    }

    [Fact]
    public async Task Offer_ThatIsNotKept_ChangesNothing()
    {
        var version = new SharedText(1, Common);
        await _source.TakeAsync(version, former: null, Cancel);
        var lost = await _source.OfferAsync(Common + "drain_timeout: 2s\n", version, isStale: false, static _ => Task.FromResult(ApplyObstacle.VersionChanged));
        Assert.Equal((ApplyObstacle.VersionChanged, version), (lost.Obstacle, _source.Shared));
        var kept = await _source.OfferAsync(Own + Common + "drain_timeout: 2s\n", version, isStale: false, static _ => Task.FromResult(ApplyObstacle.None));
        Assert.Equal((true, new SharedText(2, Common + "drain_timeout: 2s\n")), (kept.Reload.Changed, _source.Shared));
        var own = await _source.OfferAsync(Own, _source.Shared, isStale: false, static _ => Task.FromResult(ApplyObstacle.None));
        Assert.Single(own.Reload.Faults);
    }

    [Fact]
    public void Kept_IsReadAgain_UnlessItIsOfAnotherClusterOrDamaged()
    {
        var kept = new KeptConfiguration(_folder.PathOf(""), "one");
        Assert.Null(kept.Read());
        kept.Write(new SharedText(3, Common));
        kept.Write(new SharedText(4, "# 4\n" + Common));
        Assert.Equal(new SharedText(4, "# 4\n" + Common), kept.Read());
        Assert.Null(new KeptConfiguration(_folder.PathOf(""), "two").Read());
        File.AppendAllText(Path.Combine(_folder.PathOf(""), KeptConfiguration.FileName), "x");
        Assert.Null(kept.Read());
    }

    [Fact]
    public void Load_OfAFileWithTheNodesOwnSectionsOnly_IsValid_WhereThereIsACluster()
    {
        _folder.Write("own.yaml", Own);
        using var source = new SnapshotSource(_folder.PathOf("own.yaml"), _folder.Environment.GetValueOrDefault, new ManualTime(), new ListLogger<SnapshotSource>());
        Assert.Empty(source.Load());
    }

    public void Dispose()
    {
        _source.Dispose();
        _folder.Dispose();
    }
}
