namespace OrleansGateway.Tests.Leases.Mutation;

internal static partial class Mutants
{
    private static IEnumerable<Mutant> Rates =>
    [
        new("No Φ cap", "a bucket refills while its units are leased: more than its limit is let through at once", "Owners/BucketAccount.cs", "Cap => Limit - Out - Phantom", "Cap => Limit - Phantom"),
        new("No phantom", "a new owner gives what edges still have of the one before", "Owners/BucketAccount.cs", "public override long Phantom => _hasPhantom ? Math.Min(_phantom, Limit) : 0;", "public override long Phantom => 0;"),
        new("Restart full", "a bucket is whole after each restart of its owner", "Owners/BucketAccount.cs", "? Math.Min(level, spec.Limit) : 0;", "? Math.Min(level, spec.Limit) : spec.Limit;"),
        new("Expiry credits a bucket", "units that a lost edge has used are given out again", "Owners/BucketAccount.cs", "\n            Burn(lease);", "\n            _level += Burn(lease);"),
        new("Leases never expire", "slots and units of a dead edge never come back", "Owners/OwnerAccount.cs", "return first?.Expiry <= until ? first : null;", "return null;"),
        new("Return after expiry", "a report that comes after a lease was burned gives its units back", "Owners/OwnerAccount.cs",
            "        if (lease.IsOver) return;\n        var spent",
            "        if (lease.IsOver)\n        {\n            Out -= Math.Max(0, report.Returned - lease.Returned);\n            return;\n        }\n\n        var spent"),
        new("Spent as a delta", "what was spent is counted again with each report", "Owners/OwnerAccount.cs", "Math.Clamp(report.Spent - lease.Spent, 0, lease.Out)", "Math.Clamp(report.Spent, 0, lease.Out)"),
        new("Returned as a delta", "what was given back is counted again with each report", "Owners/OwnerAccount.cs", "Math.Clamp(report.Returned - lease.Returned, 0, lease.Out)", "Math.Clamp(report.Returned, 0, lease.Out)"),
        new("Refill drops remainders", "rates are a little too low", "Owners/Refill.cs", "            rest = left;\n            return whole;", "            rest = 0;\n            return whole;"),
        new("Refill keeps too much", "rates are a little too high", "Owners/Refill.cs", "return whole;", "return left > 0 ? whole + 1 : whole;"),
        new("Retry too early", "a retry at the time that was said is refused", "Owners/Refill.cs", "var ticks = (needed + Units - 1) / Units;", "var ticks = needed / Units / 2;"),
        new("A changed limit refills", "any change of the configuration forgets what was used", "Owners/BucketAccount.cs", "        if (spec.Time != Spec.Time) _rest = 0;", "        _level = spec.Limit;"),
        new("Reserves are for all", "low priorities take what is kept for high ones", "Owners/Reserves.cs", "return level - others;", "return level;"),
        new("Optimistic grant", "an exact call gives one more than there is", "Owners/OwnerAccount.cs", "return units <= free ?", "return units <= free + 1 ?"),
        new("Hoard without bound", "edges may have all of an account in advance", "Owners/Sizing.cs", "Math.Max(0, Math.Min(Math.Min(lease.Want, fair), Math.Min(room, Part(account, settings, edges))))", "Math.Max(0, Math.Min(lease.Want, account.Level))"),
        new("More in advance than there is", "leases are not bounded by the level", "Owners/Sizing.cs", "Math.Max(0, Math.Min(Math.Min(lease.Want, fair), Math.Min(room, Part(account, settings, edges))))", "lease.Want"),
        new("Never exact", "the last units stay on edges that do not use them", "Owners/Sizing.cs", "if (part < account.TypicalHold) account.IsExact = true;", "if (part < 0) account.IsExact = true;"),
        new("Promises are free", "requests that are put off do not owe their units", "Owners/BucketAccount.cs", "protected override void OnGranted(OwnerLease lease, long units) => _level -= units;", "protected override void OnGranted(OwnerLease lease, long units) => _level = Math.Max(0, _level - units);"),
        new("Put off without waiting", "requests that should wait are let through at once", "Owners/Takes.cs", "if (verdict.Delay > delay) delay = verdict.Delay;", "delay = TimeSpan.Zero;"),
    ];
}
