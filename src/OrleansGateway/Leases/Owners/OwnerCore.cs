using OrleansGateway.Leases.Journal;
using OrleansGateway.Leases.Ledger;

namespace OrleansGateway.Leases.Owners;

/// <summary>
/// Decides who gets what of one owner's accounts. Pure: no clock, lock or I/O; one thread at a time, and one step at a time: Begin…, the host writes what must be durable,
/// <see cref="End"/>.
/// </summary>
internal sealed class OwnerCore
{
    private readonly string _owner;
    private readonly OwnerAccounts _accounts;
    private readonly OwnerSessions _sessions;
    private readonly LedgerDraft _draft = new();
    private readonly Reports _reports;
    private readonly Takes _takes;
    private readonly Orphans _orphans;
    private readonly Acts _acts;
    private long _version;
    private bool _wasLedgerKnown;

    /// <param name="settings">How it hands out.</param>
    /// <param name="record">
    /// What the ledger has, as just acquired. With <see cref="LedgerRecord.Version"/> 0 the ledger was not asked, and money is unavailable until <see cref="Reload"/>. Rows of
    /// accounts that are kept in memory are levels that a clean stop has saved.
    /// </param>
    /// <param name="specs">What an account is like now; null if no rule makes it.</param>
    /// <param name="now">When the core begins.</param>
    /// <param name="mayOthersHold">Whether edges may hold leases of an earlier owner on accounts that are kept in memory.</param>
    public OwnerCore(OwnerSettings settings, LedgerRecord record, Func<AccountId, AccountSpec?> specs, OwnerTime now, bool mayOthersHold)
    {
        _owner = record.Owner;
        Epoch = record.Epoch;
        _accounts = new OwnerAccounts(settings, new OwnerStart(settings, now, settings.EmptyAt ?? now.Monotonic, settings.SavedAt ?? now.Monotonic, mayOthersHold), specs, _draft);
        _sessions = new OwnerSessions(settings);
        _reports = new Reports(_accounts, settings);
        _takes = new Takes(_accounts);
        _orphans = new Orphans(_accounts);
        _acts = new Acts(_accounts, _draft);
        _accounts.Restore(record.Accounts.Where(r => !_accounts.IsLedgered(r.Account, now) && specs(r.Account) is not null), now);
        if (record.Version > 0) Load(record, now);
    }

    /// <summary>The life that edges know.</summary>
    public long Epoch { get; private set; }

    /// <summary>Whether the ledger's rows are at hand; else money is unavailable.</summary>
    public bool IsLedgerKnown => _accounts.IsLedgerKnown;

    /// <summary>Whether it could be dropped from memory and made anew, and nothing was lost but that edges register again.</summary>
    public bool IsIdle => _accounts.InMemory.Count == 0 && _accounts.InLedger.All(a => a.Leases is null) && _draft.IsEmpty;

    /// <summary>How many leases have something out, of so many accounts at most, and how many it looked through.</summary>
    public (int Leases, int Accounts) CountLeases(int accountsMax)
    {
        var (leases, accounts) = (0, 0);
        foreach (var account in _accounts.InMemory.Concat(_accounts.InLedger).Take(accountsMax))
        {
            accounts++;
            leases += account.LeasesOut();
        }

        return (leases, accounts);
    }

    /// <summary>Sessions that have money, and are not in suspense.</summary>
    public IReadOnlyList<Guid> SessionsWithMoney() => _orphans.Sessions();

    /// <summary>Whether a request has to do with what is kept in the ledger.</summary>
    public bool TouchesLedger(LeaseRequest request, OwnerTime now)
    {
        foreach (var report in request.Reports)
        {
            if (_accounts.IsLedgered(report.Account, now)) return true;
        }

        return request.Takes.Any(take => take.Items.Any(item => _accounts.IsLedgered(item.Account, now)));
    }

    /// <summary>Decides on requests. Duplicates get the answer that the first one got.</summary>
    public OwnerStep Begin(IReadOnlyList<LeaseRequest> requests, OwnerTime now)
    {
        var replies = new PendingReply[requests.Count];
        for (var i = 0; i < replies.Length; i++)
        {
            replies[i] = _sessions.Receive(requests[i], Epoch, now);
            if (!replies[i].NeedsDeciding) continue;
            if (IsLedgerKnown && requests[i].Registers) _orphans.GiveUp(requests[i], now);
            _reports.TakeDown(replies[i], now);
        }

        // All that comes back is there before anything is taken; requests that wait go before what is only in advance.
        foreach (var reply in replies)
        {
            if (reply.NeedsDeciding) Take(reply, now);
        }

        foreach (var reply in replies)
        {
            if (reply.NeedsDeciding) _reports.GrantInAdvance(reply, now);
        }

        return Step(replies);
    }

    /// <summary>An operator's act.</summary>
    public OwnerStep BeginAct(BudgetAct act, OwnerTime now)
    {
        // What it was before is not what it is now: nothing has changed.
        if (_acts.Find(act.Id) is { } done) return new OwnerStep { Act = done with { Before = done.After } };
        var result = _acts.Do(act, now);
        return new OwnerStep { Write = TakeDraft(), Act = result, ActId = act.Id };
    }

    /// <summary>What time brings: leases that expire, periods that end, orphans whose time is over. Null if there is nothing to write.</summary>
    public OwnerStep? BeginSweep(OwnerTime now)
    {
        _accounts.Sweep(now);
        _sessions.Forget(now);
        if (!IsLedgerKnown) return null;
        foreach (var account in _accounts.InLedger) account.Advance(now);
        _orphans.Release(now);
        return _draft.IsEmpty ? null : Step([]);
    }

