using OrleansGateway.Configuration;
using OrleansGateway.Upstream.Pools;

namespace OrleansGateway.Tests.Pools;

/// <summary>What outlives a reload of the configuration and what does not; the retry budget.</summary>
public sealed class UpstreamPoolsTests : IAsyncDisposable
{
    private readonly PoolBed _bed = new();

    [Fact]
    public async Task ApplyAsync_OfANewVersion_KeepsWhatIsKnownOfTargetsThatStay()
    {
        await _bed.ApplyAsync(new() { Targets = PoolBed.Servers(1, 1, 1) });
        var (old, first, second) = (_bed.Shop, _bed.Targets[0], _bed.Targets[1]);
        PoolBed.Eject(first);
        Assert.True(second.TryBegin(10));
        old.RequestBegan();

        await _bed.ApplyAsync(new() { Targets = [.. PoolBed.Servers(7, 2).Reverse()], Balance = BalancePolicy.RoundRobin });
        Assert.NotSame(old, _bed.Shop);
        Assert.Equal([second, first], _bed.Targets);
        Assert.Equal((true, 1), (first.IsOut, second.InFlight));
        Assert.Equal([2, 7], _bed.Shop.Targets.Select(t => t.Weight));
        Assert.Equal(1, _bed.Shop.RequestsInFlight);
        // A request that began before goes on with what it began with.
        old.RequestEnded();
        Assert.NotNull(old.Take(0, [first, second]));
        Assert.Equal(0, _bed.Shop.RequestsInFlight);
        _bed.Time.Advance(TimeSpan.FromSeconds(10));
        Assert.False(first.IsOut);
    }

    [Fact]
    public async Task ApplyAsync_OfATargetThatCameWithAReload_StartsItSlowly()
    {
        var settings = new UpstreamSettings { Targets = PoolBed.Servers(1), Balance = BalancePolicy.RoundRobin, SlowStart = TimeSpan.FromSeconds(10) };
        await _bed.ApplyAsync(settings);
        await _bed.ApplyAsync(settings with { Targets = PoolBed.Servers(1, 1) });
        Assert.InRange(_bed.Send(1_100)[1], 99, 101);
        _bed.Time.Advance(TimeSpan.FromSeconds(10));
        Assert.InRange(_bed.Send(1_000)[1], 499, 501);
    }

    [Fact]
    public async Task ApplyAsync_OfATargetTakenOutAndPutBack_KnowsNothingOfIt()
    {
        await _bed.ApplyAsync(new() { Targets = PoolBed.Servers(1, 1) });
        PoolBed.Eject(_bed.Targets[1]);
        await _bed.ApplyAsync(new() { Targets = PoolBed.Servers(1) });
        Assert.Equal(double.NaN, _bed.Metric("""gateway_upstream_ejected{target="10.0.0.2:80",upstream="shop"}"""));
        await _bed.ApplyAsync(new() { Targets = PoolBed.Servers(1, 1) });
        Assert.False(_bed.Targets[1].IsOut);
        await _bed.ApplyAsync(null);
        Assert.Empty(_bed.Pools.Current);
    }

    [Fact]
    public async Task ApplyAsync_OfOtherEjectionSettings_CountsFromThenOn()
    {
        await _bed.ApplyAsync(new() { Targets = PoolBed.Servers(1, 1) });
        PoolBed.Eject(_bed.Targets[0], failures: 2);
        await _bed.ApplyAsync(new() { Targets = PoolBed.Servers(1, 1), Ejection = new() { ConsecutiveFailures = 3, Duration = TimeSpan.FromSeconds(2) } });
        PoolBed.Eject(_bed.Targets[0], failures: 1);
        Assert.True(_bed.Targets[0].IsOut);
        _bed.Time.Advance(TimeSpan.FromSeconds(2));
        Assert.False(_bed.Targets[0].IsOut);
    }

    [Fact]
    public async Task Of_AVersionNeverApplied_IsABug()
    {
        await _bed.ApplyAsync(new() { Targets = PoolBed.Servers(1) });
        Assert.Throws<InvalidOperationException>(() => _bed.Pools.Of(new UpstreamPool("shop", new() { Targets = PoolBed.Servers(1) })));
    }

    [Fact]
    public async Task Access_OfAnUpstream_HasFullPathsAndItsLimit()
    {
        await _bed.ApplyAsync(new()
        {
            Targets = PoolBed.Servers(1), Protocol = UpstreamProtocol.Http2, Proxy = new Uri("http://proxy:3128"),
            Tls = new() { Ca = "tls/ca.pem", Certificate = "/abs/c.pem" }, CircuitBreaker = new() { ConnectionsMax = 7 },
        });
        var access = _bed.Shop.Access;
        Assert.Equal(("/etc/gateway/tls/ca.pem", "/abs/c.pem", null), (access.Tls.Ca, access.Tls.Certificate, access.Tls.Key));
        Assert.Equal((UpstreamProtocol.Http2, new Uri("http://proxy:3128"), 7), (access.Protocol, access.Proxy, access.ConnectionsMax));
    }

    [Theory]
    [InlineData(0, 20, 3)]
    [InlineData(15, 20, 3)]
    [InlineData(19, 20, 3)]
    [InlineData(20, 20, 4)]
    [InlineData(100, 20, 20)]
    [InlineData(100, 0, 3)]
    [InlineData(7, 100, 7)]
    public async Task TryBeginRetry_WithRequestsInFlight_AllowsTheirShareButAtLeastThree(int requests, int percent, int allowed)
    {
        await _bed.ApplyAsync(new() { Targets = PoolBed.Servers(1), Retries = new() { BudgetPercent = percent } });
        for (var i = 0; i < requests; i++) _bed.Shop.RequestBegan();
        for (var i = 0; i < allowed; i++) Assert.True(_bed.Shop.TryBeginRetry());
        Assert.False(_bed.Shop.TryBeginRetry());
        Assert.False(_bed.Shop.TryBeginRetry());
        _bed.Shop.RetryEnded();
        Assert.True(_bed.Shop.TryBeginRetry());
        Assert.Equal(allowed, _bed.Shop.RetriesInFlight);
        Assert.Equal(allowed + 1, _bed.Metric("""gateway_upstream_retries_total{upstream="shop"}"""));
        Assert.Equal(2, _bed.Metric("""gateway_upstream_retries_denied_total{upstream="shop"}"""));
    }

    [Fact]
    public async Task Metrics_OfATargetInUse_CountWhatIsInFlightAndHowItEnded()
    {
        await _bed.ApplyAsync(new() { Targets = PoolBed.Servers(1) });
        Assert.Equal(0, _bed.Metric("""gateway_upstream_retries_total{upstream="shop"}"""));
        var target = _bed.Shop.Take(0, [])!;
        Assert.Equal(1, _bed.Metric("""gateway_upstream_requests_in_flight{target="10.0.0.1:80",upstream="shop"}"""));
        target.End(AttemptResult.TimedOut);
        Assert.Equal(0, _bed.Metric("""gateway_upstream_requests_in_flight{target="10.0.0.1:80",upstream="shop"}"""));
        Assert.Equal(1, _bed.Metric("""gateway_upstream_requests_total{outcome="timed_out",target="10.0.0.1:80",upstream="shop"}"""));
        Assert.Equal(1, _bed.Metric("""gateway_upstream_healthy{target="10.0.0.1:80",upstream="shop"}"""));
    }

    public ValueTask DisposeAsync() => _bed.DisposeAsync();
}
