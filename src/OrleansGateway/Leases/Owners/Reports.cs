namespace OrleansGateway.Leases.Owners;

/// <summary>Takes down what edges report, and grants what they want in advance.</summary>
internal sealed class Reports(OwnerAccounts accounts, OwnerSettings settings)
{
    public void TakeDown(PendingReply reply, in OwnerTime now)
    {
        foreach (var report in reply.Request.Reports)
        {
            // An account that no rule makes any more, and that is forgotten, has nothing to lose.
            if (accounts.Find(report.Account, now) is not { } account) continue;
            if (account.IsLedgered)
            {
                reply.IsLedgered = true;
                if (!accounts.IsLedgerKnown)
                {
                    reply.IsUnheard = true;
                    continue;
                }
            }

            TakeDown(reply, account, report, now);
        }
    }

    public void GrantInAdvance(PendingReply reply, in OwnerTime now)
    {
        foreach (var (account, lease, _) in reply.Leases)
        {
            if (lease is null || lease.IsOver) continue;
            Sizing.Decide(account, settings);
            var units = Sizing.InAdvance(account, lease, settings);
            lease.Want -= units;
            if (units > 0) account.Grant(lease, units, now);
        }
    }

    public IReadOnlyList<LeaseGrant> GrantsOf(PendingReply reply, bool isLedgerWritten)
    {
        var grants = new List<LeaseGrant>(reply.Leases.Count);
        foreach (var (account, lease, number) in reply.Leases)
        {
            if (account.IsLedgered && !isLedgerWritten) continue;
            grants.Add(lease is null || !account.MayGrantOn(lease)
                ? new LeaseGrant(account.Id, number, lease?.Granted ?? 0, lease?.Period ?? account.Period, TimeSpan.Zero, account.IsExact, 0)
                : new LeaseGrant(account.Id, number, lease.Granted, account.Period, account.LifetimeFrom(reply.At), account.IsExact, Sizing.Recall(account, lease, settings), Math.Max(account.Level, 0) / Math.Max(account.ActiveEdges(), 1)));
        }

        return grants;
    }

    private static void TakeDown(PendingReply reply, OwnerAccount account, in LeaseReport report, in OwnerTime now)
    {
        var lease = account.Find(reply.Request.Session, report.Lease);
        if (lease is null)
        {
            if (report.IsFinal) return;
            lease = Open(account, reply.Request.Session, report, now);
        }

        if (lease is not null)
        {
            if (account is LedgerAccount inLedger) inLedger.Revive(lease);
            account.Report(lease, report, now);
        }

        if (!report.IsFinal) reply.Leases.Add((account, lease, report.Lease));
    }

    /// <summary>A lease that is new here. Units of one that an owner before this one gave cannot be made its own, but for slots: they are in use, whoever gave them.</summary>
    private static OwnerLease? Open(OwnerAccount account, Guid session, in LeaseReport report, in OwnerTime now)
    {
        if (account is SlotAccount slots && report.Granted > 0) return slots.Adopt(session, report, now);
        return report is { Granted: 0, Spent: 0, Returned: 0 } ? account.Open(session, report.Lease) : null;
    }
}
