using OrleansGateway.Leases.Ledger;

namespace OrleansGateway.Leases.Owners;

/// <summary>What one edge has of one account. There may be a million of them: it is kept small, and those of an account are a chain.</summary>
internal sealed class OwnerLease(Guid session, long number)
{
    public Guid Session { get; } = session;

    public long Number { get; } = number;

    public long Granted { get; set; }

    public long Spent { get; set; }

    public long Returned { get; set; }

    /// <summary>Units still wanted when last heard of.</summary>
    public long Want { get; set; }

    /// <summary>Of money: the period it is of.</summary>
    public long Period { get; set; }

    /// <summary>Of what is not money: when what is out is lost.</summary>
    public TimeSpan Expiry { get; set; }

    public LeaseState State { get; set; }

    /// <summary>Whether its edge got less than its share because others have more than theirs.</summary>
    public bool IsStarving { get; set; }

    public OwnerLease? Next { get; set; }

    /// <summary>Units that the edge may still use, or has used without having said so. Nothing once it is over.</summary>
    public long Out => State == LeaseState.Closed ? 0 : Granted - Spent - Returned;

    public bool IsOver => State == LeaseState.Closed;

    public LeaseRow ToRow(AccountId account) => new(Session, account, Number, Period, Granted, Spent, Returned, State);
}