    /// <summary>The journal of a session that is over tells what became of its money.</summary>
    public OwnerStep BeginRecovery(JournalFindings findings, OwnerTime now)
    {
        _orphans.Recover(findings, now);
        return Step([]);
    }

    /// <summary>A session is gone: what it has of money goes to suspense.</summary>
    public OwnerStep BeginSuspend(Guid session, OwnerTime now)
    {
        _orphans.Suspend(session, now);
        return Step([]);
    }

    /// <summary>
    /// Ends a step: the answers, in the order of the requests. If it was not written, or nobody knows, money answers <see cref="Denial.Unavailable"/> from then on until
    /// <see cref="Reload"/>; rates go on.
    /// </summary>
    public IReadOnlyList<LeaseReply> End(OwnerStep step, bool written, OwnerTime now)
    {
        if (step.Write is not null)
        {
            if (written) _version++;
            else _accounts.IsLedgerKnown = false;
            if (!written && step.ActId is { } act) _acts.Forget(act);
        }

        var replies = new LeaseReply[step.Replies.Count];
        for (var i = 0; i < replies.Length; i++) replies[i] = Answer(step.Replies[i], written);
        return replies;
    }

    /// <summary>Takes money as the ledger has it, after it was acquired anew. Rates keep their state. Sessions register anew, unless money is known for the first time.</summary>
    public void Reload(LedgerRecord record, OwnerTime now)
    {
        if (_wasLedgerKnown) Epoch = Math.Max(record.Epoch, Epoch + 1);
        Load(record, now);
    }

    /// <summary>The configuration is another one: no use is forgotten, and nothing doubles. What it changes in the ledger is written with the next step.</summary>
    public void SpecsChanged(OwnerTime now) => _accounts.Respec(now);

    /// <summary>Whether edges have anything of accounts in memory.</summary>
    public bool IsInUse => _accounts.InMemory.Any(a => a.Out > 0);

    /// <summary>What a clean stop keeps of accounts in memory, but for those that are whole.</summary>
    public IReadOnlyList<AccountRow> Levels(OwnerTime now)
    {
        foreach (var account in _accounts.InMemory) account.Advance(now);
        return [.. _accounts.InMemory.Where(a => a.Level < a.Limit).Select(a => a.ToRow())];
    }

    /// <summary>Where everything stands.</summary>
    public OwnerView View(OwnerTime now)
    {
        foreach (var account in _accounts.InMemory) account.Advance(now);
        var views = _accounts.InMemory.Concat(IsLedgerKnown ? _accounts.InLedger : []).Select(account => OwnerAccountView.Of(account, now));
        return new OwnerView(Epoch, IsLedgerKnown, [.. views]);
    }

    /// <summary>Accounts of a slice of those in memory of which so much is used or out.</summary>
    public NearSlice Near(int from, int percent, int most, OwnerTime now)
    {
        var (near, end) = (new List<OwnerAccount>(), (int)Math.Min(_accounts.InMemory.Count, (long)from + OwnerAccounts.LookedAtOnce));
        for (var i = from; i < end; i++)
        {
            var account = _accounts.InMemory[i];
            account.Advance(now);
            if (account.Limit > 0 && (Int128)(account.Limit - account.Level) * 100 >= (Int128)account.Limit * percent) near.Add(account);
        }

        var fullest = near.OrderByDescending(a => (double)(a.Limit - a.Level) / a.Limit).Take(most).Select(a => OwnerAccountView.Of(a, now));
        return new NearSlice([.. fullest], Math.Max(0, end - from), end < _accounts.InMemory.Count ? end : null);
    }

    /// <summary>What is spent of each budget, as far as it is known.</summary>
    public IReadOnlyList<BudgetShare> BudgetShares() =>
        IsLedgerKnown ? [.. _accounts.InLedger.Where(a => a is { IsMoney: true, HasRule: true }).Select(a => a.ToShare())] : [];

    private void Load(LedgerRecord record, in OwnerTime now)
    {
        _draft.Clear();
        _version = record.Version;
        _accounts.Load(record, now);
        foreach (var account in _accounts.InLedger) account.Advance(now);
        _wasLedgerKnown = true;
    }

    private void Take(PendingReply reply, in OwnerTime now)
    {
        foreach (var take in reply.Request.Takes)
        {
            var decided = _takes.Decide(reply.Request.Session, take, now);
            reply.Takes.Add(decided);
            reply.IsLedgered |= decided.IsLedgered;
            foreach (var (account, lease, _) in decided.Granted)
            {
                if (!reply.Leases.Exists(l => l.Lease == lease)) reply.Leases.Add((account, lease, lease.Number));
            }
        }
    }

    private LeaseReply Answer(PendingReply pending, bool written)
    {
        if (pending.SameAs is { } same) return same.Session!.Reply!;
        if (pending.Ready is { } ready) return ready;
        // Takes first: what fails gives back what it had, and the totals say so.
        var takes = pending.Takes.ConvertAll(t => !written && t.IsLedgered ? t.Fail() : t.ToResult());
        var reply = new LeaseReply
        {
            Number = pending.Request.Number,
            Epoch = Epoch,
            Grants = _reports.GrantsOf(pending, written && IsLedgerKnown),
            Takes = takes,
            IsMoneyUnheard = pending.IsUnheard || (!written && pending.IsLedgered),
        };
        pending.Session!.Reply = reply;
        pending.Session.Pending = null;
        return reply;
    }

    private OwnerStep Step(IReadOnlyList<PendingReply> replies) => new() { Write = TakeDraft(), Replies = replies };

    private LedgerWrite? TakeDraft() => IsLedgerKnown ? _draft.Take(_owner, _version) : null;
}
