namespace OrleansGateway.Leases.Edges;

/// <summary>
/// Looks at each account once in a while. One hand goes round over all of them, so that a million idle accounts cost neither a timer each nor a burst; those without use for
/// some rounds are forgotten.
/// </summary>
internal sealed partial class OwnerLink
{
    private int _hand;
    private long _visitedAt;
    private Int128 _owed;

    public void Visit(long now)
    {
        LookAtMarked(now);
        var every = Settings.VisitEvery.Ticks / (IsCrowded ? 2 : 1);
        _owed += (Int128)Math.Clamp(now - _visitedAt, 0, every) * _accounts.Count;
        _visitedAt = now;
        var visits = (int)(_owed / every);
        if (visits < Math.Min(_accounts.Count, Settings.VisitedAtOnce)) return;
        _owed %= every;
        for (; visits > 0 && _accounts.Count > 0; visits--)
        {
            if (_hand >= _accounts.Count) _hand = 0;
            // One that is forgotten is replaced by the last.
            if (VisitOne(_accounts[_hand], now)) _hand++;
        }
    }

    /// <summary>All that was spent until now is said with the next request.</summary>
    public void ReportAll()
    {
        foreach (var account in _accounts)
        {
            if (account.Cell is { } cell && cell.Spent != cell.ReportedSpent) SetDue(account);
        }
    }

    private bool IsCrowded => core.AccountCount > Settings.AccountsAtEase;

    /// <summary>False if it was forgotten.</summary>
    private bool VisitOne(Account account, long now)
    {
        var idle = account.Demand.Visit(account.Cell, now);
        var isCrowded = IsCrowded;
        if (account.Older is { } older && now >= older.Deadline) account.Older = null;
        if (account.Cell is not { } cell)
        {
            return !TryForget(account, idle, isCrowded ? TimeSpan.Zero : Settings.VisitEvery);
        }

        if (cell.IsExpired(now)) Retire(account, cell);
        else if (idle >= (cell.IsMoney ? Settings.MoneyKept : Settings.RateKept)) GiveUp(account, cell, now);
        else if (isCrowded && idle > TimeSpan.Zero && !cell.IsMoney) GiveUp(account, cell, now);
        else if (idle == default || NeedsReport(cell, now)) SetDue(account);
        return !isCrowded || account.Cell is not null || !TryForget(account, idle, TimeSpan.Zero);
    }

    // Of a lease with nothing out there is nothing to renew.
    private bool NeedsReport(Cell cell, long now) => cell.Spent != cell.ReportedSpent || (cell.Out > 0 && now + Settings.VisitEvery.Ticks >= cell.RenewAt);

    private void GiveUp(Account account, Cell cell, long now)
    {
        var returned = cell.Return(long.MaxValue);
        // What is held may go on for long: the lease is renewed until it ends.
        if (cell.Out == 0) Retire(account, cell);
        else if (returned > 0 || NeedsReport(cell, now)) SetDue(account);
    }

    private bool TryForget(Account account, TimeSpan idle, TimeSpan idleMax)
    {
        if (idle <= idleMax || account.Older is not null || Volatile.Read(ref account.Waiting) > 0) return false;
        Forget(account);
        return true;
    }

    private void Forget(Account account)
    {
        var last = _accounts[^1];
        _accounts[account.Place] = last;
        last.Place = account.Place;
        _accounts.RemoveAt(_accounts.Count - 1);
        account.Place = -1;
        core.Forget(account);
    }
}
