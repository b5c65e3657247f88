namespace OrleansGateway.Leases.Edges;

/// <summary>What the owner answers: totals granted, which are never taken for more than they are, whatever is repeated or late.</summary>
internal sealed partial class OwnerLink
{
    public void Received(LeaseReply reply, long now)
    {
        if (UnderWay is null || reply.Number != UnderWay.Number || reply.Epoch < _epoch) return;
        UnderWay = null;
        if (reply.MustRegister || (_epoch > 0 && reply.Epoch > _epoch))
        {
            _epoch = reply.Epoch;
            RegisterAnew();
            return;
        }

        _epoch = reply.Epoch;
        foreach (var grant in reply.Grants) Apply(grant);
        EndTakes(reply.Takes, now);
        foreach (var grant in reply.Grants) Release(grant);
        CloseFinals(reply.IsMoneyUnheard, now);
    }

    /// <summary>
    /// The owner knows nothing of this session, or of its rates: money is reported anew, for its totals are in the ledger. Rates, slots and windows begin with new leases; what is left of
    /// the old ones stays usable until its deadline, for the owner has put as much aside for so long.
    /// </summary>
    private void RegisterAnew()
    {
        _isRegistering = true;
        _takes.InsertRange(0, _sentTakes);
        _sentTakes.Clear();
        _retired.AddRange(_sentFinals);
        _sentFinals.Clear();
        _retired.RemoveAll(cell => !cell.IsMoney && cell.Kind != AccountKind.Concurrency);
        _quietUntil.Clear();
        foreach (var cell in _retired) cell.RenewAt = 0;
        foreach (var account in _accounts)
        {
            if (account.Cell is not { } cell) continue;
            if (cell.IsMoney)
            {
                // What was granted on it and never heard of may have been posted since, and the lease with it: its number is not to be used again.
                if (cell.Granted == 0) Retire(account, cell);
                else SetDue(account);
                continue;
            }

            account.IsExact = false;
            // Requests go on in their slots: an owner that still knows of those must not give them to others.
            if (cell.Kind == AccountKind.Concurrency) Retire(account, cell);
            else (account.Older, account.Cell) = (cell.Granted > 0 ? cell : null, null);
        }
    }

    private void Apply(LeaseGrant grant)
    {
        if (Find(grant) is not { } cell) return;
        // It is over, though the edge's own clock may not say so yet.
        if (grant.Lifetime == TimeSpan.Zero) Extend(cell, grant.Lifetime);
        if (grant.Lifetime == TimeSpan.Zero && !cell.IsRetired) Retire(cell.Account, cell);
        if (grant.Granted < cell.Granted) return;
        // With nothing out it may go on in the next period, but in the journal a lease has one.
        if (cell.Granted == 0 || (cell.Out == 0 && !cell.IsMoney)) cell.Period = grant.Period;
        // Before anything of it can be held.
        if (cell is { IsMoney: true, Granted: 0 } && grant.Granted > 0) cell.Journalled = core.Journal.Opened(grant.Account, grant.Lease, grant.Period);
        cell.Unclaimed += grant.Granted - cell.Granted;
        cell.Granted = grant.Granted;
        Extend(cell, grant.Lifetime);
        EndIfChanged(cell);
        // The next period has begun: what is of this one goes back, and never into that.
        if (grant.Period != cell.Period && !cell.IsRetired) Retire(cell.Account, cell);
    }

    // From when the request was first sent: the owner counts from later, however slow the network was. Two clocks may differ by 500 ppm each.
    private void Extend(Cell cell, TimeSpan lifetime)
    {
        if (lifetime == TimeSpan.MaxValue)
        {
            (cell.Deadline, cell.RenewAt) = (long.MaxValue, long.MaxValue);
            return;
        }

        cell.Deadline = Math.Max(1, _sentAt + lifetime.Ticks - (lifetime.Ticks / 1000) - 1);
        // Of one that is over there is nothing to renew: the owner hears of it again when something of it has ended.
        cell.RenewAt = lifetime > TimeSpan.Zero ? _sentAt + (lifetime.Ticks / 2) : long.MaxValue;
    }

    // In this order: whoever changes the account first says so, and then ends the lease.
    private static void EndIfChanged(Cell cell)
    {
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref cell.Account.IsChanged) != 0 && !cell.IsRetired) cell.Deadline = 0;
    }

    private void EndTakes(IReadOnlyList<TakeResult> results, long now)
    {
        foreach (var take in _sentTakes)
        {
            var result = results.FirstOrDefault(r => r.Id == take.Id, new TakeResult(take.Id, null, Denial.Unavailable, default));
            if (result.Denial == Denial.None) Grant(take, result.Delay, now);
            else take.End(result.Denial, take.Items.FirstOrDefault(i => i.Account.Id == result.Binding).Account, result.Delay);
        }

        _sentTakes.Clear();
    }

    private static void Grant(PendingTake take, TimeSpan delay, long now)
    {
        foreach (var item in take.Items)
        {
            // The answer took longer than the lease lives: asked at once again there may be another.
            if (item.Cell!.Unclaimed >= item.Units && now < item.Cell.Deadline && !item.Cell.IsRetired) continue;
            take.End(Denial.NotNow, item.Account, default);
            return;
        }

        if (take.IsAbandoned || !take.Hold.TryEnter())
        {
            take.End(Denial.NotNow, null, default);
            return;
        }

        take.Hold.Begin();
        foreach (var item in take.Items)
        {
            item.Cell!.Unclaimed -= item.Units;
            take.Hold.Add(item.Cell, item.Units);
        }

        var isHeld = take.Hold.JournalOrUndo();
        take.Hold.Leave();
        take.End(isHeld ? Denial.None : Denial.Unavailable, null, isHeld ? delay : default);
    }

    /// <summary>What no take has claimed is to hand.</summary>
    private void Release(LeaseGrant grant)
    {
        if (Find(grant) is not { } cell) return;
        if (cell.Unclaimed > 0) cell.GiveBack(cell.Unclaimed);
        cell.Unclaimed = 0;
        if (cell.IsRetired) return;
        var account = cell.Account;
        account.LeftAtOwner = grant.Left;
        if (grant.IsExact != account.IsExact)
        {
            account.IsExact = grant.IsExact;
            SetDue(account);
        }

        if (cell.Return(grant.Recall) > 0)
        {
            account.IsRecalled = true;
            SetDue(account);
        }

        cell.LowWater = cell.ToHand / 2;
    }

    private Cell? Find(LeaseGrant grant)
    {
        if (core.Find(owner, grant.Account)?.Cell is { } cell && cell.Lease == grant.Lease) return cell;
        return _retired.Find(c => c.Lease == grant.Lease) ?? _sentFinals.Find(c => c.Lease == grant.Lease);
    }

    private void CloseFinals(bool isUnheard, long now)
    {
        if (isUnheard)
        {
            // The totals of those that live are reported again with the next visits.
            foreach (var account in _accounts) account.Cell?.ReportedSpent = -1;
        }

        foreach (var cell in _sentFinals)
        {
            if (isUnheard) _quietUntil[cell] = now + Settings.VisitEvery.Ticks;
            else _quietUntil.Remove(cell);
            // Or something was granted after all: it goes back.
            if (isUnheard || cell.Out > 0) _retired.Add(cell);
            else if (cell.IsMoney && cell.Granted > 0) core.Journal.Closed(cell.Journalled);
        }

        _sentFinals.Clear();
    }
}
