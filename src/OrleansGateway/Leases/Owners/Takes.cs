namespace OrleansGateway.Leases.Owners;

/// <summary>Gives a request all it needs of several accounts, or nothing.</summary>
internal sealed class Takes(OwnerAccounts accounts)
{
    private readonly List<(OwnerAccount Account, OwnerLease Lease, long Units, TimeSpan Delay)> _items = [];

    public PendingTake Decide(Guid session, TakeRequest take, in OwnerTime now)
    {
        _items.Clear();
        var (worst, delay) = (Verdict.Yes, TimeSpan.Zero);
        AccountId? binding = null;
        foreach (var item in take.Items)
        {
            var verdict = Ask(session, take, item, now, ref delay);
            if (!verdict.Outweighs(worst) && (verdict != worst || binding is not { } other || Compare(item.Account, other) >= 0)) continue;
            (worst, binding) = (verdict, item.Account);
        }

        if (worst.Denial != Denial.None) return new PendingTake(take, binding, worst, []);
        var granted = new (OwnerAccount Account, OwnerLease Lease, long Units)[_items.Count];
        for (var i = 0; i < granted.Length; i++) granted[i] = Give(_items[i], take.Priority, now);
        return new PendingTake(take, null, new Verdict(Denial.None, delay), granted);
    }

    private static int Compare(AccountId a, AccountId b) =>
        string.CompareOrdinal(a.Rule, b.Rule) is var rule && rule != 0 ? rule : string.CompareOrdinal(a.Scope, b.Scope);

    private static (OwnerAccount Account, OwnerLease Lease, long Units) Give(
        (OwnerAccount Account, OwnerLease Lease, long Units, TimeSpan Delay) item, byte priority, in OwnerTime now)
    {
        if (item.Delay > TimeSpan.Zero) ((BucketAccount)item.Account).Promise(item.Lease, item.Units, item.Delay, now);
        else item.Account.Grant(item.Lease, item.Units, now);
        item.Account.Reserves?.Take(priority, item.Units);
        return (item.Account, item.Lease, item.Units);
    }

    private Verdict Ask(Guid session, TakeRequest take, TakeItem item, in OwnerTime now, ref TimeSpan delay)
    {
        var account = accounts.Find(item.Account, now);
        if (account is null || !accounts.IsAtHand(account)) return new Verdict(Denial.Unavailable, TimeSpan.Zero);
        // A lease that is over: the edge asks again on a new one.
        if (account.Find(session, item.Lease) is not { } lease || !account.MayGrantOn(lease)) return Verdict.NotNow(TimeSpan.Zero);
        var units = item.Units;
        // A take may name an account twice.
        foreach (var other in _items) units += other.Account == account ? other.Units : 0;
        var verdict = account.Check(units, take.Priority, now);
        var isLater = verdict.Denial == Denial.NotNow && verdict.Delay <= take.WaitMax && account is BucketAccount { Reserves: null };
        _items.Add((account, lease, item.Units, isLater ? verdict.Delay : TimeSpan.Zero));
        if (!isLater) return verdict;
        if (verdict.Delay > delay) delay = verdict.Delay;
        return Verdict.Yes;
    }
}
