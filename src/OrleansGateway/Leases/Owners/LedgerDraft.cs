using OrleansGateway.Leases.Ledger;

namespace OrleansGateway.Leases.Owners;

/// <summary>Rows that have changed since the last write. No row leaves it that does not add up.</summary>
internal sealed class LedgerDraft
{
    private readonly HashSet<LedgerPeriod> _periods = [];
    private readonly Dictionary<OwnerLease, LedgerAccount> _leases = [];
    private readonly Dictionary<(AccountId, string), CreditRow> _credits = [];
    private readonly Dictionary<(Guid, string, AccountId, long), SuspenseRow> _suspense = [];
    private readonly List<NoticeRow> _notices = [];
    private readonly List<CorrectionRow> _corrections = [];

    public AdjustmentRow? Adjustment { get; set; }

    public bool IsEmpty => _periods.Count == 0 && _leases.Count == 0 && _credits.Count == 0 && _suspense.Count == 0 && _corrections.Count == 0 && Adjustment is null;

    public void Changed(LedgerPeriod period) => _periods.Add(period);

    public void Changed(OwnerLease lease, LedgerAccount account) => _leases[lease] = account;

    public void Changed(CreditRow row) => _credits[(row.Account, row.Id)] = row;

    public void Changed(SuspenseRow row) => _suspense[(row.Session, row.Name, row.Account, row.Lease)] = row;

    public void Correct(CorrectionRow row) => _corrections.Add(row);

    public void Notice(NoticeRow row) => _notices.Add(row);

    public void Clear()
    {
        _periods.Clear();
        _leases.Clear();
        _credits.Clear();
        _suspense.Clear();
        _notices.Clear();
        _corrections.Clear();
        Adjustment = null;
    }

    /// <summary>What is to be written, and an empty draft; null if nothing has changed.</summary>
    /// <exception cref="InvalidOperationException">A row does not add up: it must never be written.</exception>
    public LedgerWrite? Take(string owner, long version)
    {
        if (IsEmpty) return null;
        foreach (var period in _periods) Check(period);
        var write = new LedgerWrite
        {
            Owner = owner,
            Version = version,
            Accounts = [.. _periods.Select(p => p.ToRow())],
            Leases = [.. _leases.Select(l => l.Key.ToRow(l.Value.Id))],
            Credits = [.. _credits.Values],
            Suspense = [.. _suspense.Values],
            Notices = [.. _notices],
            Corrections = [.. _corrections],
            Adjustment = Adjustment,
        };
        Clear();
        return write;
    }

    private static void Check(LedgerPeriod period)
    {
        var sum = (Int128)period.Available + period.Posted;
        for (var lease = period.Account.Leases; lease is not null; lease = lease.Next)
        {
            if (lease.Period == period.Number) sum += lease.Out;
        }

        if (sum == period.Limit) return;
        throw new InvalidOperationException(
            $"{period.Account.Id} in period {period.Number}: limit {period.Limit} is not available {period.Available} + posted {period.Posted} + out = {sum}");
    }
}
