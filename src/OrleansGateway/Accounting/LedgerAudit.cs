using OrleansGateway.Leases;
using OrleansGateway.Leases.Ledger;

namespace OrleansGateway.Accounting;

/// <summary>Compares one owner's ledger with itself, and with what records have charged. Knows no store: it is given both.</summary>
internal sealed class LedgerAudit(LedgerBooks books, LedgerAuditBasis basis)
{
    private const string Budgets = "budgets.";

    private readonly List<AuditDifference> _differences = [];
    private readonly List<AuditNote> _notes = [];

    public IReadOnlyList<AuditDifference> Differences => _differences;

    public IReadOnlyList<AuditNote> Notes => _notes;

    /// <summary>Rows that were compared.</summary>
    public int Accounts { get; private set; }

    public void Run()
    {
        foreach (var row in books.Accounts.Where(r => IsMoney(r.Account)))
        {
            Equation(row);
            Leases(row);
        }

        foreach (var account in books.Accounts.Where(r => IsMoney(r.Account)).GroupBy(r => r.Account))
        {
            if (account.Any(IsPartOfWindow)) Window(account.Key, [.. account]);
            else Periods(account.Key, [.. account]);
        }

        foreach (var row in books.Suspense.Where(r => r.Settled is null && IsMoney(r.Account)))
            _notes.Add(new("suspense", $"{row.Account}", $"{Usd(row.Amount)} held by {(Evidence.IsNameless(row) ? "requests that nobody can name" : row.Name)}, session {row.Session}, lease {row.Lease}: no record says what became of it."));
    }

    public static bool IsMoney(AccountId account) => account.Rule.StartsWith(Budgets, StringComparison.Ordinal);

    private static string Usd(long nano) => NanoUsd.Format(nano);

    private static string Subject(AccountRow row) => row.Start is { } start && row.End is not null ? $"{row.Account} from {start:yyyy-MM-dd'T'HH:mm:ss'Z'}" : $"{row.Account}";

    private static bool IsPartOfWindow(AccountRow row) => row.End is null && (row.Period != 0 || row.Start is not null);

    private static long GivenBack(AdjustmentRow act) => act.Kind switch
    {
        "refund" => act.Amount,
        "reset" => -act.Amount,
        _ => 0,
    };

    private void Equation(AccountRow row)
    {
        var sum = (Int128)row.Available + row.Posted;
        foreach (var lease in LeasesOf(row)) sum += lease.State == LeaseState.Closed ? 0 : lease.Out;
        if (sum != row.Limit) Differs("equation", Subject(row), Usd(row.Limit), Usd((long)sum), "What is available, spent and out does not add up to the limit.");
    }

    // Closed leases are deleted after a while: those that are left can have spent less than was posted, never more. Where periods were cut anew all has moved to another row.
    private void Leases(AccountRow row)
    {
        if (row is { Limit: 0, Posted: 0, Available: 0 } || IsPartOfWindow(row)) return;
        var acts = ActsOf(row.Account, row.Period).ToArray();
        var known = row.Posted + acts.Sum(GivenBack) - acts.Where(a => a.Kind == "correct").Sum(a => a.Amount);
        var spent = LeasesOf(row).Sum(l => l.Posted);
        if (spent > known) Differs("lease", Subject(row), Usd(known), Usd(spent), "Leases have spent more than the account says.");
        foreach (var lease in LeasesOf(row).Where(l => l.Out < 0 || l.Posted < 0 || l.Returned < 0 || (l.State == LeaseState.Closed && l.Out != 0)))
            Differs("lease", $"{Subject(row)}, lease {lease.Number} of {lease.Session}", Usd(lease.Granted), Usd(lease.Posted + lease.Returned), "A lease has spent and given back more than it was granted, or is closed with money out.");
    }

    private void Periods(AccountId account, IReadOnlyList<AccountRow> rows)
    {
        var known = rows.Select(r => r.Period).ToHashSet();
        var found = rows.Select(r => (Subject: Subject(r), Expected: ExpectedOf(r), Found: r.Posted, IsKept: IsKept(r))).ToList();
        // A period whose row is not there any more is older than the ledger keeps; one that the calendar has not come to is none.
        foreach (var (key, amount) in basis.Charges.Where(c => c.Key.Account == account && !known.Contains(c.Key.Period) && c.Value != 0))
            found.Add(($"{account} in period {key.Period}", amount + WithoutRecord(account, key.Period) - ActsOf(account, key.Period).Sum(GivenBack), 0, !basis.IsPurged));
        var wrong = found.Where(f => f.IsKept && f.Expected != f.Found).ToArray();
        Accounts += found.Count;
        foreach (var gone in found.Where(f => !f.IsKept))
            _notes.Add(new("kept", gone.Subject, "It began before the oldest records that are kept: what it was charged is not known any more."));
        foreach (var act in books.Adjustments.Where(a => a.Account == account && GivenBack(a) != 0))
            _notes.Add(new(act.Kind, $"{account}", $"{act.Actor} has given back {Usd(GivenBack(act))} on {act.At:yyyy-MM-dd}: {act.Reason ?? "no reason given"}."));
        if (wrong.Length > 1 && wrong.Sum(w => w.Found - w.Expected) == 0)
        {
            _notes.Add(new("recut", $"{account}", "Its periods were cut anew: what was spent in one counts in another; the sum over all is right."));
            return;
        }

        foreach (var (subject, expected, posted, _) in wrong)
            Differs("ledger", subject, Usd(expected), Usd(posted), posted > expected ? "More was posted than records explain." : "Records say that more was spent than was posted.");
    }

