using OrleansGateway.Leases;
using OrleansGateway.Leases.Ledger;

namespace OrleansGateway.Cluster.Wire;

/// <summary><see cref="BudgetAct"/> between nodes.</summary>
[GenerateSerializer, Immutable, Alias("gateway.budget-act")]
internal sealed record WireBudgetAct
{
    [Id(0)]
    public required string ActId { get; init; }

    /// <summary>As the number of a <see cref="BudgetActKind"/>.</summary>
    [Id(1)]
    public required byte Kind { get; init; }

    [Id(2)]
    public required WireAccount Account { get; init; }

    [Id(3)]
    public required long Amount { get; init; }

    [Id(4)]
    public required string Actor { get; init; }

    [Id(5)]
    public string? Reason { get; init; }

    [Id(6)]
    public int Priority { get; init; }

    [Id(7)]
    public DateTimeOffset? ExpiresAt { get; init; }

    [Id(8)]
    public bool RollsOver { get; init; }

    [Id(9)]
    public Guid Session { get; init; }

    [Id(10)]
    public string? Hold { get; init; }

    [Id(11)]
    public long Lease { get; init; }

    [Id(12)]
    public long Period { get; init; }

    [Id(13)]
    public DateTimeOffset At { get; init; }

    public static WireBudgetAct Of(BudgetAct act) => new()
    {
        ActId = act.Id,
        Kind = (byte)act.Kind,
        Account = WireAccount.Of(act.Account),
        Amount = act.Amount,
        Actor = act.Actor,
        Reason = act.Reason,
        Priority = act.Priority,
        ExpiresAt = act.ExpiresAt,
        RollsOver = act.RollsOver,
        Session = act.Session,
        Hold = act.Hold,
        Lease = act.Lease,
        Period = act.Period,
        At = act.At,
    };

    public BudgetAct ToAct() => new(ActId, (BudgetActKind)Kind, Account.ToId(), Amount, Actor, Reason)
    {
        Priority = Priority,
        ExpiresAt = ExpiresAt,
        RollsOver = RollsOver,
        Session = Session,
        Hold = Hold,
        Lease = Lease,
        Period = Period,
        At = At,
    };
}

/// <summary><see cref="BudgetActResult"/> between nodes.</summary>
[GenerateSerializer, Immutable, Alias("gateway.budget-act-result")]
internal sealed record WireBudgetActResult
{
    [Id(0)]
    public string? Fault { get; init; }

    [Id(1)]
    public WireAccountRow? Before { get; init; }

    [Id(2)]
    public WireAccountRow? After { get; init; }

    public static WireBudgetActResult Of(BudgetActResult result) => new()
    {
        Fault = result.Fault,
        Before = result.Before is null ? null : WireAccountRow.Of(result.Before),
        After = result.After is null ? null : WireAccountRow.Of(result.After),
    };

    public BudgetActResult ToResult() => new(Fault, Before?.ToRow(), After?.ToRow());
}

/// <summary><see cref="AccountRow"/> between nodes.</summary>
[GenerateSerializer, Immutable, Alias("gateway.account-row")]
internal sealed record WireAccountRow
{
    [Id(0)]
    public required WireAccount Account { get; init; }

    [Id(1)]
    public required long Period { get; init; }

    [Id(2)]
    public required long Limit { get; init; }

    [Id(3)]
    public required long Available { get; init; }

    [Id(4)]
    public required long Posted { get; init; }

    [Id(5)]
    public required long Base { get; init; }

    [Id(6)]
    public required int Noticed { get; init; }

    [Id(7)]
    public DateTimeOffset? Start { get; init; }

    [Id(8)]
    public DateTimeOffset? End { get; init; }

    public static WireAccountRow Of(AccountRow row) => new()
    {
        Account = WireAccount.Of(row.Account),
        Period = row.Period,
        Limit = row.Limit,
        Available = row.Available,
        Posted = row.Posted,
        Base = row.Base,
        Noticed = row.Noticed,
        Start = row.Start,
        End = row.End,
    };

    public AccountRow ToRow() => new(Account.ToId(), Period, Limit, Available, Posted, Base, Noticed, Start, End);
}
