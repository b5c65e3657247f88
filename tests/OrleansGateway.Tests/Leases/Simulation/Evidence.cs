using OrleansGateway.Leases;
using OrleansGateway.Leases.Ledger;

namespace OrleansGateway.Tests.Leases.Simulation;

/// <summary>What really became of requests whose process died: an operator may find out, from the provider's bill.</summary>
internal sealed class Evidence
{
    private readonly Dictionary<(Guid Session, string Request, AccountId Account), SimCharge> _orphans = [];
    private readonly Dictionary<(Guid Session, string Request, AccountId Account), long> _unsettled = [];
    private readonly Dictionary<(Guid Session, string Request, AccountId Account, long Lease), long> _told = [];

    /// <summary>Sessions of which nothing is left that proves what they did not spend.</summary>
    public HashSet<Guid> WithoutProof { get; } = [];

    /// <summary>Sessions whose process is gone.</summary>
    public HashSet<Guid> Dead { get; } = [];

    /// <summary>Whether it can be found out what became of a hold in suspense.</summary>
    public bool IsKnown(SuspenseRow row) => row.Settled is null && _unsettled.ContainsKey((row.Session, row.Name, row.Account)) && Dead.Contains(row.Session) && !WithoutProof.Contains(row.Session);

    public void Orphaned(Guid session, string request, SimCharge charge, long used)
    {
        _orphans[(session, request, charge.Oracle.Id)] = charge;
        _unsettled[(session, request, charge.Oracle.Id)] = used;
    }

    /// <summary>
    /// What is to be settled on this row, which may be one of several of its request; the same again where the owner did not hear of it. From now on the request counts with what it cost,
    /// no more with the most it may cost.
    /// </summary>
    public long Settle(SuspenseRow row, TimeSpan at)
    {
        var key = (row.Session, row.Name, row.Account);
        if (_told.TryGetValue((row.Session, row.Name, row.Account, row.Lease), out var told)) return told;
        var rest = _unsettled.GetValueOrDefault(key);
        if (_orphans.Remove(key, out var charge)) charge.End(rest, at);
        _unsettled[key] = Math.Max(0, rest - row.Amount);
        return _told[(row.Session, row.Name, row.Account, row.Lease)] = Math.Min(rest, row.Amount);
    }
}
