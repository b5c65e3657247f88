namespace OrleansGateway.Upstream.Pools;

/// <summary>Chooses among the targets of one pool. Knows no clock and no target, only what it is given; many threads ask at once.</summary>
internal interface IBalancer
{
    /// <summary>Place of the one chosen; -1 if none has any weight.</summary>
    /// <param name="loads">The targets, always the same ones in the same places.</param>
    /// <param name="hash">What the request hashes to.</param>
    /// <param name="random">Where chance comes from.</param>
    int Pick(ReadOnlySpan<TargetLoad> loads, ulong hash, Random random);
}
