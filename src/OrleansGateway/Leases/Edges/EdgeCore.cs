using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using OrleansGateway.Leases.Journal;

namespace OrleansGateway.Leases.Edges;

/// <summary>
/// All leases of this edge. Admitting, and ending holds, is for any thread, without locks or allocations. What deals with an owner (<see cref="QueueTake"/>, <see cref="NextRequest"/>,
/// <see cref="Received"/>, <see cref="Last"/> and so on) is for one thread at a time per owner. Time is handed in: since any start, never back.
/// </summary>
internal sealed class EdgeCore(EdgeSettings settings, Guid session, IHoldJournal journal, EdgeSignals? signals = null)
{
    private const int PooledMax = 4_096;

    // One for each thread beside the common pool: saves 35 of 410 ns with 12 accounts, where a request ends on the thread that it began on.
    [ThreadStatic]
    private static Hold? _spare;

    // A set: keys beside the accounts would cost a million of them 16 MB.
    private readonly ConcurrentDictionary<Account, Account> _accounts = new(AccountKeys.Instance);
    private readonly ConcurrentDictionary<string, OwnerLink> _links = new();
    private readonly ConcurrentDictionary<string, StrongBox<int>> _perRule = new();
    private readonly ConcurrentQueue<Hold> _pool = new();
    private int _accountCount;
    private int _pooled;
    private long _leases;
    private long _takes;
    private long _holds;
    private long _overruns;

    public EdgeSettings Settings => settings;

    public Guid Session => session;

    public IHoldJournal Journal => journal;

    /// <summary>Times that more was used than held. Must stay 0.</summary>
    public long Overruns => Volatile.Read(ref _overruns);

    public int AccountCount => Volatile.Read(ref _accountCount);

    public ICollection<OwnerLink> Links => _links.Values;

    /// <summary>Whether it gives everything back and admits nothing more.</summary>
    public bool IsStopping { get; private set; }

    /// <summary>The account, made when it is first asked for; none if there are as many as may be: in all, or of its rule.</summary>
    public Account? Open(string owner, AccountId id, AccountSpec spec)
    {
        if (Find(owner, id) is not { } account) return Add(owner, id, spec);
        if (account.Spec != spec) Change(account, spec);
        return account;
    }

    /// <summary>
    /// The configuration is another one: accounts that it changes are what it says from now on, and what is to hand of them goes back to their owners. Answers these.
    /// </summary>
    public IReadOnlyCollection<OwnerLink> SpecsChanged(Func<AccountId, AccountSpec?> specs)
    {
        var changed = new HashSet<OwnerLink>();
        foreach (var account in _accounts.Keys)
        {
            if (specs(account.Id) is not { } spec || spec == account.Spec) continue;
            Change(account, spec);
            changed.Add(account.Link);
        }

        return changed;
    }

    public Hold NewHold(string name)
    {
        var hold = _spare;
        if (hold?.Core == this) _spare = null;
        else if (_pool.TryDequeue(out hold)) Interlocked.Decrement(ref _pooled);
        else hold = new Hold(this);
        hold.Start(name);
        return hold;
    }

    /// <summary>Takes what is needed from what is to hand, of all or of none.</summary>
    /// <param name="hold">Where it is noted.</param>
    /// <param name="accounts">Of any owners.</param>
    /// <param name="units">Each account takes its own dimension.</param>
    /// <param name="now">Before the takes; <see cref="Hold.Confirm(TimeSpan)"/> with the time after them defeats a pause in between.</param>
    /// <param name="wanting">The first that has not enough to hand; none if the hold has ended, or the edge is about to.</param>
    public bool TryAdmit(Hold hold, ReadOnlySpan<Account> accounts, in Amounts units, TimeSpan now, out Account? wanting)
    {
        wanting = null;
        if (IsStopping || !hold.TryEnter()) return false;
        wanting = TakeAll(hold, accounts, units, now.Ticks);
        hold.Leave();
        // Nobody waits to be woken by it: whoever was refused asks the owner next.
        wanting?.Link.Mark(wanting, wakes: false);
        return wanting is null;
    }

