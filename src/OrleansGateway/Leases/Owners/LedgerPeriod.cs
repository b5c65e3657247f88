using OrleansGateway.Leases.Ledger;

namespace OrleansGateway.Leases.Owners;

/// <summary>One account in one period, as it is about to be written. See <see cref="AccountRow"/>.</summary>
internal sealed class LedgerPeriod(LedgerAccount account, long number)
{
    public LedgerAccount Account => account;

    public long Number => number;

    public long Limit { get; set; }

    public long Available { get; set; }

    public long Posted { get; set; }

    public long Base { get; set; }

    public int Noticed { get; set; }

    public DateTimeOffset? Start { get; set; }

    public DateTimeOffset? End { get; init; }

    public static LedgerPeriod Of(LedgerAccount account, AccountRow row) => new(account, row.Period)
    {
        Limit = row.Limit,
        Available = row.Available,
        Posted = row.Posted,
        Base = row.Base,
        Noticed = row.Noticed,
        Start = row.Start,
        End = row.End,
    };

    public AccountRow ToRow() => new(account.Id, number, Limit, Available, Posted, Base, Noticed, Start, End);

    /// <summary>More, or with a negative amount less, may be spent.</summary>
    public void Raise(long by)
    {
        Limit = checked(Limit + by);
        Available = checked(Available + by);
    }
}
