namespace OrleansGateway.Leases;

/// <summary>
/// What one request has taken from accounts, and has not yet spent or given back. It ends exactly once; whoever comes second changes nothing.
/// </summary>
internal abstract class Hold
{
    /// <summary>Units held of a dimension: the least that any account of it holds, for that is what may be used. 0 if no account counts it.</summary>
    public abstract long Of(Dimension dimension);

    /// <summary>The request is over and has used this; the rest goes back. What is used beyond the hold is counted as an overrun, and never posted.</summary>
    public abstract void Settle(in Amounts used);

    /// <summary>The request did not happen: everything goes back.</summary>
    public abstract void Cancel();
}
