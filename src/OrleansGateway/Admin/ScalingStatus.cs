using OrleansGateway.Scaling;

namespace OrleansGateway.Admin;

/// <summary>The load, and how many replicas it needs.</summary>
internal sealed class ScalingStatus(ScalingWatch watch)
{
    public ScalingDocument Now()
    {
        var (own, all, verdicts) = watch.Current;
        return new ScalingDocument(
            all.Nodes, all.RequestsInFlight, all.AdmissionWait.TotalMilliseconds, Rounded(all.Cpu), all.UsageLag.TotalSeconds,
            new NodeLoadDocument(own.RequestsInFlight, own.AdmissionWait.TotalMilliseconds, Rounded(own.Cpu), own.UsageLag.TotalSeconds),
            verdicts.ToDictionary(v => v.Key, v => new ScalingTargetDocument(v.Value.Replicas, v.Value.IsActive, v.Value.Reason)));
    }

    private static double Rounded(double share) => Math.Round(share, 4);
}