    /// <summary>The same in one step: asks for the time once all is taken, and gives it back if a lease is over by then.</summary>
    public bool TryAdmit(Hold hold, ReadOnlySpan<Account> accounts, in Amounts units, TimeSpan before, Func<TimeSpan> now)
    {
        if (IsStopping || !hold.TryEnter()) return false;
        var wanting = TakeAll(hold, accounts, units, before.Ticks);
        var isAdmitted = wanting is null && hold.ConfirmEntered(hold.LastMark, now());
        hold.Leave();
        wanting?.Link.Mark(wanting, wakes: false);
        return isAdmitted;
    }

    /// <summary>Takes what is to hand, and names all accounts that have not enough.</summary>
    public bool TryAdmitWhatIsToHand(Hold hold, ReadOnlySpan<Account> accounts, in Amounts units, TimeSpan now, List<Account> wanting)
    {
        if (IsStopping || !hold.TryEnter()) return false;
        hold.Begin();
        foreach (var known in accounts)
        {
            var account = Current(known);
            var need = units.Of(account.Spec.Dimension);
            if (need > 0 && !hold.TryTake(account, need, now.Ticks)) wanting.Add(account);
        }

        var isHeld = hold.JournalOrUndo();
        hold.Leave();
        return isHeld;
    }

    /// <summary>Asks the owner of these accounts, all of one, for exactly this with the next request. Once granted, it is in the hold.</summary>
    public PendingTake QueueTake(Hold hold, ReadOnlySpan<Account> accounts, in Amounts units, byte priority = 1, TimeSpan waitMax = default)
    {
        var items = new List<TakeUnits>(accounts.Length);
        foreach (var account in accounts)
        {
            var need = units.Of(account.Spec.Dimension);
            if (need > 0) items.Add(new(Current(account), need));
        }

        var take = new PendingTake(Interlocked.Increment(ref _takes), hold, [.. items], priority, waitMax);
        if (items.Count == 0) take.End(Denial.None, null, default);
        else if (IsStopping) take.End(Denial.Unavailable, null, default);
        else items[0].Account.Link.Queue(take);
        return take;
    }

    /// <summary>Nobody waits for it any more.</summary>
    public void Abandon(string owner, PendingTake take) => Link(owner).Abandon(take);

    /// <summary>What is to be said to the owner; none if a request is under way, or there is nothing to say.</summary>
    public LeaseRequest? NextRequest(string owner, TimeSpan now) => Link(owner).NextRequest(now.Ticks);

    /// <summary>The request under way, to be sent again as it is; none if there is none.</summary>
    public LeaseRequest? UnderWay(string owner) => Link(owner).UnderWay;

    public void Received(string owner, LeaseReply reply, TimeSpan now) => Link(owner).Received(reply, now.Ticks);

    /// <summary>Looks at the accounts that are due for it: what is not used is to go back, what was spent to be reported, what is idle forgotten. Any time, best several times a second.</summary>
    public void Visit(string owner, TimeSpan now) => Link(owner).Visit(now.Ticks);

    /// <summary>The same for all owners.</summary>
    public void Visit(TimeSpan now)
    {
        foreach (var link in Links) link.Visit(now.Ticks);
    }

    /// <summary>From now on nothing is admitted. Everything is given back by <see cref="Last"/>.</summary>
    public void Stop() => IsStopping = true;

    /// <summary>The last request to an owner: everything that is not held goes back. None while another is under way, or if the owner was never spoken to.</summary>
    public LeaseRequest? Last(string owner, TimeSpan now) => Link(owner).Last(now.Ticks);

    public EdgeView View() => new([.. _accounts.Keys.Select(a => new EdgeAccount(a)).OrderBy(a => a.Account.Id.ToString(), StringComparer.Ordinal)], Overruns);

    public OwnerLink Link(string owner) => _links.GetOrAdd(owner, static (o, core) => new OwnerLink(core, o), this);

    /// <summary>The same account, or the one that has taken its place while nobody used it.</summary>
    public Account Current(Account account)
    {
        if (!Volatile.Read(ref account.IsForgotten)) return account;
        var current = _accounts.GetOrAdd(account, account);
        if (current != account || !Interlocked.Exchange(ref account.IsForgotten, false)) return current;
        Interlocked.Increment(ref _accountCount);
        Interlocked.Increment(ref CountOf(account.Id.Rule).Value);
        return current;
    }

