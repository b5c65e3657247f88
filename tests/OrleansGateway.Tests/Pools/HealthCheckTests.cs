using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using OrleansGateway.Configuration;
using OrleansGateway.Tests.Upstreams;
using OrleansGateway.Upstream;
using OrleansGateway.Upstream.Http1;

namespace OrleansGateway.Tests.Pools;

/// <summary>Health checks over real sockets. Each check comes after the one before has been judged, so a test waits for checks and not for time.</summary>
public sealed class HealthCheckTests : IAsyncDisposable
{
    private static readonly HealthCheckSettings Often =
        new() { Path = "/healthz?x=%20", Interval = TimeSpan.FromMilliseconds(100), Timeout = TimeSpan.FromSeconds(20), UnhealthyAfter = 3, HealthyAfter = 2 };

    private readonly Http1Upstream _http = new(TimeProvider.System);
    private readonly Announcing _carrier;
    private readonly PoolBed _bed;

    public HealthCheckTests()
    {
        _carrier = new Announcing(_http);
        _bed = new PoolBed(TimeProvider.System, _carrier);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task Check_OfATargetThatFailsAndRecovers_LeavesItOutAndTakesItBack()
    {
        var status = 200;
        await using var server = await MockUpstream.StartAsync(_ => Answer.Json("{}", Volatile.Read(ref status)));
        await ApplyAsync(Often, server.Url);
        var target = _bed.Targets[0];
        await ChecksAsync(3);
        Assert.False(target.IsOut);
        Volatile.Write(ref status, 500);
        // One may have been answered before the status changed.
        await ChecksAsync(5);
        Assert.True(target.IsOut);
        Assert.Equal((false, "it answered 500"), (target.Status().Healthy, target.Status().CheckProblem));
        Assert.Equal(0, _bed.Metric($$"""gateway_upstream_healthy{target="{{target.Name}}",upstream="shop"}"""));
        Assert.Null(_bed.Shop.Take(0, []));
        Volatile.Write(ref status, 302);
        await ChecksAsync(4);
        Assert.False(target.IsOut);
        Assert.Null(target.Status().CheckProblem);
        Assert.NotNull(target.Status().CheckedAt);
        Assert.Equal([$"Warning 1652 Target {target.Name} of upstream shop is unhealthy: it answered 500", $"Information 1653 Target {target.Name} of upstream shop is healthy"], _bed.Log.Lines);
        Assert.InRange(_bed.Metric($$"""gateway_upstream_health_checks_total{result="bad",target="{{target.Name}}",upstream="shop"}"""), 3, double.MaxValue);
    }

    [Fact(Timeout = 60_000)]
    public async Task Check_AsItIsSent_HasPathHostAndOneConnection()
    {
        await using var server = await MockUpstream.StartAsync(_ => Answer.Json("{}"));
        await ApplyAsync(Often with { Host = "shop.example.com:81" }, server.Url);
        await ChecksAsync(3);
        var request = await server.NextRequestAsync(Cancel);
        Assert.Equal(("GET", "/healthz?x=%20", "shop.example.com:81"), (request.Method, request.Path, request.Headers["Host"]));
        Assert.Equal("OrleansGateway-health-check", request.Headers["User-Agent"]);
    }

    [Fact(Timeout = 60_000)]
    public async Task Check_WithStatusesListed_TakesOnlyThem()
    {
        await using var teapot = await MockUpstream.StartAsync(_ => Answer.Json("{}", 418));
        await using var fine = await MockUpstream.StartAsync(_ => Answer.Json("{}"));
        await ApplyAsync(Often with { Statuses = [418] }, teapot.Url, fine.Url);
        await ChecksAsync(12);
        Assert.Equal([false, true], _bed.Targets.Select(t => t.IsOut));
    }

    [Theory(Timeout = 60_000)]
    [InlineData("refused")]
    [InlineData("silent")]
    [InlineData("hung up")]
    [InlineData("cut")]
    public async Task Check_OfATargetThatGivesNoWholeAnswer_IsBad(string kind)
    {
        await using var server = await MockUpstream.StartAsync(_ => kind switch
        {
            "silent" => Answer.Silence,
            "hung up" => Answer.HangUp,
            _ => new Answer { Chunks = ["x"u8.ToArray()], ContentLength = 5, End = AnswerEnd.Cut },
        });
        await ApplyAsync(Often with { Timeout = TimeSpan.FromMilliseconds(kind == "silent" ? 50 : 20_000) }, kind == "refused" ? FreeAddress() : server.Url);
        await ChecksAsync(4);
        Assert.True(_bed.Targets[0].IsOut);
        if (kind == "silent") Assert.Equal("no whole answer within 50ms", _bed.Targets[0].Status().CheckProblem);
    }

    [Fact(Timeout = 60_000)]
    public async Task Check_WhenTheCarrierHasABug_GoesOnAndSaysSo()
    {
        _carrier.Fault = new FormatException("a bug");
        await ApplyAsync(Often, FreeAddress());
        await ChecksAsync(5);
        Assert.True(_bed.Targets[0].IsOut);
        Assert.Contains(_bed.Log.Lines, l => l.StartsWith("Error 1656", StringComparison.Ordinal));
    }

    [Fact(Timeout = 60_000)]
    public async Task ApplyAsync_WithoutChecksFromThenOn_TakesTheTargetBackAndAsksNoMore()
    {
        await ApplyAsync(Often, FreeAddress());
        await ChecksAsync(4);
        var target = _bed.Targets[0];
        Assert.True(target.IsOut);
        await ApplyAsync(null, target.Url);
        Assert.Same(target, _bed.Targets[0]);
        Assert.False(target.IsOut);
        var asked = _carrier.Count;
        await _bed.DisposeAsync();
        Assert.Equal(asked, _carrier.Count);
    }

    [Fact(Timeout = 60_000)]
    public async Task DisposeAsync_WhileATargetIsSilent_DoesNotWaitForIt()
    {
        await using var server = await MockUpstream.StartAsync(_ => Answer.Silence);
        await ApplyAsync(Often with { Timeout = TimeSpan.FromMinutes(5) }, server.Url);
        await server.NextRequestAsync(Cancel);
        await _bed.DisposeAsync();
        Assert.Null(_bed.Targets[0].Status().CheckedAt);
    }

    [Fact(Timeout = 60_000)]
    public async Task Check_OverTime_ComesEachIntervalAndDoesNotBeginAnewWithAReload()
    {
        var carrier = new Announcing(_http) { Fault = new UpstreamException("refused") };
        var time = new ManualTime();
        await using var bed = new PoolBed(time, carrier);
        var start = time.GetUtcNow();
        carrier.Asked = () => carrier.Times.Add(time.GetUtcNow() - start);
        var settings = new UpstreamSettings { Targets = PoolBed.Servers(1), HealthCheck = new() { Interval = TimeSpan.FromSeconds(10), Statuses = [200] } };
        await bed.ApplyAsync(settings);
        for (var i = 0; i < 20; i++)
        {
            time.Advance(TimeSpan.FromSeconds(5));
            await bed.ApplyAsync(settings with { HealthCheck = settings.HealthCheck! with { Statuses = [200] } });
        }

        Assert.InRange(carrier.Times[0], TimeSpan.Zero, TimeSpan.FromSeconds(1));
        Assert.All(carrier.Times.Zip(carrier.Times.Skip(1), (a, b) => b - a), gap => Assert.InRange(gap, TimeSpan.FromSeconds(9), TimeSpan.FromSeconds(11)));
        Assert.InRange(carrier.Times.Count, 9, 12);
        Assert.True(bed.Targets[0].IsOut);
    }

    public async ValueTask DisposeAsync()
    {
        await _bed.DisposeAsync();
        _http.Dispose();
    }

    private Task ApplyAsync(HealthCheckSettings? check, params Uri[] urls) => _bed.ApplyAsync(new()
    {
        Targets = [.. urls.Select(u => new UpstreamTargetSettings { Url = u })], HealthCheck = check, Ejection = new() { PercentMax = 100 },
    });

    /// <summary>Waits for so many more checks to begin: all but the last have then been judged.</summary>
    private async Task ChecksAsync(int count)
    {
        while (_carrier.Asks.Reader.TryRead(out _))
        {
            // Began before the call.
        }

        for (var i = 0; i < count; i++) await _carrier.Asks.Reader.ReadAsync(Cancel);
    }

    private static Uri FreeAddress()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return new Uri($"http://{listener.LocalEndpoint}");
    }

    /// <summary>Passes requests on, and says so.</summary>
    private sealed class Announcing(IUpstream inner) : IUpstream
    {
        private int _count;

        public Channel<int> Asks { get; } = Channel.CreateUnbounded<int>();
        public List<TimeSpan> Times { get; } = [];
        public Exception? Fault { get; set; }
        public Action? Asked { get; set; }
        public int Count => Volatile.Read(ref _count);

        public ValueTask<UpstreamResponse> SendAsync(UpstreamRequest request, CancellationToken cancellation)
        {
            Asks.Writer.TryWrite(Interlocked.Increment(ref _count));
            Asked?.Invoke();
            return Fault is null ? inner.SendAsync(request, cancellation) : throw Fault;
        }
    }
}
