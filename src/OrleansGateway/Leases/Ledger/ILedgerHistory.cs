namespace OrleansGateway.Leases.Ledger;

/// <summary>What the ledger keeps beyond what its owners need: for operators, who look back, and until it is purged.</summary>
internal interface ILedgerHistory
{
    /// <summary>Of one owner, the newest first.</summary>
    ValueTask<LedgerHistory> ReadHistoryAsync(LedgerHistoryQuery query, CancellationToken cancellation);

    /// <summary>Owners that the ledger has ever heard of, in the order of their names.</summary>
    ValueTask<IReadOnlyList<string>> OwnersAsync(CancellationToken cancellation);

    /// <summary>All that is kept of one owner; none if it was never heard of.</summary>
    ValueTask<LedgerBooks?> ReadBooksAsync(string owner, CancellationToken cancellation);

    /// <summary>Notices of all owners that were given at this instant or later, the oldest first.</summary>
    ValueTask<IReadOnlyList<OwnerNotice>> ReadNoticesAsync(DateTimeOffset since, int limit, CancellationToken cancellation);

    /// <summary>
    /// Deletes what is over and older than the cutoffs say, and answers how many rows that were. Never touches what has money out, current periods or adjustments. To be called once
    /// a day or so; in between, history only grows.
    /// </summary>
    ValueTask<int> PurgeAsync(LedgerCutoffs cutoffs, CancellationToken cancellation);
}

/// <summary>Which part of the history is asked for.</summary>
/// <param name="Owner">Whose.</param>
/// <param name="Account">Of one account only; none for all.</param>
/// <param name="Before">What began, or happened, before this instant; none for all. Instants are kept to the millisecond.</param>
/// <param name="Limit">Rows of each kind at most. 1 to 10,000; default 100.</param>
internal sealed record LedgerHistoryQuery(string Owner, AccountId? Account = null, DateTimeOffset? Before = null, int Limit = 100);

/// <summary>Part of the history of an owner, each kind from the newest to the oldest.</summary>
internal sealed record LedgerHistory
{
    /// <summary>Periods, the present one included; accounts without periods come last.</summary>
    public IReadOnlyList<AccountRow> Accounts { get; init; } = [];

    public IReadOnlyList<AdjustmentRow> Adjustments { get; init; } = [];

    public IReadOnlyList<NoticeRow> Notices { get; init; } = [];

    /// <summary>Settled or not.</summary>
    public IReadOnlyList<SuspenseRow> Suspense { get; init; } = [];
}

/// <summary>A notice, and whose account it is about.</summary>
internal sealed record OwnerNotice(string Owner, NoticeRow Notice);

/// <summary>How far back history goes.</summary>
/// <param name="Leases">Closed leases that were closed before this go. They explain who had what; there are many of them: a day is enough.</param>
/// <param name="Periods">Periods that ended before this go, with their notices; and settled suspense and credits that are used up or expired. 400 days keep a year to compare with.</param>
internal readonly record struct LedgerCutoffs(DateTimeOffset Leases, DateTimeOffset Periods);
