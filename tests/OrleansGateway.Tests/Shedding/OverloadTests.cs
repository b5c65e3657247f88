using OrleansGateway.Configuration;
using OrleansGateway.Shedding;
using OrleansGateway.Telemetry;
using OrleansGateway.Tests.Telemetry;

namespace OrleansGateway.Tests.Shedding;

/// <summary>The watch over a core, and what it shows and says.</summary>
public sealed class OverloadTests : IDisposable
{
    private const RoutePriority Low = RoutePriority.Low, Normal = RoutePriority.Normal, High = RoutePriority.High;

    private readonly ManualTime _time = new();
    private readonly GatewayMetrics _metrics = new();
    private readonly PrometheusText _prometheus;
    private readonly ListLogger<Overload> _log = new();
    private readonly Overload _overload;
    private OverloadSettings _settings = new() { RequestsMax = 10 };
    private double _memory = 0.25;

    public OverloadTests()
    {
        _prometheus = new PrometheusText(_metrics);
        _overload = new Overload(
            () => Snapshot.Compile(new GatewaySettings { Overload = _settings }, 1, ""), _metrics, () => _memory, new Random(1), _time, _log);
    }

    [Fact]
    public void Refuses_WhenAllIsWell_Nobody()
    {
        Watch(TimeSpan.FromSeconds(10));
        Assert.False(_overload.Refuses(Low, _settings) || _overload.Refuses(Normal, _settings) || _overload.Refuses(High, _settings));
    }

    [Fact]
    public void Refuses_WithRequestsInFlight_EachPriorityAboveItsOwnShare()
    {
        Fly(8);
        Assert.False(_overload.Refuses(Low, _settings));
        Fly(1);
        Assert.True(_overload.Refuses(Low, _settings));
        Assert.False(_overload.Refuses(Normal, _settings));
        Fly(1);
        Assert.True(_overload.Refuses(Normal, _settings));
        Assert.False(_overload.Refuses(High, _settings));
        Fly(1);
        Assert.True(_overload.Refuses(High, _settings));
        _metrics.RequestEnded("GET", null, 200, TimeSpan.Zero);
        Assert.False(_overload.Refuses(High, _settings));
    }

    [Fact]
    public void Refuses_WhenMemoryIsShort_AGrowingShareOfTheLowFirst()
    {
        _memory = 0.9;
        Watch(TimeSpan.FromSeconds(1));
        var first = Share(Low);
        Assert.InRange(first, 0.1, 0.9);
        Assert.Equal(0, Share(Normal));
        Watch(TimeSpan.FromSeconds(2));
        Assert.Equal(1, Share(Low));
        Assert.InRange(Share(Normal), 0.1, 0.9);
        Assert.Equal(0, Share(High));
    }

    [Fact]
    public void Refuses_WhenSwitchedOff_NobodyAndForgetsWhatWas()
    {
        _memory = 1;
        Watch(TimeSpan.FromSeconds(5));
        Assert.True(_overload.Refuses(High, _settings));
        _settings = _settings with { Enabled = false };
        Fly(100);
        Assert.False(_overload.Refuses(Low, _settings));
        Watch(TimeSpan.FromSeconds(1));
        _settings = new OverloadSettings();
        Assert.False(_overload.Refuses(Low, _settings));
        Assert.Equal(0, Exposition.Of(_prometheus).Value("gateway_overload_level"));
    }

    [Fact]
    public void Watch_OfTheLoad_ShowsWhatItSees()
    {
        Fly(9);
        Watch(TimeSpan.FromSeconds(1));
        _overload.Take(TimeSpan.FromMilliseconds(70));
        var text = Exposition.Of(_prometheus);
        Assert.Equal(2, text.Value("gateway_overload_level"));
        Assert.Equal(0.07, text.Value("gateway_overload_queue_delay_seconds"));
        Assert.Equal(0.25, text.Value("gateway_overload_memory"));
        Assert.Equal(0, text.Value("gateway_shed_total{priority=\"low\"}"));
    }

    [Fact]
    public void Watch_OfALevel_LogsItsChangesOnce()
    {
        Fly(8);
        Watch(TimeSpan.FromSeconds(3));
        _metrics.RequestEnded("GET", null, 200, TimeSpan.Zero);
        Watch(TimeSpan.FromSeconds(30));
        Assert.Equal(
        [
            "Warning 2301 Overload level 1, was 0: work waits 0 ms for a thread, 25 % of the memory is held, 8 requests are in flight",
            "Information 2302 Overload level 0, was 1",
        ],
        _log.Lines);
    }

    [Fact]
    public void ShareHeld_OfThisProcess_IsSomeOfItAndNotAll() => Assert.InRange(ProcessMemory.ShareHeld(), 0.0001, 0.99);

    public void Dispose()
    {
        _prometheus.Dispose();
        _metrics.Dispose();
    }

    /// <summary>Takes a sample each 100 ms, none of them late.</summary>
    private void Watch(TimeSpan duration)
    {
        for (var end = _time.GetUtcNow() + duration; _time.GetUtcNow() < end;)
        {
            _time.Advance(Overload.Period);
            _overload.Take(TimeSpan.Zero);
        }
    }

    private void Fly(int requests)
    {
        for (; requests > 0; requests--) _metrics.RequestStarted("GET");
    }

    private double Share(RoutePriority priority) => Enumerable.Range(0, 1000).Count(_ => _overload.Refuses(priority, _settings)) / 1000.0;
}
