using OrleansGateway.Leases;
using OrleansGateway.Leases.Ledger;

namespace OrleansGateway.Tests.Storage.Ledger;

/// <summary>Rows for tests of ledger stores.</summary>
internal static class LedgerRows
{
    public const string Owner = "tenant:acme";

    public static readonly AccountId Month = new("budgets.team-month", "acme/research");

    public static readonly Guid Edge = Guid.Parse("0123456789abcdef0123456789abcdef");

    public static readonly DateTimeOffset At = new(2026, 1, 2, 3, 4, 5, 678, TimeSpan.Zero);

    /// <summary>A row that balances, with this much out of its leases.</summary>
    public static AccountRow Account(long available, long posted = 0, long isOut = 0, long period = 7, AccountId? id = null) => new(
        id ?? Month, period, available + posted + isOut, available, posted, 1_000, 80, At.AddDays(31 * (period - 7)), At.AddDays(31 * (period - 6)));

    public static LeaseRow Lease(
        long granted, long posted = 0, long returned = 0, long number = 1, long period = 7, LeaseState state = LeaseState.Live, Guid? session = null, AccountId? id = null) =>
        new(session ?? Edge, id ?? Month, number, period, granted, posted, returned, state);

    public static AdjustmentRow Adjustment(string id, long amount = 5, DateTimeOffset? at = null) => new(id, Month, 7, "adjust", amount, "adm_1", "because", at ?? At);

    public static LedgerWrite Write(long version, params AccountRow[] accounts) => new() { Owner = Owner, Version = version, Accounts = accounts };

    /// <summary>All that a record says, in words that can be compared.</summary>
    public static string Describe(LedgerRecord? record) => record is null ? "none" : string.Join('\n',
        [record.Owner, record.Epoch, record.Version, .. record.Accounts, .. record.Leases, .. record.Suspense, .. record.Credits]);
}
