using OrleansGateway.Leases;
using OrleansGateway.Leases.Ledger;

namespace OrleansGateway.Storage.Ledger;

/// <summary>
/// <c>Limit = Available + Posted + Σ out</c>, held by the store too, in the transaction of each write: whoever writes has checked it on the rows it knows; the store checks it on all there are.
/// </summary>
internal static class LedgerEquation
{
    // Rates and windows lose what expires, and rows of them are only notes of where they stood.
    private const string NoMoney = "rate_limits.";

    /// <summary>Accounts and periods that a write touches, each once, those that must balance.</summary>
    public static HashSet<(AccountId Account, long Period)> AccountsOf(LedgerWrite write)
    {
        var touched = new HashSet<(AccountId, long)>(write.Accounts.Count);
        foreach (var row in write.Accounts) Add(row.Account, row.Period);
        foreach (var row in write.Leases) Add(row.Account, row.Period);
        return touched;

        void Add(AccountId account, long period)
        {
            if (!account.Rule.StartsWith(NoMoney, StringComparison.Ordinal)) touched.Add((account, period));
        }
    }

    public static LedgerException Broken(AccountId account, long period) => new(
        $"The ledger refuses a write: in period {period} of {account} what is available, spent and out is not its limit.");

    public static LedgerException GoesBack(AccountId account, long lease) => new(
        $"The ledger refuses a write: lease {lease} of {account} would have less granted, spent or given back than before, or another period.");
}
