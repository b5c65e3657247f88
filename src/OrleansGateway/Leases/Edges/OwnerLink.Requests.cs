namespace OrleansGateway.Leases.Edges;

/// <summary>What is said to the owner: totals of leases, what would be good to have, and takes. One request at a time, so that the owner can tell one that it has had.</summary>
internal sealed partial class OwnerLink
{
    private readonly List<PendingTake> _sentTakes = [];
    private readonly List<Cell> _sentFinals = [];
    private long _epoch;
    private long _number;
    private int _requests;
    private long _sentAt;
    private bool _isRegistering;

    /// <summary>The request that waits for its answer.</summary>
    public LeaseRequest? UnderWay { get; private set; }

    /// <summary>Whether the owner has ever been spoken to.</summary>
    public bool IsKnown => _epoch > 0 || UnderWay is not null;

    public LeaseRequest? NextRequest(long now)
    {
        if (UnderWay is not null || core.IsStopping) return null;
        _requests++;
        LookAtMarked(now);
        var reports = new List<LeaseReport>();
        var takes = TakesToSend(now);
        ReportTaken(reports, now);
        ReportDue(reports, now);
        ReportRetired(reports, now, Settings.ItemsMax);
        // With another life of the owner: it is told at once who we are, though there be nothing to say.
        return reports.Count + takes.Count > 0 || _isRegistering ? Send(reports, takes, now, isLast: false) : null;
    }

    public LeaseRequest? Last(long now)
    {
        if (UnderWay is not null || !IsKnown) return null;
        LookAtMarked(now);
        foreach (var take in _takes) take.End(Denial.Unavailable, null, default);
        _takes.Clear();
        _due.Clear();
        var reports = new List<LeaseReport>();
        foreach (var account in _accounts)
        {
            account.IsDue = false;
            account.Older = null;
            if (account.Cell is { } cell) Retire(account, cell);
        }

        ReportRetired(reports, now, int.MaxValue);
        return Send(reports, [], now, isLast: true);
    }

    private LeaseRequest Send(List<LeaseReport> reports, List<TakeRequest> takes, long now, bool isLast)
    {
        _sentAt = now;
        UnderWay = new LeaseRequest
        {
            Session = core.Session, Number = ++_number, Epoch = _epoch, Registers = _isRegistering || _epoch == 0, Reports = reports, Takes = takes, IsLast = isLast,
        };
        _isRegistering = false;
        return UnderWay;
    }

    private List<TakeRequest> TakesToSend(long now)
    {
        var requests = new List<TakeRequest>();
        var kept = 0;
        for (var i = 0; i < _takes.Count; i++)
        {
            var take = _takes[i];
            if (requests.Count == Settings.ItemsMax) _takes[kept++] = take;
            else if (!TryServe(take, now)) requests.Add(ToSend(take, now));
        }

        _takes.RemoveRange(kept, _takes.Count - kept);
        return requests;
    }

    // What came meanwhile may be enough.
    private static bool TryServe(PendingTake take, long now)
    {
        if (take.Hold.IsEnded)
        {
            take.End(Denial.NotNow, null, default);
            return true;
        }

        if (!take.TryServe(now)) return false;
        take.End(Denial.None, null, default);
        return true;
    }

    private TakeRequest ToSend(PendingTake take, long now)
    {
        var items = new TakeItem[take.Items.Length];
        for (var i = 0; i < items.Length; i++)
        {
            ref var item = ref take.Items[i];
            var cell = Opened(item.Account, now);
            // What is to hand is not enough: together with what the owner has it may be.
            cell.Return(long.MaxValue);
            item.Cell = cell;
            items[i] = new(item.Account.Id, cell.Lease, item.Units);
        }

        _sentTakes.Add(take);
        return new TakeRequest(take.Id, items, take.Priority, take.WaitMax);
    }

    // An account stands among the reports of the request that takes from it.
    private void ReportTaken(List<LeaseReport> reports, long now)
    {
        foreach (var take in _sentTakes)
        {
            foreach (var item in take.Items)
            {
                if (item.Account.ReportedIn == _requests) continue;
                Report(reports, item.Account, now);
            }
        }
    }

    private void ReportDue(List<LeaseReport> reports, long now)
    {
        while (reports.Count < Settings.ItemsMax && _due.TryDequeue(out var account))
        {
            account.IsDue = false;
            if (account.ReportedIn != _requests) Report(reports, account, now);
        }
    }

    private void Report(List<LeaseReport> reports, Account account, long now)
    {
        if (account.Cell is not { } cell) return;
        if (cell.IsExpired(now))
        {
            Retire(account, cell);
            return;
        }

        account.ReportedIn = _requests;
        reports.Add(Report(cell, Want(account, cell, now), isFinal: false));
    }

    private long Want(Account account, Cell cell, long now)
    {
        var wanted = account.Demand.Look(cell, now, Settings.Horizon.Ticks);
        if (account.IsExact)
        {
            cell.Return(long.MaxValue);
            return 0;
        }

        // What was just called back is not asked for in the same breath.
        var wantsNone = account.Demand.IsIdle || account.IsRecalled;
        account.IsRecalled = false;
        return wantsNone ? 0 : Math.Max(0, wanted - cell.ToHand);
    }

    private void ReportRetired(List<LeaseReport> reports, long now, int reportsMax)
    {
        for (var i = _retired.Count - 1; i >= 0 && reports.Count < reportsMax; i--)
        {
            var cell = _retired[i];
            if (!cell.IsMoney && cell.Kind != AccountKind.Concurrency && cell.IsExpired(now))
            {
                // The owner has burned it, or will: it must hear no more of it. But slots are in use for as long as their requests take.
                _retired.RemoveAt(i);
                _quietUntil.Remove(cell);
                continue;
            }

            if (now < _quietUntil.GetValueOrDefault(cell)) continue;
            var returned = cell.Return(long.MaxValue);
            var isFinal = cell.Out == 0;
            if (isFinal)
            {
                _retired.RemoveAt(i);
                _sentFinals.Add(cell);
            }

            if (isFinal || returned > 0 || NeedsReport(cell, now)) reports.Add(Report(cell, want: 0, isFinal));
        }
    }

    private static LeaseReport Report(Cell cell, long want, bool isFinal)
    {
        cell.ReportedSpent = cell.Spent;
        return new(cell.Account.Id, cell.Lease, cell.ReportedSpent, cell.Returned, want, cell.Account.Demand.TypicalHold, isFinal, cell.Granted);
    }
}
