using OrleansGateway.Configuration;

namespace OrleansGateway.Scaling;

/// <summary>How many replicas there should be.</summary>
/// <param name="Replicas">So many.</param>
/// <param name="IsActive">Whether there must be any.</param>
/// <param name="Reason">What asked for so many: one of a fixed few words.</param>
internal readonly record struct ScalingVerdict(int Replicas, bool IsActive, string Reason);

/// <summary>
/// Decides how many replicas of a deployment there should be. More are asked for at once; fewer once they would have done for a while, so that no lull takes away what
/// the next minute needs.
/// </summary>
internal sealed class ScalingPolicy
{
    /// <summary>A share this near to what it should be asks for no change, as with Kubernetes' own scaler: what is measured is never still.</summary>
    private const double Tolerance = 0.1;

    /// <summary>A wait says that there are too few, not by how many. No more than twice as many are tried at a time.</summary>
    private const double GrowthMax = 2;

    // So that 3.0000000001, which is 3, does not become 4.
    private const double Rounding = 1e-9;

    private readonly PeakWindow _asked = new();
    private TimeSpan? _calledAt;
    private bool _hasBegun;

    /// <summary>Takes a look at the load. <paramref name="now"/> never goes back.</summary>
    public ScalingVerdict Take(in FleetLoad load, ScalingTargetSettings target, TimeSpan now)
    {
        // Who has only just begun to look does not know what was needed before: it begins with what there is, and with a call that it may have missed.
        if (load.IsCalled || _calledAt is null) _calledAt = now;
        if (!_hasBegun) _asked.Take(load.Nodes, target.Stabilization, now);
        _hasBegun = true;
        var isActive = target.ReplicasMin > 0 || now - _calledAt < target.IdleAfter;
        var (needed, reason) = Needed(load, target);
        var peak = _asked.Take(needed, target.Stabilization, now);
        if (!isActive) return new ScalingVerdict(0, false, "idle");
        if (peak > needed) reason = "stabilization";
        if (peak > target.ReplicasMax) return new ScalingVerdict(target.ReplicasMax, true, "replicas_max");
        var least = Math.Max(1, target.ReplicasMin);
        return peak <= least ? new ScalingVerdict(least, true, "replicas_min") : new ScalingVerdict(peak, true, reason);
    }

    private static (int Replicas, string Reason) Needed(in FleetLoad load, ScalingTargetSettings target)
    {
        var (most, reason) = (0, "replicas_min");
        if (target.RequestsInFlight is { } each) Ask(load.RequestsInFlight / (double)each, "requests_in_flight");
        if (target.CpuPercent is { } percent) Ask(ByShare(load.Nodes, load.Cpu * 100 / percent), "cpu");
        if (target.AdmissionWait is { } wait) Ask(ByWait(load.Nodes, load.AdmissionWait / wait, load.Nodes * GrowthMax), "admission_wait");
        if (target.UsageLag is { } lag) Ask(ByWait(load.Nodes, load.UsageLag / lag, load.Nodes + 1), "usage_lag");
        return (most, reason);

        void Ask(double replicas, string who)
        {
            var whole = (int)Math.Min(Math.Ceiling(replicas - Rounding), int.MaxValue);
            if (whole > most) (most, reason) = (whole, who);
        }
    }

    private static double ByShare(int nodes, double ratio) => Math.Abs(ratio - 1) <= Tolerance ? nodes : nodes * ratio;

    // It is next to nothing until it is too long: how short it is says nothing about how many could be spared.
    private static double ByWait(int nodes, double ratio, double most) => ratio switch
    {
        > 1 => Math.Min(nodes * ratio, most),
        >= 0.5 => nodes,
        _ => 0,
    };
}
