using OrleansGateway.Configuration;
using OrleansGateway.Telemetry;

namespace OrleansGateway.Upstream.Pools;

/// <summary>What all targets need of the world.</summary>
internal sealed record PoolContext(TimeProvider Time, UpstreamMetrics Metrics, ILogger Log)
{
    private readonly long _start = Time.GetTimestamp();

    /// <summary>Time since this was made; never goes back.</summary>
    public TimeSpan Now => Time.GetElapsedTime(_start);
}

/// <summary>One server of an upstream while the gateway runs: it and what is known of it outlive reloads of the configuration.</summary>
internal sealed class PoolTarget : IDisposable
{
    /// <summary>It has been there always: no slow start.</summary>
    private const long Always = -1;

    private readonly string _pool;
    private readonly PoolContext _context;
    private readonly Lock _lock = new();
    private readonly ITimer _return;
    private volatile EjectionSettings _ejection;
    private TargetHealth _health;
    private string? _checkProblem;
    private DateTimeOffset? _checkedAt;
    private DateTimeOffset? _ejectedUntil;
    private volatile bool _isOut;
    private volatile bool _isClean = true;
    private volatile int _failures;
    private int _inFlight;
    private long _cameAt;

    /// <param name="pool">Id of the upstream.</param>
    /// <param name="target">Which server.</param>
    /// <param name="ejection">When it is ejected.</param>
    /// <param name="isNew">Whether it comes to others that serve already, and so starts slowly.</param>
    /// <param name="context">Time, metrics, log.</param>
    public PoolTarget(string pool, UpstreamTarget target, EjectionSettings ejection, bool isNew, PoolContext context)
    {
        (_pool, _ejection, _context, Url, Name) = (pool, ejection, context, target.Url, target.Name);
        _cameAt = isNew ? context.Now.Ticks : Always;
        _return = context.Time.CreateTimer(static target => ((PoolTarget)target!).Return(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        foreach (var reason in AttemptResults.Failures) context.Metrics.Ejected(pool, Name, reason, times: 0);
    }

    public Uri Url { get; }

    /// <summary>How it is called in logs and metrics: host and port.</summary>
    public string Name { get; }

    /// <summary>Whether failed requests or health checks have it left out.</summary>
    public bool IsOut => _isOut;

    public int InFlight => Volatile.Read(ref _inFlight);

    /// <summary>How it stands.</summary>
    public TargetStatus Status()
    {
        lock (_lock)
        {
            return new TargetStatus(
                InFlight, _health.Failures, _health.Ejected, _ejectedUntil, _health.Ejections, !_health.Unhealthy, _checkedAt, _checkProblem);
        }
    }

    /// <summary>Its load with the weight that it has in one version of the configuration.</summary>
    public TargetLoad Load(int weight, TimeSpan slowStart)
    {
        var cameAt = Volatile.Read(ref _cameAt);
        var share = slowStart == TimeSpan.Zero || cameAt == Always
            ? (long)weight * SlowStart.Full
            : SlowStart.Weight(weight, _context.Now - TimeSpan.FromTicks(cameAt), slowStart);
        return new TargetLoad(share, InFlight, _failures);
    }

    /// <summary>Counts an attempt as in flight, unless there are as many as may be.</summary>
    public bool TryBegin(int most)
    {
        if (Interlocked.Increment(ref _inFlight) <= most) return true;
        Interlocked.Decrement(ref _inFlight);
        return false;
    }

    /// <summary>Ends an attempt: exactly once for each that was begun.</summary>
    public void End(AttemptResult result)
    {
        Interlocked.Decrement(ref _inFlight);
        _context.Metrics.Requested(_pool, Name, result.Word());
        if (result == AttemptResult.Cancelled || result == AttemptResult.Answered && _isClean) return;
        lock (_lock)
        {
            var ejected = _health.Note(result == AttemptResult.Answered, _ejection, _context.Now);
            if (ejected) Eject(result);
            Publish();
        }
    }

    /// <summary>Notes a health check.</summary>
    /// <param name="problem">What was wrong; none if it was good.</param>
    /// <param name="settings">How many make a verdict.</param>
    public void Checked(string? problem, HealthCheckSettings settings)
    {
        _context.Metrics.HealthChecked(_pool, Name, problem is null);
        lock (_lock)
        {
            (_checkedAt, _checkProblem) = (_context.Time.GetUtcNow(), problem);
            if (!_health.NoteCheck(problem is null, settings)) return;
            if (problem is null) _context.Log.Healthy(_pool, Name);
            else _context.Log.Unhealthy(_pool, Name, problem);
            Publish();
        }
    }

    /// <summary>Goes by other settings from now on.</summary>
    public void Adopt(UpstreamSettings settings)
    {
        _ejection = settings.Ejection;
        if (settings.HealthCheck is not null) return;
        lock (_lock)
        {
            (_checkedAt, _checkProblem) = (null, null);
            if (_health.ForgetChecks()) Publish();
        }
    }

    public void Dispose() => _return.Dispose();

    private void Eject(AttemptResult last)
    {
        var duration = _health.EjectedUntil - _context.Now;
        _ejectedUntil = _context.Time.GetUtcNow() + duration;
        _return.Change(duration, Timeout.InfiniteTimeSpan);
        _context.Metrics.Ejected(_pool, Name, last.Word());
        _context.Log.Ejected(_pool, Name, duration, last.Word());
    }

    private void Return()
    {
        lock (_lock)
        {
            if (_health.TryReturn(_context.Now))
            {
                _ejectedUntil = null;
                _context.Log.Returned(_pool, Name);
                Publish();
            }
            else if (_health.Ejected)
            {
                // The timer's clock is coarser than ours, and may be early.
                _return.Change(_health.EjectedUntil - _context.Now + TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
            }
        }
    }

    // What the way of a request reads without the lock.
    private void Publish()
    {
        var isOut = _health.Ejected || _health.Unhealthy;
        if (_isOut && !isOut) Volatile.Write(ref _cameAt, _context.Now.Ticks);
        _isOut = isOut;
        _isClean = _health.IsClean;
        _failures = _health.Failures;
    }
}

/// <summary>How a target stands.</summary>
/// <param name="InFlight">Attempts in flight.</param>
/// <param name="Failures">Failures in a row.</param>
/// <param name="Ejected">Whether failed requests have it left out.</param>
/// <param name="EjectedUntil">When that ends.</param>
/// <param name="Ejections">Ejections in a row.</param>
/// <param name="Healthy">Whether health checks have nothing against it.</param>
/// <param name="CheckedAt">When it was checked last; none if never.</param>
/// <param name="CheckProblem">What was wrong then; none if nothing.</param>
internal readonly record struct TargetStatus(
    int InFlight, int Failures, bool Ejected, DateTimeOffset? EjectedUntil, int Ejections, bool Healthy, DateTimeOffset? CheckedAt, string? CheckProblem);

internal static partial class PoolLog
{
    [LoggerMessage(1650, LogLevel.Warning, "Target {Target} of upstream {Upstream} ejected for {Duration}: {Reason}")]
    public static partial void Ejected(this ILogger log, string upstream, string target, TimeSpan duration, string reason);

    [LoggerMessage(1651, LogLevel.Information, "Target {Target} of upstream {Upstream} is back after its ejection")]
    public static partial void Returned(this ILogger log, string upstream, string target);

    [LoggerMessage(1652, LogLevel.Warning, "Target {Target} of upstream {Upstream} is unhealthy: {Problem}")]
    public static partial void Unhealthy(this ILogger log, string upstream, string target, string problem);

    [LoggerMessage(1653, LogLevel.Information, "Target {Target} of upstream {Upstream} is healthy")]
    public static partial void Healthy(this ILogger log, string upstream, string target);

    [LoggerMessage(1654, LogLevel.Warning, "Upstream {Upstream} uses all its targets: more than {Percent} % of them are bad")]
    public static partial void AllUsed(this ILogger log, string upstream, int percent);

    [LoggerMessage(1655, LogLevel.Information, "Upstream {Upstream} leaves bad targets out again")]
    public static partial void SomeUsed(this ILogger log, string upstream);

    [LoggerMessage(1656, LogLevel.Error, "A health check of target {Target} of upstream {Upstream} could not be made")]
    public static partial void CheckFailed(this ILogger log, string upstream, string target, Exception failed);
}
