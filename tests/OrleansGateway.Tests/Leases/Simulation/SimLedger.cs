using OrleansGateway.Leases;
using OrleansGateway.Leases.Ledger;

namespace OrleansGateway.Tests.Leases.Simulation;

/// <summary>The ledger: one owner's rows under one version, and the proof of the equation on each state that is ever written.</summary>
internal sealed class SimLedger(string owner)
{
    private readonly Dictionary<(AccountId, long), AccountRow> _accounts = [];
    private readonly Dictionary<(Guid, AccountId, long), LeaseRow> _leases = [];
    private readonly Dictionary<(Guid, string, AccountId, long), SuspenseRow> _suspense = [];
    private readonly Dictionary<(AccountId, string), CreditRow> _credits = [];
    private readonly HashSet<string> _adjustments = [];
    private readonly HashSet<(AccountId, long, int)> _notices = [];
    private readonly Dictionary<(AccountId, long), long> _out = [];
    private long _epoch;
    private long _version;

    public IEnumerable<AccountRow> Accounts => _accounts.Values;

    public IEnumerable<LeaseRow> Leases => _leases.Values;

    public IEnumerable<SuspenseRow> Suspense => _suspense.Values;

    public long Writes { get; private set; }

    public int Notices => _notices.Count;

    public LedgerRecord Acquire()
    {
        _epoch++;
        _version++;
        var open = _leases.Values.Where(l => l.State != LeaseState.Closed).ToList();
        var current = _accounts.Values.GroupBy(a => a.Account).SelectMany(g => g.Where(a => IsNeeded(a, g, open)));
        return new LedgerRecord
        {
            Owner = owner, Epoch = _epoch, Version = _version, Accounts = [.. current], Leases = open, Suspense = [.. _suspense.Values.Where(s => s.Settled is null)],
            Credits = [.. _credits.Values],
        };
    }

    public LedgerOutcome Write(LedgerWrite write)
    {
        if (write.Version != _version) return LedgerOutcome.Fenced;
        _version++;
        Writes++;
        if (write.Adjustment is { } adjustment && !_adjustments.Add(adjustment.Id)) return LedgerOutcome.Written;
        var touched = new HashSet<(AccountId, long)>();
        foreach (var row in write.Accounts) Put(row, touched);
        foreach (var row in write.Leases) Put(row, touched);
        foreach (var row in write.Suspense) _suspense[(row.Session, row.Name, row.Account, row.Lease)] = row;
        foreach (var row in write.Credits) _credits[(row.Account, row.Id)] = row;
        foreach (var row in write.Notices) AddNotice(row);
        foreach (var key in touched) ProveEquation(key);
        return LedgerOutcome.Written;
    }

    /// <summary>What is out of an account and nobody knows the end of.</summary>
    public long InSuspense(AccountId account, long period) =>
        _leases.Values.Where(l => l.Account == account && l.Period == period && l.State == LeaseState.Suspense).Sum(l => l.Out);

    public AccountRow? Row(AccountId account, long period) => _accounts.GetValueOrDefault((account, period));

    private static bool IsNeeded(AccountRow row, IEnumerable<AccountRow> all, List<LeaseRow> open) =>
        row.Period == all.Max(a => a.Period) || open.Exists(l => l.Account == row.Account && l.Period == row.Period);

    private void Put(AccountRow row, HashSet<(AccountId, long)> touched)
    {
        if (row.Posted < 0) throw new InvariantBroken($"I2: {row} has spent less than nothing");
        _accounts[(row.Account, row.Period)] = row;
        touched.Add((row.Account, row.Period));
    }

    private void Put(LeaseRow row, HashSet<(AccountId, long)> touched)
    {
        if (row.Out < 0 || row.Posted < 0 || row.Returned < 0) throw new InvariantBroken($"I2: {row} has less than nothing");
        var key = (row.Session, row.Account, row.Number);
        if (_leases.TryGetValue(key, out var old))
        {
            if (old.Period != row.Period && old.Granted > 0) throw new InvariantBroken($"I8: {old} became {row}");
            if (row.Granted < old.Granted || row.Posted < old.Posted || row.Returned < old.Returned) throw new InvariantBroken($"I7: {old} became {row}");
            _out[(old.Account, old.Period)] -= old.Out;
        }

        if (row.State == LeaseState.Closed && row.Out != 0) throw new InvariantBroken($"I2: {row} is closed with units out");
        _leases[key] = row;
        var account = (row.Account, row.Period);
        _out[account] = _out.GetValueOrDefault(account) + row.Out;
        touched.Add(account);
    }

    private void AddNotice(NoticeRow row)
    {
        if (!_notices.Add((row.Account, row.Period, row.Percent))) throw new InvariantBroken($"{row} was given before");
    }

    private void ProveEquation((AccountId Account, long Period) key)
    {
        if (!_accounts.TryGetValue(key, out var row)) throw new InvariantBroken($"I2: leases of {key} without its row");
        var sum = row.Available + row.Posted + _out.GetValueOrDefault(key);
        if (sum != row.Limit) throw new InvariantBroken($"I2: {row} with {_out.GetValueOrDefault(key)} out makes {sum}");
    }
}