    private long ExpectedOf(AccountRow row) =>
        basis.Charges.GetValueOrDefault((row.Account, row.Period)) + WithoutRecord(row.Account, row.Period) - ActsOf(row.Account, row.Period).Sum(GivenBack);

    private long WithoutRecord(AccountId account, long period)
    {
        var sum = 0L;
        foreach (var (row, amount) in basis.WithoutRecord.Where(w => w.Row.Account == account && PeriodOf(w.Row) == period))
        {
            sum += amount;
            _notes.Add(new("policy", $"{account}", $"{Usd(amount)} held by {row.Name}, session {row.Session}, were settled as the budget's policy says, without a record."));
        }

        return sum;
    }

    private bool IsKept(AccountRow row) => !basis.IsPurged || (row.Start is { } start && start >= basis.KeptSince);

    private void Window(AccountId account, IReadOnlyList<AccountRow> rows)
    {
        if (basis.WindowOf(account) is not { } window)
        {
            _notes.Add(new("rolling", $"{account}", "No rule makes it any more: how long its window is is not known, and what is in it was not compared."));
            return;
        }

        if (books.Adjustments.Any(a => a.Account == account && a.At >= basis.Now - window - window && (GivenBack(a) != 0 || a.Kind == "settle")))
        {
            _notes.Add(new("rolling", $"{account}", "Its window rolls, and an operator has given back or settled part of what is in it: it was not compared."));
            return;
        }

        Accounts++;
        // As the owner reckons: a part counts until its last unit is out of the window.
        var posted = rows.Where(r => r.Start is { } start && start + (window / 120) + window > basis.Now).Sum(r => r.Posted);
        var (least, most) = basis.Rolling.GetValueOrDefault(account);
        _notes.Add(new("rolling", $"{account}", $"Its window rolls, in parts: that {Usd(posted)} lie between {Usd(least)} and {Usd(most)} is all that can be compared."));
        if (posted < least) Differs("ledger", $"{account}", $"at least {Usd(least)}", Usd(posted), "Records in its window say that more was spent than was posted.");
        if (posted > most) Differs("ledger", $"{account}", $"at most {Usd(most)}", Usd(posted), "More was posted in its window than records explain.");
    }

    // The lease says it, as long as it is kept; then when it was put in suspense does, nearly always.
    private long PeriodOf(SuspenseRow row) =>
        books.Leases.FirstOrDefault(l => l.Session == row.Session && l.Account == row.Account && l.Number == row.Lease)?.Period
        ?? books.Accounts.FirstOrDefault(a => a.Account == row.Account && a.Start <= row.At && row.At < a.End)?.Period ?? 0;

    private IEnumerable<LeaseRow> LeasesOf(AccountRow row) => books.Leases.Where(l => l.Account == row.Account && l.Period == row.Period);

    private IEnumerable<AdjustmentRow> ActsOf(AccountId account, long period) => books.Adjustments.Where(a => a.Account == account && a.Period == period);

    private void Differs(string kind, string subject, string expected, string found, string meaning) => _differences.Add(new AuditDifference(kind, subject, expected, found, meaning));
}

/// <summary>What a ledger is compared with.</summary>
/// <param name="Now">When.</param>
/// <param name="Charges">What records have charged.</param>
/// <param name="Rolling">The same of windows that roll: at least, and at most.</param>
/// <param name="WindowOf">Length of an account's window; none if nobody knows it.</param>
/// <param name="WithoutRecord">What was settled and has no record.</param>
/// <param name="IsPurged">Whether records were deleted that were too old.</param>
/// <param name="KeptSince">Since when all records are there.</param>
internal sealed record LedgerAuditBasis(
    DateTimeOffset Now, IReadOnlyDictionary<(AccountId Account, long Period), long> Charges, IReadOnlyDictionary<AccountId, (long Least, long Most)> Rolling,
    Func<AccountId, TimeSpan?> WindowOf, IReadOnlyList<(SuspenseRow Row, long Amount)> WithoutRecord, bool IsPurged, DateTimeOffset KeptSince);
