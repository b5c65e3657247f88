using OrleansGateway.Configuration;

namespace OrleansGateway.Scaling;

/// <summary>Looks at the load once a second and says how many replicas there should be.</summary>
internal sealed class ScalingWatch(Func<Snapshot> current, LoadMeter meter, INodeLoads nodes, TimeProvider time, ILogger<ScalingWatch> log)
{
    /// <summary>Time from one look to the next. KEDA asks every 15 s or so.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    private readonly long _began = time.GetTimestamp();
    private readonly Dictionary<string, ScalingPolicy> _policies = [];
    private volatile ScalingView _current = new(default, FleetLoad.Of([default]), new Dictionary<string, ScalingVerdict>());

    /// <summary>What was seen last.</summary>
    public ScalingView Current => _current;

    /// <summary>Looks once a second, until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(Period, time);
        do await LookAsync(cancellation);
        while (await timer.WaitForNextTickAsync(cancellation));
    }

    /// <summary>Looks now. Only one does at a time.</summary>
    public async Task LookAsync(CancellationToken cancellation)
    {
        var own = meter.Take();
        // Without the others what was said last stands: from this one alone it would follow that most are not needed.
        if (await nodes.ShareAsync(own, cancellation) is not { } loads) return;
        var (all, now, before) = (FleetLoad.Of(loads), time.GetElapsedTime(_began), _current);
        var verdicts = new Dictionary<string, ScalingVerdict>();
        var targets = current().Settings.Scaling.Targets;
        foreach (var id in _policies.Keys.Where(id => !targets.ContainsKey(id)).ToArray()) _policies.Remove(id);
        foreach (var (id, target) in targets)
        {
            if (!_policies.TryGetValue(id, out var policy)) _policies[id] = policy = new ScalingPolicy();
            verdicts[id] = policy.Take(all, target, now);
            if (before.Verdicts.TryGetValue(id, out var said) && said.Replicas != verdicts[id].Replicas)
                log.Changed(id, verdicts[id].Replicas, said.Replicas, verdicts[id].Reason, all.Nodes, all.RequestsInFlight, all.Cpu * 100);
        }

        _current = new ScalingView(own, all, verdicts);
        before.Replace();
    }
}

internal static partial class ScalingWatchLog
{
    [LoggerMessage(3001, LogLevel.Information,
        "{Target} should have {Replicas} replicas, was {Before}, by {Reason}: {Nodes} nodes have {InFlight} requests in flight and use {CpuPercent:0.#} % of their processors")]
    public static partial void Changed(this ILogger log, string target, int replicas, int before, string reason, int nodes, long inFlight, double cpuPercent);
}
