using OrleansGateway.Leases.Ledger;

namespace OrleansGateway.Leases.Owners;

/// <summary>Says once in a period that a share of a budget is reached.</summary>
internal static class Notices
{
    /// <param name="account">Which; brought to the present.</param>
    /// <param name="part">Number of the part of a rolling window; 0 for periods.</param>
    /// <param name="now">When.</param>
    /// <param name="draft">Where they are put down.</param>
    public static void Raise(LedgerAccount account, long part, DateTimeOffset now, LedgerDraft draft)
    {
        var row = account.Current;
        if (account.Limit <= 0) return;
        // A window that rolls has no periods: what has left it may be reached again.
        if (part != 0 && row.Noticed > 0 && !IsReached(account, row.Noticed)) row.Noticed = 0;
        foreach (var percent in account.Spec.Notices)
        {
            if (percent <= row.Noticed || !IsReached(account, percent)) continue;
            row.Noticed = percent;
            draft.Changed(row);
            draft.Notice(new NoticeRow(account.Id, part == 0 ? row.Number : part, percent, account.Posted, account.Limit, now));
        }
    }

    private static bool IsReached(LedgerAccount account, int percent) => (Int128)account.Posted * 100 >= (Int128)account.Limit * percent;
}
