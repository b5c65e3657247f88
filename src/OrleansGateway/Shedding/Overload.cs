using OrleansGateway.Configuration;
using OrleansGateway.Telemetry;

namespace OrleansGateway.Shedding;

/// <summary>Watches the load and says who is refused because of it.</summary>
/// <param name="current">The running configuration.</param>
/// <param name="metrics">Knows the requests in flight, and shows the load.</param>
/// <param name="memory">Memory held, as a share of what the process may have.</param>
/// <param name="random">Draws who is refused of a class that is refused in part.</param>
/// <param name="time">Clock and timer of the watch.</param>
/// <param name="log">Told of each change of level.</param>
internal sealed class Overload(
    Func<Snapshot> current, GatewayMetrics metrics, Func<double> memory, Random random, TimeProvider time, ILogger<Overload> log)
{
    /// <summary>Time from one look to the next.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan CollectionsApart = TimeSpan.FromSeconds(10);

    private readonly long _began = time.GetTimestamp();
    private readonly QueueDelays _delays = new();
    private ShedCore _core = new();
    private TimeSpan? _collectedAt;
    private double _depth;

    /// <summary>How long work that was ready waited for a thread in the last 10 s: of ten times nine, no longer.</summary>
    public TimeSpan QueueDelay => _delays.Ninetieth();

    /// <summary>Looks at the load every 100 ms, until cancelled.</summary>
    public async Task WatchAsync(CancellationToken cancellation)
    {
        while (true)
        {
            var from = time.GetTimestamp();
            await Task.Delay(Period, time, cancellation);
            // The rest of this method is itself work that was queued when the time was up: what it is late by is what work waits for a thread.
            var late = time.GetElapsedTime(from) - Period;
            Take(late > TimeSpan.Zero ? late : TimeSpan.Zero);
        }
    }

    /// <summary>Whether a request of this priority, itself counted among those in flight, is to be refused now.</summary>
    public bool Refuses(RoutePriority priority, OverloadSettings settings)
    {
        if (!settings.Enabled) return false;
        if (metrics.RequestsInFlight > ShedCore.InFlightMax(priority, settings.RequestsMax)) return true;
        var depth = Volatile.Read(ref _depth);
        if (depth == 0) return false;
        var share = ShedCore.ShareRefused(depth, priority);
        return share >= 1 || (share > 0 && random.NextDouble() < share);
    }

    /// <summary>Takes a look at the load, having been told how long work waits.</summary>
    public void Take(TimeSpan queueDelay)
    {
        _delays.Add(queueDelay);
        var settings = current().Settings.Overload;
        var now = time.GetElapsedTime(_began);
        var sample = new LoadSample(memory(), queueDelay, metrics.RequestsInFlight);
        var before = _core.Level;
        if (settings.Enabled) _core.Take(sample, settings, now);
        else _core = new ShedCore();
        Volatile.Write(ref _depth, _core.Depth);
        metrics.LoadSeen(_core.Level, queueDelay, sample.Memory);
        if (_core.Level > before) log.LevelRaised(_core.Level, before, sample.QueueDelay.TotalMilliseconds, sample.Memory * 100, sample.InFlight);
        if (_core.Level < before) log.LevelLowered(_core.Level, before);
        if (settings.Enabled && sample.Memory * 100 >= settings.MemoryPercent) Collect(now);
    }

    // What fills the memory may be garbage that nobody has needed to collect yet. Not waited for: the level rises only if it does not help in time.
    private void Collect(TimeSpan now)
    {
        if (_collectedAt is { } last && now - last < CollectionsApart) return;
        _collectedAt = now;
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: false);
    }
}

internal static partial class OverloadLog
{
    [LoggerMessage(2301, LogLevel.Warning,
        "Overload level {Level}, was {Before}: work waits {QueueDelayMs:0.#} ms for a thread, {MemoryPercent:0.#} % of the memory is held, {InFlight} requests are in flight")]
    public static partial void LevelRaised(this ILogger log, int level, int before, double queueDelayMs, double memoryPercent, long inFlight);

    [LoggerMessage(2302, LogLevel.Information, "Overload level {Level}, was {Before}")]
    public static partial void LevelLowered(this ILogger log, int level, int before);
}
