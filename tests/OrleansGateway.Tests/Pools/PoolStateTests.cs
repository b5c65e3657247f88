using OrleansGateway.Configuration;
using OrleansGateway.Upstream.Pools;

namespace OrleansGateway.Tests.Pools;

/// <summary>Which targets are used: not the tried, the full, the ejected; all of them when too many are bad.</summary>
public sealed class PoolStateTests : IAsyncDisposable
{
    private readonly PoolBed _bed = new();

    public static TheoryData<BalancePolicy> Policies => [.. Enum.GetValues<BalancePolicy>()];

    [Theory]
    [MemberData(nameof(Policies))]
    public async Task Take_WithTargetsTried_GivesEachOtherOnceAndThenNone(BalancePolicy policy)
    {
        await _bed.ApplyAsync(new() { Targets = PoolBed.Servers(1, 5, 2), Balance = policy });
        var tried = new PoolTarget?[3];
        for (var i = 0; i < 3; i++)
        {
            tried[i] = _bed.Shop.Take(hash: 42, tried);
            Assert.NotNull(tried[i]);
        }

        Assert.Equal(3, tried.Distinct().Count());
        Assert.Null(_bed.Shop.Take(hash: 42, tried));
    }

    [Theory]
    [MemberData(nameof(Policies))]
    public async Task Take_OfTargetsThatAreFull_GoesToOthersAndThenToNone(BalancePolicy policy)
    {
        await _bed.ApplyAsync(new() { Targets = PoolBed.Servers(1, 9), Balance = policy, CircuitBreaker = new() { RequestsMax = 3 } });
        var taken = Enumerable.Range(0, 7).Select(i => _bed.Shop.Take((ulong)i, [])).ToArray();
        Assert.All(_bed.Targets, t => Assert.Equal(3, t.InFlight));
        Assert.Null(taken[6]);
        taken[0]!.End(AttemptResult.Answered);
        Assert.Same(taken[0], _bed.Shop.Take(0, []));
    }

