using OrleansGateway.Leases.Journal;
using OrleansGateway.Leases.Ledger;

namespace OrleansGateway.Leases.Owners;

/// <summary>
/// Decides who gets what of one owner's accounts. Pure: no clock, lock or I/O; one thread at a time, and one step at a time: Begin…, the host writes what must be durable,
/// <see cref="End"/>.
/// </summary>
internal sealed class OwnerCore
{
    /// <param name="settings">How it hands out.</param>
    /// <param name="record">What the ledger has, as just acquired. With <see cref="LedgerRecord.Version"/> 0 the ledger was not asked, and money is unavailable until <see cref="Reload"/>.</param>
    /// <param name="specs">What an account is like now; null if no rule makes it.</param>
    /// <param name="now">When the core begins.</param>
    /// <param name="mayOthersHold">Whether edges may hold leases of an earlier owner in memory's accounts.</param>
    public OwnerCore(OwnerSettings settings, LedgerRecord record, Func<AccountId, AccountSpec?> specs, OwnerTime now, bool mayOthersHold) =>
        throw new NotSupportedException();

    /// <summary>Decides on requests. Duplicates get the answer that the first one got.</summary>
    public OwnerStep Begin(IReadOnlyList<LeaseRequest> requests, OwnerTime now) => throw new NotSupportedException();

    /// <summary>An operator's act.</summary>
    public OwnerStep BeginAct(BudgetAct act, OwnerTime now) => throw new NotSupportedException();

    /// <summary>What time brings: leases that expire, periods that end, orphans whose time is over. Null if there is nothing to write.</summary>
    public OwnerStep? BeginSweep(OwnerTime now) => throw new NotSupportedException();

    /// <summary>The journal of a session that is over tells what became of its money.</summary>
    public OwnerStep BeginRecovery(JournalFindings findings, OwnerTime now) => throw new NotSupportedException();

    /// <summary>A session is gone: what it has of money goes to suspense.</summary>
    public OwnerStep BeginSuspend(Guid session, OwnerTime now) => throw new NotSupportedException();

    /// <summary>
    /// Ends a step: the answers, in the order of the requests. If it was not written, or nobody knows, money answers <see cref="Denial.Unavailable"/> from then on until
    /// <see cref="Reload"/>; rates go on.
    /// </summary>
    public IReadOnlyList<LeaseReply> End(OwnerStep step, bool written, OwnerTime now) => throw new NotSupportedException();

    /// <summary>Takes money as the ledger has it, after it was acquired anew. Rates keep their state. Sessions register anew.</summary>
    public void Reload(LedgerRecord record, OwnerTime now) => throw new NotSupportedException();

    /// <summary>The configuration is another one: no use is forgotten, and nothing doubles.</summary>
    public void SpecsChanged(OwnerTime now) => throw new NotSupportedException();

    /// <summary>Where everything stands.</summary>
    public OwnerView View(OwnerTime now) => throw new NotSupportedException();
}
