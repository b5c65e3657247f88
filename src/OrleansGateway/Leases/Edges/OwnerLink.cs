namespace OrleansGateway.Leases.Edges;

/// <summary>
/// What an edge has to do with one owner: the accounts it uses there, and the one request that may be under way. For one thread at a time, but for <see cref="Mark"/>.
/// </summary>
internal sealed partial class OwnerLink(EdgeCore core, string owner)
{
    private readonly List<Account> _accounts = [];
    private readonly Queue<Account> _due = [];
    private readonly List<Cell> _retired = [];
    // Of leases that the owner could not take down: until when nothing is said of them, in ticks. Hardly ever any.
    private readonly Dictionary<Cell, long> _quietUntil = [];
    private readonly List<PendingTake> _takes = [];
    private Account? _marked;
    private int _isWoken;

    public string Owner => owner;

    /// <summary>Accounts that it looks at.</summary>
    public int Count => _accounts.Count;

    /// <summary>Whether there may be something to say.</summary>
    public bool HasNews =>
        UnderWay is not null || _takes.Count > 0 || _due.Count > 0 || _retired.Count > 0 || _isRegistering || Volatile.Read(ref _marked) is not null;

    private EdgeSettings Settings => core.Settings;

    /// <summary>The account is to be looked at before the next request. By any thread, without waiting.</summary>
    public void Mark(Account account, bool wakes)
    {
        if (!Volatile.Read(ref account.IsMarked) && !Interlocked.Exchange(ref account.IsMarked, true))
        {
            Account? head;
            do
            {
                head = Volatile.Read(ref _marked);
                account.NextMarked = head;
            }
            while (Interlocked.CompareExchange(ref _marked, account, head) != head);
        }

        if (wakes) Wake();
    }

    /// <summary>Somebody is to look at what there is to say. By any thread, without waiting.</summary>
    public void Wake()
    {
        if (Volatile.Read(ref _isWoken) == 0 && Interlocked.Exchange(ref _isWoken, 1) == 0) core.Wake(this);
    }

    public void Queue(PendingTake take)
    {
        foreach (ref var item in take.Items.AsSpan())
        {
            // What was missed is what is asked for now.
            Interlocked.Exchange(ref item.Account.Missed, 0);
            item.Account.Demand.Ask(item.Units);
        }

        // By priority, then by arrival.
        var place = _takes.Count;
        while (place > 0 && _takes[place - 1].Priority < take.Priority) place--;
        _takes.Insert(place, take);
    }

    /// <summary>If it is under way already, what is granted to it goes to its accounts.</summary>
    public void Abandon(PendingTake take)
    {
        if (take.IsEnded) return;
        take.IsAbandoned = true;
        if (_takes.Remove(take)) take.End(Denial.Unavailable, null, default);
    }

    private void LookAtMarked(long now)
    {
        Volatile.Write(ref _isWoken, 0);
        var account = Interlocked.Exchange(ref _marked, null);
        while (account is not null)
        {
            var next = account.NextMarked;
            account.NextMarked = null;
            // From here on it may be marked again.
            Volatile.Write(ref account.IsMarked, false);
            LookAt(account, now);
            account = next;
        }
    }

    private void LookAt(Account marked, long now)
    {
        var account = core.Current(marked);
        Place(account);
        if (Interlocked.Exchange(ref marked.IsChanged, 0) != 0) Renew(account);
        if (Interlocked.Exchange(ref marked.Missed, 0) is > 0 and var missed)
        {
            account.Demand.Ask(missed);
            Opened(account, now);
        }

        if (account.Cell is not null) SetDue(account);
    }

    private void Place(Account account)
    {
        if (account.Place >= 0) return;
        account.Place = _accounts.Count;
        _accounts.Add(account);
    }

    private void SetDue(Account account)
    {
        if (account.IsDue) return;
        account.IsDue = true;
        _due.Enqueue(account);
    }

    /// <summary>The account's lease, opened if there is none that lives.</summary>
    private Cell Opened(Account account, long now)
    {
        Place(account);
        if (account.Cell is { } cell)
        {
            var isOver = cell.IsExpired(now);
            if (!isOver && cell.Kind == account.Spec.Kind && cell.Dimension == account.Spec.Dimension) return cell;
            Retire(account, cell);
        }

        var opened = new Cell(account, core.NextLease());
        account.Demand.Opened();
        account.Cell = opened;
        return opened;
    }

    private void Renew(Account account)
    {
        account.Older = null;
        if (account.Cell is { } cell) Retire(account, cell);
    }

    /// <summary>Nothing is taken from it any more; it is closed as soon as nothing of it is held.</summary>
    private void Retire(Account account, Cell cell)
    {
        cell.IsRetired = true;
        if (account.Cell == cell) account.Cell = null;
        _retired.Add(cell);
    }
}