    [Fact(Timeout = 60_000)]
    public async Task Take_ByManyThreads_NeverGivesMoreThanMayBeInFlight()
    {
        await _bed.ApplyAsync(new() { Targets = PoolBed.Servers(1, 1), Balance = BalancePolicy.RoundRobin, CircuitBreaker = new() { RequestsMax = 2 } });
        var most = 0;
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < 20_000; i++)
            {
                if (_bed.Shop.Take(0, []) is not { } target) continue;
                // Those who are refused a place count for a moment before they step back.
                if (_bed.Targets.Sum(t => t.InFlight) is var now && now > most) most = now;
                target.End(AttemptResult.Answered);
            }
        })));
        Assert.InRange(most, 1, 4 + 7);
        Assert.All(_bed.Targets, t => Assert.Equal(0, t.InFlight));
    }

    [Theory]
    [MemberData(nameof(Policies))]
    public async Task Take_OfAnEjectedTarget_LeavesItOutUntilItsTime(BalancePolicy policy)
    {
        await _bed.ApplyAsync(new() { Targets = PoolBed.Servers(1, 1, 1, 1), Balance = policy });
        PoolBed.Eject(_bed.Targets[2]);
        var counts = _bed.Send(4_000);
        Assert.Equal(0, counts[2]);
        Assert.All(new[] { 0, 1, 3 }, i => Assert.InRange(counts[i], 1_100, 1_600));
        Assert.Equal(1, _bed.Metric("""gateway_upstream_ejected{target="10.0.0.3:80",upstream="shop"}"""));
        _bed.Time.Advance(TimeSpan.FromSeconds(9));
        Assert.Equal(0, _bed.Send(100)[2]);
        _bed.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.InRange(_bed.Send(4_000)[2], 800, 1_200);
        Assert.Equal(0, _bed.Metric("""gateway_upstream_ejected{target="10.0.0.3:80",upstream="shop"}"""));
        Assert.Equal(
            ["Warning 1650 Target 10.0.0.3:80 of upstream shop ejected for 00:00:10: broken", "Information 1651 Target 10.0.0.3:80 of upstream shop is back after its ejection"], _bed.Log.Lines);
    }

    [Fact]
    public async Task Take_OfATargetThatGoesOnFailing_SendsItOneRequestEachTimeItIsBack()
    {
        await _bed.ApplyAsync(new() { Targets = PoolBed.Servers(1, 1, 1), Balance = BalancePolicy.RoundRobin });
        var bad = _bed.Targets[0];
        AttemptResult Fate(PoolTarget target) => target == bad ? AttemptResult.ConnectFailed : AttemptResult.Answered;
        Assert.Equal(5, _bed.Send(300, Fate)[0]);
        foreach (var seconds in new[] { 10, 20, 40, 80, 160, 300, 300 })
        {
            _bed.Time.Advance(TimeSpan.FromSeconds(seconds - 1));
            Assert.Equal(0, _bed.Send(30, Fate)[0]);
            _bed.Time.Advance(TimeSpan.FromSeconds(1));
            Assert.Equal(1, _bed.Send(300, Fate)[0]);
        }

        Assert.Equal(8, _bed.Metric("""gateway_upstream_ejections_total{reason="connect_failed",target="10.0.0.1:80",upstream="shop"}"""));
        Assert.Equal(0, _bed.Metric("""gateway_upstream_ejections_total{reason="timed_out",target="10.0.0.1:80",upstream="shop"}"""));
        Assert.Equal(12, _bed.Metric("""gateway_upstream_requests_total{outcome="connect_failed",target="10.0.0.1:80",upstream="shop"}"""));
    }

    [Theory]
    [InlineData(50, 4, 2, false)]
    [InlineData(50, 4, 3, true)]
    [InlineData(50, 1, 1, true)]
    [InlineData(49, 2, 1, true)]
    [InlineData(0, 4, 1, true)]
    [InlineData(100, 3, 3, false)]
    public async Task Take_WhenManyAreEjected_LeavesOutAsManyAsMayBe(int percent, int targets, int ejected, bool all)
    {
        await _bed.ApplyAsync(new() { Targets = PoolBed.Servers([.. Enumerable.Repeat(1, targets), 0]), Balance = BalancePolicy.RoundRobin, Ejection = new() { PercentMax = percent } });
        foreach (var target in _bed.Targets.Take(ejected)) PoolBed.Eject(target);
        Assert.Equal(all, _bed.Shop.UsesAll);
        var counts = _bed.Send(targets * 100);
        Assert.All(counts[..ejected], c => Assert.Equal(all, c > 0));
        Assert.Equal(targets == ejected && !all ? 0 : targets * 100, counts.Sum());
        Assert.Equal(0, counts[^1]);
        _bed.Time.Advance(TimeSpan.FromSeconds(10));
        Assert.False(_bed.Shop.UsesAll);
        _bed.Send(1);
        Assert.Equal(all ? 1 : 0, _bed.Log.Lines.Count(l => l.StartsWith("Warning 1654", StringComparison.Ordinal)));
        Assert.Equal(all ? 1 : 0, _bed.Log.Lines.Count(l => l.StartsWith("Information 1655", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(nameof(AttemptResult.ServerFailure), true)]
    [InlineData(nameof(AttemptResult.ConnectFailed), true)]
    [InlineData(nameof(AttemptResult.Broken), true)]
    [InlineData(nameof(AttemptResult.TimedOut), true)]
    [InlineData(nameof(AttemptResult.Answered), false)]
    [InlineData(nameof(AttemptResult.Cancelled), false)]
    public async Task End_OfFiveInARow_EjectsForFailuresOnly(string name, bool ejects)
    {
        var result = Enum.Parse<AttemptResult>(name);
        await _bed.ApplyAsync(new() { Targets = PoolBed.Servers(1, 1) });
        PoolBed.Eject(_bed.Targets[0], failures: 4);
        // A client that went in between says nothing, for good or bad.
        PoolBed.Eject(_bed.Targets[0], failures: 3, AttemptResult.Cancelled);
        Assert.False(_bed.Targets[0].IsOut);
        PoolBed.Eject(_bed.Targets[0], failures: 1, result);
        Assert.Equal(ejects, _bed.Targets[0].IsOut);
        Assert.Equal(result == AttemptResult.Cancelled ? 4 : 0, _bed.Targets[0].Status().Failures);
    }

    [Fact]
    public async Task Take_AfterAReturn_RisesToTheFullShareOverTheSlowStart()
    {
        await _bed.ApplyAsync(new() { Targets = PoolBed.Servers(1, 1), Balance = BalancePolicy.RoundRobin, SlowStart = TimeSpan.FromSeconds(20) });
        // Those that are there at the start have their share at once.
        Assert.Equal([550, 550], _bed.Send(1_100));
        PoolBed.Eject(_bed.Targets[0]);
        _bed.Time.Advance(TimeSpan.FromSeconds(10));
        Assert.InRange(_bed.Send(1_100)[0], 99, 101);
        _bed.Time.Advance(TimeSpan.FromSeconds(10));
        Assert.InRange(_bed.Send(1_500)[0], 499, 501);
        _bed.Time.Advance(TimeSpan.FromSeconds(10));
        Assert.InRange(_bed.Send(1_000)[0], 499, 501);
    }

    [Fact]
    public async Task Take_OfAHashedRequest_GoesToTheSameTargetWhileItIsThere()
    {
        await _bed.ApplyAsync(new() { Targets = PoolBed.Servers(1, 1, 1, 1), Balance = BalancePolicy.ConsistentHash });
        var home = _bed.Shop.Take(99, [])!;
        for (var i = 0; i < 50; i++) Assert.Same(home, _bed.Shop.Take(99, []));
        var second = _bed.Shop.Take(99, [home])!;
        PoolBed.Eject(home);
        for (var i = 0; i < 50; i++) Assert.Same(second, _bed.Shop.Take(99, []));
        _bed.Time.Advance(TimeSpan.FromSeconds(10));
        Assert.Same(home, _bed.Shop.Take(99, []));
    }

    [Theory]
    [MemberData(nameof(Policies))]
    public async Task Take_AndEnd_AllocateNothing(BalancePolicy policy)
    {
        await _bed.ApplyAsync(new() { Targets = PoolBed.Servers(1, 2, 3, 4), Balance = policy });
        var shop = _bed.Shop;
        void Run(int count)
        {
            for (var i = 0; i < count; i++) shop.Take((ulong)i, [])!.End(AttemptResult.Answered);
        }

        Assert.Equal(0, Allocated.Least(() => Run(1_000)));
    }

    public ValueTask DisposeAsync() => _bed.DisposeAsync();
}
