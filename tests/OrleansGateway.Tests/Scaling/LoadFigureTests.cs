using OrleansGateway.Scaling;
using OrleansGateway.Shedding;

namespace OrleansGateway.Tests.Scaling;

/// <summary>The figures that a load is made of.</summary>
public sealed class LoadFigureTests
{
    [Fact]
    public void Share_OfTwoProcessors_IsThatOfTheLastTenSeconds()
    {
        var share = new CpuShare();
        Assert.Equal(0, share.Take(TimeSpan.FromSeconds(100), 2, Seconds(0)));
        // Busy on one for 10 s, then idle. Nothing is said before that time is over.
        for (var second = 1; second < 10; second++) Assert.Equal(0, share.Take(TimeSpan.FromSeconds(100 + second), 2, Seconds(second)));
        Assert.Equal(0.5, share.Take(TimeSpan.FromSeconds(110), 2, Seconds(10)), 9);
        Assert.Equal(0.25, share.Take(TimeSpan.FromSeconds(110), 2, Seconds(15)), 9);
        Assert.Equal(0, share.Take(TimeSpan.FromSeconds(110), 2, Seconds(25)), 9);
    }

    [Theory]
    [InlineData("150000 100000", null, null, 1.5)] // in a container, its own group is the root
    [InlineData("max 100000", null, null, null)]
    [InlineData(null, "50000 100000", null, 0.5)]
    [InlineData(null, "400000 100000", "200000 100000", 2.0)] // each has a part of what the one above has
    [InlineData(null, "100000 100000", "300000 100000", 1.0)]
    [InlineData(null, "100000 100000", "max 100000", 1.0)]
    [InlineData(null, null, null, null)]
    [InlineData("nonsense", "", "1 2 3", null)]
    public void Quota_OfControlGroups_IsTheLeastOnTheWayUp(string? root, string? own, string? slice, double? cores)
    {
        var folder = Directory.CreateTempSubdirectory("cgroup-");
        try
        {
            Directory.CreateDirectory(Path.Combine(folder.FullName, "a.slice/b.service"));
            foreach (var (path, text) in ((string, string?)[])[("", root), ("a.slice", slice), ("a.slice/b.service", own)])
            {
                if (text is not null) File.WriteAllText(Path.Combine(folder.FullName, path, "cpu.max"), text + "\n");
            }

            Assert.Equal(cores, CpuCores.Quota(folder.FullName, root is null ? "0::/a.slice/b.service\n" : "0::/\n"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData("250000", 2.5)]
    [InlineData("-1", null)]
    public void Quota_OfControlGroupsOfVersion1_IsThatOfTheirOwnFiles(string quota, double? cores)
    {
        var folder = Directory.CreateTempSubdirectory("cgroup-");
        try
        {
            Directory.CreateDirectory(Path.Combine(folder.FullName, "cpu"));
            File.WriteAllText(Path.Combine(folder.FullName, "cpu/cpu.cfs_quota_us"), quota + "\n");
            File.WriteAllText(Path.Combine(folder.FullName, "cpu/cpu.cfs_period_us"), "100000\n");
            Assert.Equal(cores, CpuCores.Quota(folder.FullName, "4:cpu,cpuacct:/docker/abc\n"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void Allowed_OnThisMachine_IsNoMoreThanItHas() => Assert.InRange(CpuCores.Allowed(), 0.001, Environment.ProcessorCount);

    [Fact]
    public void Delays_OfAHundredLooks_AreWhatNineOfTenDidNotExceed()
    {
        var delays = new QueueDelays();
        Assert.Equal(TimeSpan.Zero, delays.Ninetieth());
        delays.Add(TimeSpan.FromMilliseconds(7));
        Assert.Equal(TimeSpan.FromMilliseconds(7), delays.Ninetieth());
        for (var i = 100; i >= 1; i--) delays.Add(TimeSpan.FromMilliseconds(i));
        Assert.Equal(TimeSpan.FromMilliseconds(90), delays.Ninetieth());
        for (var i = 0; i < 100; i++) delays.Add(TimeSpan.Zero);
        Assert.Equal(TimeSpan.Zero, delays.Ninetieth());
    }

    [Fact]
    public void Load_OfAllNodes_IsTheSumOfRequestsTheMeanOfTheRestAndTheLongestLag()
    {
        var load = FleetLoad.Of(
        [
            new NodeLoad(false, 10, TimeSpan.FromMilliseconds(2), 0.5, TimeSpan.FromSeconds(1)),
            new NodeLoad(true, 30, TimeSpan.FromMilliseconds(4), 1, TimeSpan.FromSeconds(3)),
        ]);
        Assert.Equal(new FleetLoad(2, true, 40, TimeSpan.FromMilliseconds(3), 0.75, TimeSpan.FromSeconds(3)), load);
    }

    private static TimeSpan Seconds(int seconds) => TimeSpan.FromSeconds(seconds);
}
