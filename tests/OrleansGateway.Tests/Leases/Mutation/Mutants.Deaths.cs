namespace OrleansGateway.Tests.Leases.Mutation;

internal static partial class Mutants
{
    private static IEnumerable<Mutant> Deaths =>
    [
        new("Expiry credits a budget", "money that a dead edge has spent is given out again, after a time", "Owners/Orphans.cs", "            if (policy == OrphanPolicy.Hold) continue;\n", ""),
        new("Death credits a budget", "money that a dead edge has spent is given out again, at once", "Owners/Orphans.cs", "Suspend(account, lease, lease.Out, now);", "account.Resolve(lease, 0, lease.Out, now);"),
        new("Half a journal is believed", "money is credited that may have been held after the journal's end", "Owners/Orphans.cs", "var returned = findings.IsWhole ? rest : 0;", "var returned = rest;"),
        new("Open holds are credited", "requests that were under way at a crash cost nothing", "Owners/Orphans.cs", "var amount = Math.Min(hold.Amount, rest);", "var amount = Math.Min(0, rest);"),
        new("Journals are not read for what was spent", "what was spent and not reported is credited", "Owners/Orphans.cs", "Math.Clamp((found?.Spent ?? 0) - lease.Spent, 0, lease.Out)", "Math.Clamp(0 - lease.Spent, 0, lease.Out)"),
        new("The suspected stay suspected", "money of an edge that was taken for dead stays in suspense for ever", "Owners/Reports.cs", "            if (account is LedgerAccount inLedger) inLedger.Revive(lease);\n", ""),
        new("Released before its time", "money in suspense is credited at the next sweep", "Owners/Orphans.cs", "row.At + account.Spec.OrphansKept > now.Utc", "row.At > now.Utc"),
        new("Held without a journal", "a crash between the hold and its entry credits it", "Hold.cs", "if (_moneyCount == 0 || JournalHeld(_count)) return true;", "return true;"),
        new("A full journal is no matter", "money is held that nothing proves", "Hold.cs", "if (_moneyCount == 0 || JournalHeld(_count)) return true;", "if (_moneyCount == 0 || JournalHeld(_count) || _count > 0) return true;"),
        new("Ends are not journalled", "a request that has ended is in suspense after a crash", "Hold.cs", "        if (_moneyCount == 0) return;\n        Span<Charge>", "        if (_moneyCount >= 0) return;\n        Span<Charge>"),
        new("Undone holds stay journalled", "a request that was refused is in suspense after a crash", "Hold.cs", "        if (isJournalled) JournalUndone(mark);\n", ""),
    ];
}
