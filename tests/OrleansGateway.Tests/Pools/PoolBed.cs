using OrleansGateway.Configuration;
using OrleansGateway.Telemetry;
using OrleansGateway.Tests.Telemetry;
using OrleansGateway.Upstream;
using OrleansGateway.Upstream.Pools;

namespace OrleansGateway.Tests.Pools;

/// <summary>Upstreams with all that belongs to them, and no gateway around. The one upstream is called <c>shop</c>.</summary>
internal sealed class PoolBed : IAsyncDisposable
{
    private readonly GatewayMetrics _metrics = new();
    private readonly PrometheusText _prometheus;
    private UpstreamPool? _pool;
    private int _versions;

    public PoolBed(TimeProvider? time = null, IUpstream? carrier = null, int seed = 1)
    {
        _prometheus = new PrometheusText(_metrics);
        Pools = new UpstreamPools((_, _) => carrier ?? throw new InvalidOperationException("Nothing is to be sent."), "/etc/gateway", new UpstreamMetrics(_metrics), time ?? Time, new Random(seed), Log);
    }

    public ManualTime Time { get; } = new();
    public ListLogger<UpstreamPools> Log { get; } = new();
    public UpstreamPools Pools { get; }

    /// <summary>The upstream as it was applied last.</summary>
    public PoolState Shop => Pools.Of(_pool!);

    public IReadOnlyList<PoolTarget> Targets => [.. Shop.Targets.Select(t => t.Target)];

    public async Task ApplyAsync(UpstreamSettings? shop)
    {
        var settings = new GatewaySettings { Upstreams = shop is null ? new Dictionary<string, UpstreamSettings>() : new() { ["shop"] = shop } };
        var snapshot = Snapshot.Compile(settings, ++_versions, "");
        _pool = shop is null ? null : snapshot.Upstreams["shop"];
        Assert.Null(await Pools.ApplyAsync(snapshot, TestContext.Current.CancellationToken));
    }

    public static UpstreamTargetSettings[] Servers(params int[] weights) =>
        [.. weights.Select((w, i) => new UpstreamTargetSettings { Url = new Uri($"http://10.0.0.{i + 1}:80"), Weight = w })];

    /// <summary>Sends so many requests that end at once, and counts who got them.</summary>
    public int[] Send(int count, Func<PoolTarget, AttemptResult>? result = null)
    {
        var targets = Targets;
        var counts = new int[targets.Count];
        for (var i = 0; i < count; i++)
        {
            if (Shop.Take(hash: (ulong)i * 7_919, []) is not { } target) continue;
            counts[targets.IndexOf(target)]++;
            target.End(result?.Invoke(target) ?? AttemptResult.Answered);
        }

        return counts;
    }

    /// <summary>Has the target fail as often as ejects it.</summary>
    public static void Eject(PoolTarget target, int failures = 5, AttemptResult result = AttemptResult.Broken)
    {
        for (var i = 0; i < failures; i++)
        {
            Assert.True(target.TryBegin(int.MaxValue));
            target.End(result);
        }
    }

    public double Metric(string series) => Exposition.Of(_prometheus).Samples.GetValueOrDefault(series, double.NaN);

    public async ValueTask DisposeAsync()
    {
        await Pools.DisposeAsync();
        _prometheus.Dispose();
        _metrics.Dispose();
    }
}

internal static class ReadOnlyLists
{
    public static int IndexOf<T>(this IReadOnlyList<T> list, T item)
    {
        for (var i = 0; i < list.Count; i++)
        {
            if (ReferenceEquals(list[i], item)) return i;
        }

        return -1;
    }
}
