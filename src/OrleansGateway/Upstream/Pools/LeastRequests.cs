namespace OrleansGateway.Upstream.Pools;

/// <summary>The one with the fewest requests in flight against its weight. Among equals, which idle targets are, it draws by weight.</summary>
internal sealed class LeastRequests : IBalancer
{
    public int Pick(ReadOnlySpan<TargetLoad> loads, ulong hash, Random random)
    {
        var (best, equals) = (-1, 0L);
        for (var i = 0; i < loads.Length; i++)
        {
            var weight = loads[i].Weight;
            if (weight == 0) continue;
            var order = best < 0 ? -1 : loads[i].Against(loads[best]);
            if (order > 0) continue;
            equals = order < 0 ? weight : equals + weight;
            // Each of the equals seen so far holds the place with the chance of its weight.
            if (equals == weight || random.NextInt64(equals) < weight) best = i;
        }

        return best;
    }
}
