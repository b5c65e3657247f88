namespace OrleansGateway.Upstream.Pools;

/// <summary>What a balancer goes by: one target as it is at this moment.</summary>
/// <param name="Weight">Its share against the others'; 0 if it must not be chosen now.</param>
/// <param name="InFlight">Attempts in flight.</param>
/// <param name="Failures">Failures in a row.</param>
internal readonly record struct TargetLoad(long Weight, int InFlight = 0, int Failures = 0)
{
    /// <summary>Below 0 if this one has less to do against its weight, above 0 if it has more. Compared crosswise: a division would round.</summary>
    public long Against(in TargetLoad other) => InFlight * other.Weight - other.InFlight * Weight;
}
