namespace OrleansGateway.Upstream.Pools;

/// <summary>
/// Smooth weighted round robin, as nginx has it: each choice adds to every target its weight and takes the sum from the one chosen. Weights 5, 1, 1 give
/// a a b a c a a, not five of a in a row.
/// </summary>
internal sealed class RoundRobin(int targets) : IBalancer
{
    private readonly long[] _credit = new long[targets];
    private readonly Lock _lock = new();

    public int Pick(ReadOnlySpan<TargetLoad> loads, ulong hash, Random random)
    {
        lock (_lock)
        {
            var (best, sum) = (-1, 0L);
            for (var i = 0; i < loads.Length; i++)
            {
                // Who cannot be chosen saves nothing up: coming back must not bring a burst.
                if (loads[i].Weight == 0) continue;
                sum += loads[i].Weight;
                _credit[i] += loads[i].Weight;
                if (best < 0 || _credit[i] > _credit[best]) best = i;
            }

            if (best >= 0) _credit[best] -= sum;
            return best;
        }
    }
}
