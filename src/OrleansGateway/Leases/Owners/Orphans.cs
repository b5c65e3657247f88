using OrleansGateway.Leases.Journal;
using OrleansGateway.Leases.Ledger;

namespace OrleansGateway.Leases.Owners;

/// <summary>Money of edges that are gone. It comes back only by evidence: what a journal proves, what an operator says, or what the budget's policy says of orphans.</summary>
internal sealed class Orphans(OwnerAccounts accounts)
{
    /// <summary>Stands, after a journal was read, for what requests may have held of which it has lost the entries.</summary>
    private const string Unproven = "*";

    public IReadOnlyList<Guid> Sessions()
    {
        var sessions = new HashSet<Guid>();
        foreach (var account in accounts.InLedger)
        {
            for (var lease = account.Leases; lease is not null; lease = lease.Next)
            {
                if (lease.State == LeaseState.Live && lease.Granted > 0) sessions.Add(lease.Session);
            }
        }

        return [.. sessions];
    }

    /// <summary>A session is gone, and nothing is known of it.</summary>
    public void Suspend(Guid session, in OwnerTime now)
    {
        foreach (var account in accounts.InLedger)
        {
            account.Advance(now);
            foreach (var lease in LiveOf(account, session)) Suspend(account, lease, lease.Out, now);
        }
    }

    /// <summary>A journal says what was spent, and what was held when the session ended. If it is whole, what was neither was never used.</summary>
    public void Recover(JournalFindings findings, in OwnerTime now)
    {
        foreach (var account in accounts.InLedger)
        {
            account.Advance(now);
            foreach (var lease in Of(account, findings.Session)) Recover(account, lease, findings, now);
        }
    }

    /// <summary>
    /// An edge registers: of what is not money it has given up what it does not report, for it cannot know whether the owner still counts it. Money it always reports.
    /// </summary>
    public void GiveUp(LeaseRequest request, in OwnerTime now)
    {
        foreach (var account in accounts.InLedger)
        {
            if (account.IsMoney) continue;
            account.Advance(now);
            foreach (var lease in LiveOf(account, request.Session))
            {
                if (!request.Reports.Any(r => r.Lease == lease.Number && r.Account == account.Id)) account.Resolve(lease, lease.Out, 0, now);
            }
        }
    }

    /// <summary>Gives back what has been in suspense for as long as the budget's policy keeps it.</summary>
    public void Release(in OwnerTime now)
    {
        foreach (var account in accounts.InLedger)
        {
            var policy = PolicyOf(account);
            if (policy == OrphanPolicy.Hold) continue;
            foreach (var row in account.Suspense.Rows.ToArray())
            {
                if (policy == OrphanPolicy.ReleaseAfter && row.At + account.Spec.OrphansKept > now.Utc) continue;
                if (account.Find(row.Session, row.Lease) is not { State: LeaseState.Suspense } lease) continue;
                var cost = policy == OrphanPolicy.PostWorst ? row.Amount : 0;
                account.Suspense.Settle(row, cost);
                account.Resolve(lease, cost, row.Amount - cost, now);
            }
        }
    }

    private static void Recover(LedgerAccount account, OwnerLease lease, JournalFindings findings, in OwnerTime now)
    {
        // Once is enough: what an operator has settled since is not known to the journal, and would be put there again in the place of others.
        if (account.Suspense.Rows.Any(r => r.Session == lease.Session && r.Lease == lease.Number && r.Name.Length > 0)) return;
        account.Suspense.End(lease, settled: 0);
        var found = findings.Leases.FirstOrDefault(l => l.Lease == lease.Number && l.Account == account.Id);
        var spent = Math.Clamp((found?.Spent ?? 0) - lease.Spent, 0, lease.Out);
        var rest = lease.Out - spent;
        var holds = new List<FoundHold>();
        foreach (var hold in findings.Open.Where(h => h.Lease == lease.Number && h.Account == account.Id))
        {
            var amount = Math.Min(hold.Amount, rest);
            if (amount > 0) holds.Add(hold with { Amount = amount });
            rest -= amount;
        }

        var returned = findings.IsWhole ? rest : 0;
        account.Resolve(lease, spent, returned, now);
        if (lease.IsOver) return;
        account.Suspend(lease);
        foreach (var hold in holds.GroupBy(h => h.Name)) Put(account, lease, hold.Key, hold.Sum(h => h.Amount), now);
        if (rest > returned) Put(account, lease, Unproven, rest - returned, now);
        PostWorst(account, lease, now);
    }

    private static void Suspend(LedgerAccount account, OwnerLease lease, long amount, in OwnerTime now)
    {
        if (amount == 0)
        {
            account.Resolve(lease, 0, 0, now);
            return;
        }

        account.Suspend(lease);
        Put(account, lease, "", amount, now);
        PostWorst(account, lease, now);
    }

    private static void PostWorst(LedgerAccount account, OwnerLease lease, in OwnerTime now)
    {
        if (PolicyOf(account) != OrphanPolicy.PostWorst) return;
        foreach (var row in account.Suspense.Rows.Where(r => r.Session == lease.Session && r.Lease == lease.Number).ToArray())
        {
            account.Suspense.Settle(row, row.Amount);
            account.Resolve(lease, row.Amount, 0, now);
        }
    }

    // What is not money has no bill to wait for.
    private static OrphanPolicy PolicyOf(LedgerAccount account) => account.IsMoney ? account.Spec.Orphans : OrphanPolicy.PostWorst;

    private static void Put(LedgerAccount account, OwnerLease lease, string name, long amount, in OwnerTime now) =>
        account.Suspense.Add(new SuspenseRow(lease.Session, name, account.Id, lease.Number, amount, now.Utc, null));

    private static List<OwnerLease> LiveOf(LedgerAccount account, Guid session) => [.. Of(account, session).Where(l => l.State == LeaseState.Live)];

    private static List<OwnerLease> Of(LedgerAccount account, Guid session)
    {
        var leases = new List<OwnerLease>();
        for (var lease = account.Leases; lease is not null; lease = lease.Next)
        {
            if (lease.Session == session) leases.Add(lease);
        }

        return leases;
    }
}
