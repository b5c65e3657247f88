using OrleansGateway.Leases.Ledger;

namespace OrleansGateway.Leases.Owners;

/// <summary>Holds of an account of which nobody knows what they cost. One without a name stands for what is out of a lease and belongs to no known request.</summary>
internal sealed class Suspense(LedgerDraft draft)
{
    private readonly List<SuspenseRow> _rows = [];

    public IReadOnlyList<SuspenseRow> Rows => _rows;

    public void Load(SuspenseRow row)
    {
        if (row.Settled is null) _rows.Add(row);
    }

    public void Add(SuspenseRow row)
    {
        _rows.Add(row);
        draft.Changed(row);
    }

    public SuspenseRow? Find(Guid session, string name, long lease) => _rows.Find(r => r.Session == session && r.Name == name && r.Lease == lease);

    public void Settle(SuspenseRow row, long cost)
    {
        _rows.Remove(row);
        draft.Changed(row with { Settled = cost });
    }

    /// <summary>A lease is in suspense no more, or what was known of it is said anew.</summary>
    public void End(OwnerLease lease, long settled)
    {
        foreach (var row in _rows.Where(r => r.Session == lease.Session && r.Lease == lease.Number).ToArray()) Settle(row, settled);
    }
}
