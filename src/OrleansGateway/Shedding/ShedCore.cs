using OrleansGateway.Configuration;

namespace OrleansGateway.Shedding;

/// <summary>
/// Decides from samples how much is refused. That is one number, the depth: up to 1 it is the share of low priority that is refused, from 1 to 2 that of normal
/// on top of all low, from 2 to 3 that of high on top of the rest. So a class is refused by shares, and only when the one below is refused whole.
/// </summary>
/// <remarks>
/// It goes by the least pressure in an interval, as CoDel does (RFC 8289 §3.2): a queue that empties now and then is no overload. The depth rises while the
/// pressure stands, waits while it falls by itself (what was taken before still has to be worked off), and sinks slowly after it: a fast return would bring the
/// overload back. Below the threshold it always sinks, so no steady load keeps a class out for good.
/// </remarks>
internal struct ShedCore
{
    /// <summary>How long pressure must stand before it counts.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    /// <summary>How long the level stays after the load has left it, so that it does not flap.</summary>
    public static readonly TimeSpan LevelHold = TimeSpan.FromSeconds(5);

    private const int Classes = 3;

    // From the threshold on, one class in 2 s; in half a second when the pressure is four times as high.
    private const double Rise = 0.25;
    private const double PressureMax = 4;

    // One class in 10 s; in 40 s while the pressure is just below the threshold.
    private const double Fall = 0.05;
    private const double SlowFall = 0.0125;
    private const double Calm = 0.8;

    // What lets through a tenth of high priority shows whether refusing helps at all. Where memory is short nothing may come in.
    private const double DepthMaxByDelay = 2.9;

    private TimeSpan _intervalBegan;
    private TimeSpan _lastAtLevel;
    private double _least = double.PositiveInfinity;
    private double _leastBefore;
    private int _samples;

    public ShedCore()
    {
    }

    /// <summary>How much is refused, 0 to 3.</summary>
    public double Depth { get; private set; }

    /// <summary>How many classes are being refused, in part or whole: 0 to 3.</summary>
    public int Level { get; private set; }

    /// <summary>Share of the requests of a priority that is refused at a depth, 0 to 1.</summary>
    public static double ShareRefused(double depth, RoutePriority priority) => Math.Clamp(depth - (int)priority, 0, 1);

    /// <summary>Most requests in flight with which one more of this priority is taken.</summary>
    public static long InFlightMax(RoutePriority priority, int requestsMax) => priority switch
    {
        RoutePriority.Low => (requestsMax * 8L + 9) / 10,
        RoutePriority.Normal => (requestsMax * 9L + 9) / 10,
        _ => requestsMax,
    };

    /// <summary>Takes a sample. <paramref name="now"/> never goes back.</summary>
    public void Take(in LoadSample sample, OverloadSettings settings, TimeSpan now)
    {
        var threshold = settings.MemoryPercent / 100.0;
        var memory = MemoryPressure(sample.Memory, threshold);
        _least = Math.Min(_least, Math.Max(memory, sample.QueueDelay / settings.QueueDelay));
        // Two samples at least: after a pause of the whole process the first one is late, whatever the load.
        if (++_samples >= 2 && now - _intervalBegan >= Interval)
        {
            Turn(_least, memory >= 1 ? Classes : DepthMaxByDelay);
            (_leastBefore, _least, _samples, _intervalBegan) = (_least, double.PositiveInfinity, 0, now);
        }

        Show(Math.Max((int)Math.Ceiling(Depth), ClassesFull(sample.InFlight, settings.RequestsMax)), now);
    }

    // At the threshold 1; where there is none left, as much as counts.
    private static double MemoryPressure(double share, double threshold) =>
        share < threshold ? share / threshold : 1 + (PressureMax - 1) * (share - threshold) / (1 - threshold);

    private static int ClassesFull(long inFlight, int requestsMax)
    {
        var full = 0;
        while (full < Classes && inFlight >= InFlightMax((RoutePriority)full, requestsMax)) full++;
        return full;
    }

    private void Turn(double pressure, double depthMax)
    {
        var isFalling = pressure < _leastBefore * 0.9;
        var step = pressure switch
        {
            >= 1 => isFalling ? 0 : Rise * Math.Min(pressure, PressureMax),
            >= Calm => -SlowFall,
            _ => -Fall,
        };
        Depth = Math.Clamp(Depth + step, 0, depthMax);
    }

    private void Show(int level, TimeSpan now)
    {
        if (level < Level && now - _lastAtLevel < LevelHold) return;
        (Level, _lastAtLevel) = (level, now);
    }
}
