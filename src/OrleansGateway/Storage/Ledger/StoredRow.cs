using OrleansGateway.Leases;
using OrleansGateway.Leases.Ledger;

namespace OrleansGateway.Storage.Ledger;

/// <summary>A row of one of the ledger's tables, as Dapper reads it. Properties are named as the columns.</summary>
internal abstract record StoredRow
{
    public string Rule { get; init; } = "";
    public string Scope { get; init; } = "";

    protected AccountId Id => new(Rule, LedgerText.FromStore(Scope));

    protected static DateTimeOffset Instant(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);

    protected static DateTimeOffset? Instant(long? milliseconds) => milliseconds is { } ms ? DateTimeOffset.FromUnixTimeMilliseconds(ms) : null;
}

internal sealed record StoredAccount : StoredRow
{
    public const string Columns = "rule, scope, period, total, available, posted, base, noticed, starts, ends";

    public long Period { get; init; }
    public long Total { get; init; }
    public long Available { get; init; }
    public long Posted { get; init; }
    public long Base { get; init; }
    public long Noticed { get; init; }
    public long? Starts { get; init; }
    public long? Ends { get; init; }

    public AccountRow Row() => new(Id, Period, Total, Available, Posted, Base, checked((int)Noticed), Instant(Starts), Instant(Ends));
}

internal sealed record StoredLease : StoredRow
{
    public const string Columns = "session, rule, scope, number, period, granted, posted, returned, state";

    public string Session { get; init; } = "";
    public long Number { get; init; }
    public long Period { get; init; }
    public long Granted { get; init; }
    public long Posted { get; init; }
    public long Returned { get; init; }
    public long State { get; init; }

    public LeaseRow Row() => new(Guid.ParseExact(Session, "N"), Id, Number, Period, Granted, Posted, Returned, (LeaseState)State);
}

internal sealed record StoredSuspense : StoredRow
{
    public const string Columns = "session, name, rule, scope, lease, amount, at, settled";

    public string Session { get; init; } = "";
    public string Name { get; init; } = "";
    public long Lease { get; init; }
    public long Amount { get; init; }
    public long At { get; init; }
    public long? Settled { get; init; }

    public SuspenseRow Row() => new(Guid.ParseExact(Session, "N"), LedgerText.FromStore(Name), Id, Lease, Amount, Instant(At), Settled);
}

internal sealed record StoredCredit : StoredRow
{
    public const string Columns = "rule, scope, id AS creditid, amount, burned, priority, granted, expires, rolls_over AS rollsover";

    public string CreditId { get; init; } = "";
    public long Amount { get; init; }
    public long Burned { get; init; }
    public long Priority { get; init; }
    public long Granted { get; init; }
    public long? Expires { get; init; }
    public long RollsOver { get; init; }

    public CreditRow Row() =>
        new(Id, LedgerText.FromStore(CreditId), Amount, Burned, checked((int)Priority), Instant(Granted), Instant(Expires), RollsOver != 0);
}

internal sealed record StoredAdjustment : StoredRow
{
    public const string Columns = "id AS adjustmentid, rule, scope, period, kind, amount, actor, reason, at";

    public string AdjustmentId { get; init; } = "";
    public long Period { get; init; }
    public string Kind { get; init; } = "";
    public long Amount { get; init; }
    public string Actor { get; init; } = "";
    public string? Reason { get; init; }
    public long At { get; init; }

    public AdjustmentRow Row() => new(
        LedgerText.FromStore(AdjustmentId), Id, Period, Kind, Amount, LedgerText.FromStore(Actor), Reason is null ? null : LedgerText.FromStore(Reason), Instant(At));
}

internal sealed record StoredNotice : StoredRow
{
    public const string Columns = "rule, scope, period, percent, posted, total, at";

    public string Owner { get; init; } = "";
    public long Period { get; init; }
    public long Percent { get; init; }
    public long Posted { get; init; }
    public long Total { get; init; }
    public long At { get; init; }

    public NoticeRow Row() => new(Id, Period, checked((int)Percent), Posted, Total, Instant(At));
}

internal sealed record StoredOwner
{
    public long Epoch { get; init; }
    public long Version { get; init; }
}

internal sealed record StoredHolder
{
    public string Owner { get; init; } = "";
    public string Session { get; init; } = "";
}