    public Account? Find(string owner, AccountId id) => ByKey.TryGetValue(new(owner, id), out var account) ? account : null;

    public void Forget(Account account)
    {
        Volatile.Write(ref account.IsForgotten, true);
        if (_accounts.TryRemove(new(account, account))) Uncount(account.Id.Rule);
    }

    public long NextLease() => Interlocked.Increment(ref _leases);

    public long NextHold() => Interlocked.Increment(ref _holds);

    public void Wake(OwnerLink link) => signals?.Wake(link);

    /// <summary>Part of a hold has ended.</summary>
    public void Ended(Cell cell, long givenBack)
    {
        var account = cell.Account;
        if (account.IsExact || cell.IsRetired) account.Link.Mark(account, wakes: true);
        if (givenBack > 0 && Volatile.Read(ref account.Waiting) > 0) signals?.Freed(account);
    }

    /// <summary>Part of a hold was undone.</summary>
    public void Undone(Cell cell, bool isQuiet)
    {
        Interlocked.Increment(ref cell.Account.Undone);
        Ended(cell, givenBack: isQuiet ? 0 : 1);
    }

    public void Overrun(Account account, long units)
    {
        Interlocked.Increment(ref _overruns);
        signals?.Overrun(account, units);
    }

    public void Reuse(Hold hold)
    {
        // One of another edge that has ended would keep all that was that edge's in memory.
        if (_spare?.Core != this) _spare = hold;
        else if (Interlocked.Increment(ref _pooled) <= PooledMax) _pool.Enqueue(hold);
        else Interlocked.Decrement(ref _pooled);
    }

    private ConcurrentDictionary<Account, Account>.AlternateLookup<AccountKey> ByKey => _accounts.GetAlternateLookup<AccountKey>();

    /// <summary>Within an entry: takes all, or nothing and answers which has not enough to hand.</summary>
    private static Account? TakeAll(Hold hold, ReadOnlySpan<Account> accounts, in Amounts units, long now)
    {
        hold.Begin();
        foreach (var account in accounts)
        {
            var need = units.Of(account.Spec.Dimension);
            if (need == 0 || hold.TryTake(account, need, now)) continue;
            Interlocked.Add(ref account.Missed, need);
            hold.UndoTo(hold.LastMark, isJournalled: false);
            return account;
        }

        return hold.JournalOrUndo() ? null : FirstOfMoney(accounts);
    }

    /// <summary>What is to hand was granted under other terms: nothing more is taken of it, and its owner, who knows what was used, decides anew.</summary>
    private static void Change(Account account, AccountSpec spec)
    {
        account.Spec = spec;
        Interlocked.Exchange(ref account.IsChanged, 1);
        account.Cell?.Deadline = 0;
        account.Link.Mark(account, wakes: true);
    }

    private static Account? FirstOfMoney(ReadOnlySpan<Account> accounts)
    {
        foreach (var account in accounts)
        {
            if (account.Spec.Kind == AccountKind.Budget) return account;
        }

        return null;
    }

    private Account? Add(string owner, AccountId id, AccountSpec spec)
    {
        if (Interlocked.Increment(ref _accountCount) > settings.AccountsMax)
        {
            Interlocked.Decrement(ref _accountCount);
            return null;
        }

        var ofRule = CountOf(id.Rule);
        if (Interlocked.Increment(ref ofRule.Value) > spec.AccountsMax)
        {
            Uncount(id.Rule);
            return null;
        }

        var made = new Account(Link(owner), id, spec);
        var account = _accounts.GetOrAdd(made, made);
        if (account != made) Uncount(id.Rule);
        else account.Link.Mark(account, wakes: false);
        return account;
    }

    private void Uncount(string rule)
    {
        Interlocked.Decrement(ref _accountCount);
        Interlocked.Decrement(ref CountOf(rule).Value);
    }

    private StrongBox<int> CountOf(string rule) => _perRule.GetOrAdd(rule, static _ => new StrongBox<int>());
}
