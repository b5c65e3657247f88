namespace OrleansGateway.Tests;

/// <summary>What code allocates on the thread that it runs on.</summary>
internal static class Allocated
{
    // The runtime itself may allocate a little when it swaps in faster code, in one round or another.
    private const int Rounds = 10;

    /// <summary>Bytes of one round: the least of ten.</summary>
    public static long Least(Action round)
    {
        round();
        var least = long.MaxValue;
        for (var i = 0; i < Rounds && least > 0; i++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            round();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}
