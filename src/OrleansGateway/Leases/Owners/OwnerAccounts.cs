using OrleansGateway.Leases.Ledger;

namespace OrleansGateway.Leases.Owners;

/// <summary>The accounts of an owner that are in memory. Those that are whole and that nobody uses are forgotten: an idle key costs nothing.</summary>
internal sealed class OwnerAccounts(OwnerSettings settings, OwnerStart start, Func<AccountId, AccountSpec?> specs, LedgerDraft draft)
{
    /// <summary>So many at a time are looked through by whoever looks through all, that requests are never held up for long.</summary>
    public const int LookedAtOnce = 4096;

    private readonly HashSet<OwnerAccount> _all = new(OwnerAccountIds.Instance);
    private readonly List<OwnerAccount> _inMemory = [];
    private readonly List<LedgerAccount> _inLedger = [];
    // A clean stop has saved all that was not whole: of the others nobody has anything.
    private readonly OwnerStart _startOfUnsaved = start.EmptyAt == TimeSpan.MinValue ? start with { MayOthersHold = false } : start;
    private Dictionary<AccountId, AccountRow> _saved = [];
    private int _next;

    /// <summary>Whether the ledger's rows are at hand.</summary>
    public bool IsLedgerKnown { get; set; }

    public IReadOnlyList<LedgerAccount> InLedger => _inLedger;

    public IReadOnlyList<OwnerAccount> InMemory => _inMemory;

    private HashSet<OwnerAccount>.AlternateLookup<AccountId> ById => _all.GetAlternateLookup<AccountId>();

    public bool IsAtHand(OwnerAccount account) => !account.IsLedgered || IsLedgerKnown;

    /// <summary>The account, brought to the present; null if no rule makes it.</summary>
    public OwnerAccount? Find(AccountId id, in OwnerTime now)
    {
        if (!ById.TryGetValue(id, out var account))
        {
            if (specs(id) is not { } spec) return null;
            account = Make(id, spec, now);
            Add(account);
        }

        if (IsAtHand(account)) account.Advance(now);
        return account;
    }

    /// <summary>Whether an account is kept in the ledger. Cheaper than to find it.</summary>
    public bool IsLedgered(AccountId id, in OwnerTime now) =>
        ById.TryGetValue(id, out var account) ? account.IsLedgered : specs(id) is { } spec && IsLedgered(spec, now);

    /// <summary>Levels that a clean stop saved.</summary>
    public void Restore(IEnumerable<AccountRow> rows, in OwnerTime now)
    {
        _saved = rows.ToDictionary(r => r.Account);
        foreach (var id in _saved.Keys) Find(id, now);
        _saved = [];
    }

    /// <summary>Takes over all the ledger has of accounts that are kept there.</summary>
    public void Load(LedgerRecord record, in OwnerTime now)
    {
        var adopted = _inLedger.Where(a => a.Adopted > 0).ToList();
        foreach (var account in _inLedger) _all.Remove(account);
        _inLedger.Clear();
        // Nothing is left of periods that were given up when the configuration had others.
        foreach (var row in record.Accounts.Where(r => (r.Limit, r.Available, r.Posted) != default)) Loaded(row.Account, now)?.Load(row);
        foreach (var row in record.Leases) Loaded(row.Account, now)?.Load(row);
        foreach (var row in record.Suspense) Loaded(row.Account, now)?.Suspense.Load(row);
        foreach (var row in record.Credits)
        {
            if (Loaded(row.Account, now) is not { } account) continue;
            if (Grace.IsMark(row)) account.Grace.Load(row);
            else account.Credits.Load(row);
        }
        IsLedgerKnown = true;
        foreach (var account in adopted) Find(account.Id, now)?.Adopt(account.Adopted, now);
    }

    public void Respec(in OwnerTime now)
    {
        foreach (var account in _all.ToArray())
        {
            if (specs(account.Id) is not { } spec || (spec == account.Spec && account is not LedgerAccount { HasRule: false })) continue;
            if (!IsAtHand(account)) continue;
            if (IsSameSort(account, spec, now)) account.Respec(spec, now);
            else Replace(account, spec, now);
        }
    }

