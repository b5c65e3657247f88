namespace OrleansGateway.Upstream.Pools;

/// <summary>
/// The one with less to do, against its weight, of two different ones drawn by weight. Nearly as even as looking at all, and many gateways that know only their
/// own requests do not all run to the same target. Of equals the one with fewer failures is taken, then the first drawn, so that idle targets get their share.
/// </summary>
internal sealed class PowerOfTwo : IBalancer
{
    public int Pick(ReadOnlySpan<TargetLoad> loads, ulong hash, Random random)
    {
        var sum = 0L;
        foreach (var load in loads) sum += load.Weight;
        if (sum == 0) return -1;
        var first = Draw(loads, random.NextInt64(sum), except: -1);
        var rest = sum - loads[first].Weight;
        if (rest == 0) return first;
        var second = Draw(loads, random.NextInt64(rest), except: first);
        var order = loads[second].Against(loads[first]);
        return order < 0 || order == 0 && loads[second].Failures < loads[first].Failures ? second : first;
    }

    private static int Draw(ReadOnlySpan<TargetLoad> loads, long ticket, int except)
    {
        for (var i = 0; ; i++)
        {
            if (i == except) continue;
            ticket -= loads[i].Weight;
            if (ticket < 0) return i;
        }
    }
}
