namespace OrleansGateway.Leases.Ledger;

/// <summary>All that is kept of one owner.</summary>
internal sealed record LedgerRecord
{
    public required string Owner { get; init; }

    /// <summary>Raised each time somebody takes over. From 1.</summary>
    public required long Epoch { get; init; }

    /// <summary>Raised by each write.</summary>
    public required long Version { get; init; }

    public IReadOnlyList<AccountRow> Accounts { get; init; } = [];

    public IReadOnlyList<LeaseRow> Leases { get; init; } = [];

    public IReadOnlyList<SuspenseRow> Suspense { get; init; } = [];

    public IReadOnlyList<CreditRow> Credits { get; init; } = [];
}

/// <summary>Rows to be put in, in place of those with the same key, and rows to be added.</summary>
internal sealed record LedgerWrite
{
    public required string Owner { get; init; }

    /// <summary>The version on which it is built.</summary>
    public required long Version { get; init; }

    public IReadOnlyList<AccountRow> Accounts { get; init; } = [];

    public IReadOnlyList<LeaseRow> Leases { get; init; } = [];

    public IReadOnlyList<SuspenseRow> Suspense { get; init; } = [];

    public IReadOnlyList<CreditRow> Credits { get; init; } = [];

    /// <summary>Added once by their id: a second one with the same id changes nothing, and makes the whole write change nothing (<see cref="LedgerOutcome.Written"/> all the same, the version is raised).</summary>
    public AdjustmentRow? Adjustment { get; init; }

    /// <summary>Added once by account, period and percentage.</summary>
    public IReadOnlyList<NoticeRow> Notices { get; init; } = [];

    /// <summary>Changes of rows that whoever writes does not have: of periods that are over. A row that is not there any more stays away.</summary>
    public IReadOnlyList<CorrectionRow> Corrections { get; init; } = [];
}

/// <summary>All that is kept of one owner, as it is at one instant: what is over, closed and settled included. For the audit.</summary>
internal sealed record LedgerBooks
{
    public required string Owner { get; init; }

    public IReadOnlyList<AccountRow> Accounts { get; init; } = [];

    public IReadOnlyList<LeaseRow> Leases { get; init; } = [];

    public IReadOnlyList<SuspenseRow> Suspense { get; init; } = [];

    public IReadOnlyList<AdjustmentRow> Adjustments { get; init; } = [];
}

/// <summary>In a period that is over more was spent, or less (negative): that much is posted, and not available.</summary>
internal sealed record CorrectionRow(AccountId Account, long Period, long Amount);

/// <summary>
/// One account in one period. Of a budget, on every row that is ever written: <c>Limit = Available + Posted + Σ (Granted − Posted − Returned)</c> over its leases of that period.
/// Key: account and period. Amounts are units of the account's dimension, nano-dollars for money.
/// </summary>
/// <param name="Account">Which.</param>
/// <param name="Period">Number of the period; 0 for accounts without.</param>
/// <param name="Limit">What may be spent, credits and adjustments included.</param>
/// <param name="Available">What may still be granted; negative after the limit was lowered below what is out.</param>
/// <param name="Posted">Spent for good.</param>
/// <param name="Base">The limit that the configuration had when the row was written, without credits and adjustments.</param>
/// <param name="Noticed">Highest percentage of which notice was given.</param>
/// <param name="Start">Start of the period; none for accounts without.</param>
/// <param name="End">End of the period; none for accounts without.</param>
internal sealed record AccountRow(
    AccountId Account, long Period, long Limit, long Available, long Posted, long Base, int Noticed, DateTimeOffset? Start, DateTimeOffset? End)
{
    /// <summary>Of a rate that a clean stop saves: units that edges may still use. The ledger tells that by its leases.</summary>
    public long Out { get; init; }
}

/// <summary>Who has how much of an account. Key: session, account and number.</summary>
/// <param name="Session">The edge.</param>
/// <param name="Account">Which.</param>
/// <param name="Number">Number of the lease at that edge.</param>
/// <param name="Period">Period of the account that it is of.</param>
/// <param name="Granted">Units granted since it began.</param>
/// <param name="Posted">Units of them that are spent for good.</param>
/// <param name="Returned">Units of them that were given back.</param>
/// <param name="State">What it is.</param>
internal sealed record LeaseRow(Guid Session, AccountId Account, long Number, long Period, long Granted, long Posted, long Returned, LeaseState State)
{
    /// <summary>Units that the edge may still use, or has used without having said so.</summary>
    public long Out => Granted - Posted - Returned;
}

internal enum LeaseState : byte
{
    Live,

    /// <summary>Its edge is gone and nobody knows what became of what is out.</summary>
    Suspense,

    /// <summary>Nothing is out any more.</summary>
    Closed,
}

/// <summary>
/// Part of a lease in suspense of which the request is known. Key: session, name, account and lease. What a lease in suspense has out beyond these is of unknown requests.
/// </summary>
/// <param name="Session">The edge that died.</param>
/// <param name="Name">The request's id.</param>
/// <param name="Account">Which account.</param>
/// <param name="Lease">Number of the lease.</param>
/// <param name="Amount">The most that it has cost.</param>
/// <param name="At">When it was put there.</param>
/// <param name="Settled">What it did cost, once that is known; none while it is in suspense.</param>
internal sealed record SuspenseRow(Guid Session, string Name, AccountId Account, long Lease, long Amount, DateTimeOffset At, long? Settled);

/// <summary>Money added to a budget by an operator, on top of its limit. Key: account and id.</summary>
/// <param name="Account">Which.</param>
/// <param name="Id">Chosen by whoever grants it; a second grant with it changes nothing.</param>
/// <param name="Amount">Nano-dollars granted.</param>
/// <param name="Burned">Of them used.</param>
/// <param name="Priority">The lowest is used first; then what expires first; then what was granted first.</param>
/// <param name="GrantedAt">When.</param>
/// <param name="ExpiresAt">From when on what is left is gone; none for never.</param>
/// <param name="RollsOver">Whether what is left goes into the next period; else it is gone with the one it was granted in.</param>
internal sealed record CreditRow(AccountId Account, string Id, long Amount, long Burned, int Priority, DateTimeOffset GrantedAt, DateTimeOffset? ExpiresAt, bool RollsOver);

/// <summary>What an operator did to an account, kept for ever. Key: id.</summary>
/// <param name="Id">The <c>Idempotency-Key</c> of the request, or one made for it.</param>
/// <param name="Account">Which.</param>
/// <param name="Period">The period it was in.</param>
/// <param name="Kind"><c>reset</c>, <c>grant</c>, <c>refund</c>, <c>adjust</c>, <c>settle</c>, <c>correct</c>.</param>
/// <param name="Amount">In nano-dollars; negative takes away.</param>
/// <param name="Actor">Id of the admin.</param>
/// <param name="Reason">In the admin's words.</param>
/// <param name="At">When.</param>
internal sealed record AdjustmentRow(string Id, AccountId Account, long Period, string Kind, long Amount, string Actor, string? Reason, DateTimeOffset At);

/// <summary>A share of a budget was reached. Key: account, period and percentage.</summary>
internal sealed record NoticeRow(AccountId Account, long Period, int Percent, long Posted, long Limit, DateTimeOffset At);