    /// <summary>Brings some accounts to the present, others the next time, and forgets what is whole.</summary>
    public void Sweep(in OwnerTime now)
    {
        var before = now.Monotonic - settings.SessionKept;
        for (var i = Math.Min(LookedAtOnce, _inMemory.Count); i > 0; i--)
        {
            if (_next >= _inMemory.Count) _next = 0;
            var account = _inMemory[_next];
            account.Advance(now);
            account.Forget(before);
            if (account.IsWhole) Drop(account);
            else _next++;
        }
    }

    private static bool IsLedgerPeriodLong(TimeSpan length, OwnerSettings settings) => length >= settings.LedgerFrom;

    private bool IsLedgered(AccountSpec spec, in OwnerTime now) => spec.Kind switch
    {
        AccountKind.Budget => true,
        AccountKind.FixedWindow => spec.PeriodAt(now.Utc) is { } period && IsLedgerPeriodLong(period.End - period.Start, settings),
        AccountKind.SlidingWindow => IsLedgerPeriodLong(spec.Time, settings),
        _ => false,
    };

    private bool IsSameSort(OwnerAccount account, AccountSpec spec, in OwnerTime now)
    {
        var isLedgered = IsLedgered(spec, now);
        return account.IsLedgered == isLedgered && (isLedgered || account.Spec.Kind == spec.Kind);
    }

    private OwnerAccount Make(AccountId id, AccountSpec spec, in OwnerTime now)
    {
        if (IsLedgered(spec, now)) return new LedgerAccount(id, spec, settings, draft);
        var from = _saved.TryGetValue(id, out var saved) ? start : _startOfUnsaved;
        return spec.Kind switch
        {
            AccountKind.Bucket => new BucketAccount(id, spec, from, saved is null ? null : Math.Max(spec.Limit - saved.Posted, -spec.Limit), saved?.Out ?? 0),
            AccountKind.FixedWindow => new WindowAccount(id, spec, settings, from, now, saved),
            AccountKind.SlidingWindow => new SlidingAccount(id, spec, settings, from, saved?.Posted),
            _ => new SlotAccount(id, spec, settings, from, saved?.Out),
        };
    }

    // A row whose rule is gone is kept as it is, and what edges have of it is still settled.
    private LedgerAccount? Loaded(AccountId id, in OwnerTime now)
    {
        if (ById.TryGetValue(id, out var account)) return account as LedgerAccount;
        var rule = specs(id);
        var spec = rule ?? new AccountSpec { Kind = AccountKind.Budget, Dimension = Dimension.Cost, Limit = 0 };
        if (!IsLedgered(spec, now)) return null;
        var loaded = new LedgerAccount(id, spec, settings, draft) { HasRule = rule is not null };
        Add(loaded);
        return loaded;
    }

    private void Replace(OwnerAccount old, AccountSpec spec, in OwnerTime now)
    {
        var used = Math.Max(0, old.Limit - Math.Min(old.Level, old.Limit));
        if (old is LedgerAccount inLedger) inLedger.Leave(now);
        Drop(old);
        var account = Make(old.Id, spec, now);
        account.Adopt(used, now);
        Add(account);
    }

    private void Add(OwnerAccount account)
    {
        _all.Add(account);
        if (account is LedgerAccount inLedger)
        {
            account.Index = _inLedger.Count;
            _inLedger.Add(inLedger);
            return;
        }

        account.Index = _inMemory.Count;
        _inMemory.Add(account);
    }

    private void Drop(OwnerAccount account)
    {
        _all.Remove(account);
        if (account is LedgerAccount) RemoveAt(_inLedger, account.Index);
        else RemoveAt(_inMemory, account.Index);
    }

    private static void RemoveAt<T>(List<T> list, int index)
        where T : OwnerAccount
    {
        var last = list[^1];
        list[index] = last;
        last.Index = index;
        list.RemoveAt(list.Count - 1);
    }
}
