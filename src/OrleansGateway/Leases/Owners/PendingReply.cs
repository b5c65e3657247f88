namespace OrleansGateway.Leases.Owners;

/// <summary>An answer in the making.</summary>
internal sealed class PendingReply(LeaseRequest request)
{
    public LeaseRequest Request => request;

    /// <summary>The answer, if it needs no deciding.</summary>
    public LeaseReply? Ready { get; set; }

    /// <summary>The same request, decided in the same step.</summary>
    public PendingReply? SameAs { get; init; }

    public OwnerSession? Session { get; init; }

    /// <summary>When it was decided: lifetimes count from then.</summary>
    public OwnerTime At { get; init; }

    /// <summary>Leases of which the answer tells; none of those with a number that the owner does not know.</summary>
    public List<(OwnerAccount Account, OwnerLease? Lease, long Number)> Leases { get; } = [];

    public List<PendingTake> Takes { get; } = [];

    /// <summary>Whether something of it has to do with the ledger.</summary>
    public bool IsLedgered { get; set; }

    /// <summary>Whether reports to the ledger could not be taken down.</summary>
    public bool IsUnheard { get; set; }

    public bool NeedsDeciding => Ready is null && SameAs is null;
}

/// <summary>What was decided of a take, and what has been granted for it.</summary>
internal sealed record PendingTake(TakeRequest Take, AccountId? Binding, Verdict Verdict, IReadOnlyList<(OwnerAccount Account, OwnerLease Lease, long Units)> Granted)
{
    public TakeResult ToResult() => new(Take.Id, Binding, Verdict.Denial, Verdict.Delay);

    public bool IsLedgered => Granted.Any(g => g.Account.IsLedgered);

    /// <summary>What was granted of it cannot be made durable: the rest goes back.</summary>
    public TakeResult Fail()
    {
        foreach (var (account, lease, units) in Granted)
        {
            if (!account.IsLedgered) account.Undo(lease, units);
        }

        return new TakeResult(Take.Id, Granted.First(g => g.Account.IsLedgered).Account.Id, Denial.Unavailable, TimeSpan.Zero);
    }
}
