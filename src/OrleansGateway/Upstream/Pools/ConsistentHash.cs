namespace OrleansGateway.Upstream.Pools;

/// <summary>
/// Always the same target for the same hash, by weighted rendezvous: each target draws a lot from the hash and its own name, and the best lot against its
/// weight wins. Who goes, or cannot be chosen, leaves each of its requests to the one that came second; who comes takes only what it wins. A ring of points does that
/// roughly and needs thousands of points for it; here weights are exact, and so are the rising ones of a slow start.
/// </summary>
internal sealed class ConsistentHash(IEnumerable<string> names) : IBalancer
{
    private readonly ulong[] _seeds = [.. names.Select(n => StableHash.Of(n))];

    public int Pick(ReadOnlySpan<TargetLoad> loads, ulong hash, Random random)
    {
        var (best, bestLot) = (-1, 0UL);
        for (var i = 0; i < loads.Length; i++)
        {
            if (loads[i].Weight == 0) continue;
            var lot = StableHash.Mix(hash ^ _seeds[i]);
            if (best < 0 || Wins(lot, loads[i].Weight, bestLot, loads[best].Weight)) (best, bestLot) = (i, lot);
        }

        return best;
    }

    // With -ln(lot) / weight the chance to win is as the weights (Efraimidis and Spirakis 2006). Equal weights need no logarithm.
    private static bool Wins(ulong lot, long weight, ulong other, long otherWeight) =>
        weight == otherWeight ? lot > other : Distance(lot) * otherWeight < Distance(other) * weight;

    private static double Distance(ulong lot) => -Math.Log(lot / (double)ulong.MaxValue);
}
