using OrleansGateway.Leases.Ledger;

namespace OrleansGateway.Leases.Owners;

/// <summary>Where an owner stands: for <c>explain</c>, and to check it.</summary>
/// <param name="Epoch">Its life, as edges know it.</param>
/// <param name="IsMoneyKnown">Whether the ledger's rows are at hand. If not, money is unavailable.</param>
/// <param name="Accounts">All accounts in memory.</param>
internal sealed record OwnerView(long Epoch, bool IsMoneyKnown, IReadOnlyList<OwnerAccountView> Accounts);

/// <summary>One account at its owner.</summary>
/// <param name="Id">Which.</param>
/// <param name="Spec">What it is.</param>
/// <param name="Limit">The most it holds; of a budget with credits and adjustments.</param>
/// <param name="Level">What may be granted now; negative if it owes.</param>
/// <param name="Out">Units at edges that are not proven spent, suspense included.</param>
/// <param name="Phantom">Units that leases of an earlier owner are taken to have.</param>
/// <param name="Suspense">Of what is out, what nobody knows the end of.</param>
/// <param name="Posted">Units spent for good: in the period or window.</param>
/// <param name="Period">The period; 0 without.</param>
/// <param name="IsExact">Whether each request asks.</param>
/// <param name="Reset">How long until it is whole, with no other traffic; zero if it is, or never will be.</param>
/// <param name="Holders">Who has leases with units out.</param>
internal sealed record OwnerAccountView(
    AccountId Id,
    AccountSpec Spec,
    long Limit,
    long Level,
    long Out,
    long Phantom,
    long Suspense,
    long Posted,
    long Period,
    bool IsExact,
    TimeSpan Reset,
    IReadOnlyList<HolderView> Holders)
{
    internal static OwnerAccountView Of(OwnerAccount account, in OwnerTime now)
    {
        var holders = new List<HolderView>();
        var suspense = 0L;
        for (var lease = account.Leases; lease is not null; lease = lease.Next)
        {
            if (lease.Out == 0) continue;
            var isSuspense = lease.State == LeaseState.Suspense;
            if (isSuspense) suspense += lease.Out;
            holders.Add(new HolderView(lease.Session, lease.Number, lease.Period, lease.Granted, lease.Spent, lease.Returned, isSuspense));
        }

        return new OwnerAccountView(
            account.Id,
            account.Spec,
            account.Limit,
            account.Level,
            account.Out,
            account.Phantom,
            suspense,
            account.Posted,
            account.Period,
            account.IsExact,
            account.ResetAfter(now),
            holders);
    }
}

/// <summary>Accounts of a slice that are nearly used up.</summary>
/// <param name="Accounts">The fullest first.</param>
/// <param name="Looked">How many were looked at. Where accounts come and go meanwhile, one may be in two slices or in none.</param>
/// <param name="Next">Where the next slice begins; none if this was the last.</param>
internal sealed record NearSlice(IReadOnlyList<OwnerAccountView> Accounts, int Looked, int? Next);

/// <summary>A lease with units out.</summary>
internal readonly record struct HolderView(Guid Session, long Lease, long Period, long Granted, long Spent, long Returned, bool IsSuspense);
