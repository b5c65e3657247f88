namespace OrleansGateway.Leases.Edges;

/// <summary>What is counted of an edge's doings.</summary>
internal sealed record EdgeNotices
{
    /// <summary>An account in shadow would have refused a request; once for each request.</summary>
    public Action<Account> WouldHaveBlocked { get; init; } = static _ => { };

    /// <summary>A request used more than it held: this many units. Must not happen.</summary>
    public Action<Account, long> Overrun { get; init; } = static (_, _) => { };

    /// <summary>A request has waited for an account, so long, and was admitted or not.</summary>
    public Action<Account, TimeSpan, bool> Waited { get; init; } = static (_, _, _) => { };

    /// <summary>An owner was asked, and answered or did not.</summary>
    public Action<bool> Asked { get; init; } = static _ => { };
}
