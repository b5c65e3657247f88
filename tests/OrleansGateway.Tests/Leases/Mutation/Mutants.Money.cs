namespace OrleansGateway.Tests.Leases.Mutation;

internal static partial class Mutants
{
    private static IEnumerable<Mutant> Money =>
    [
        new("Float money", "amounts above 2⁵³ nano-dollars are rounded", "Owners/LedgerAccount.cs", "        period.Posted += units;", "        period.Posted = (long)((double)period.Posted + units);"),
        new("Grant without write", "money is usable that a crash forgets", "Owners/OwnerCore.cs", "new() { Write = TakeDraft(), Replies = replies };", "new() { Write = replies.Count > 0 ? null : TakeDraft(), Replies = replies };"),
        new("Granted though the write failed", "money is usable that the ledger does not know of", "Owners/Reports.cs", "            if (account.IsLedgered && !isLedgerWritten) continue;\n", ""),
        new("Taken though the write failed", "a request is let through though the ledger does not know of it", "Owners/OwnerCore.cs", "!written && t.IsLedgered ? t.Fail()", "!written && t.IsLedgered && t.Granted.Count == 0 ? t.Fail()"),
        new("No fence", "of two owners both write", "Simulation/SimLedger.cs", "        if (write.Version != _version) return LedgerOutcome.Fenced;\n", ""),
        new("Available is not lowered", "the same money is granted again and again", "Owners/LedgerAccount.cs", "        Current.Available -= units;\n", ""),
        new("Posted to the present period", "a request that ends after its period counts in the next", "Owners/LedgerAccount.cs",
            "        var period = PeriodOf(lease);\n        if (period == _current) Credits", "        var period = Current;\n        if (period == _current) Credits"),
        new("Refund into the new period", "what is left of a hold after its period's end raises the next", "Owners/LedgerAccount.cs",
            "        var period = PeriodOf(lease);\n        period.Available += units;", "        var period = Current;\n        period.Available += units;"),
        new("Periods add up", "what is left of a period is added to the next without being asked for", "Owners/LedgerAccount.cs", "        next.Raise(Spec.Limit);\n", "        next.Raise(Spec.Limit + Math.Max(0, old.Available));\n"),
        new("Money without a period's end", "money of one period is used in the next", "Owners/LedgerAccount.cs", "        var untilEnd = _current.End is not { } end ? TimeSpan.MaxValue : end > now.Utc ? end - now.Utc : TimeSpan.Zero;", "        var untilEnd = TimeSpan.MaxValue;"),
        new("A raised limit counts twice", "a change of the limit adds the whole limit", "Owners/LedgerAccount.cs", "        Current.Raise(change);", "        Current.Raise(Spec.Limit);"),
        new("Acts are done again", "a repeated act of an operator counts twice", "Owners/OwnerCore.cs", "        if (_acts.Find(act.Id) is { } done) return new OwnerStep { Act = done with { Before = done.After } };\n", ""),
        new("Settled without bound", "more is posted of a hold than it held", "Owners/Acts.cs", "act.Amount < 0 || act.Amount > row.Amount", "act.Amount < 0"),
        new("Notices repeat", "notice is given of a share that was reached before", "Owners/Notices.cs", "            row.Noticed = percent;\n", ""),
        new("Reset forgets what is out", "money that edges have is given out again", "Owners/Acts.cs", "        row.Available += row.Posted;\n        row.Posted = 0;\n        return posted;", "        row.Available = row.Limit;\n        row.Posted = 0;\n        return posted;"),
        new("A number is used again", "a lease that was posted as a whole begins anew, and its posting is overwritten", "Edges/OwnerLink.Replies.cs",
            "                if (cell.Granted == 0) Retire(account, cell);\n                else SetDue(account);", "                SetDue(account);"),
    ];
}
