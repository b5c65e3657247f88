namespace OrleansGateway.Leases.Edges;

/// <summary>A request that waits for exact units of one owner's accounts. Belongs to whoever deals with that owner, until it has ended.</summary>
internal sealed class PendingTake(long id, Hold hold, TakeUnits[] items, byte priority, TimeSpan waitMax)
{
    private TaskCompletionSource? _ended;

    public long Id => id;

    public Hold Hold => hold;

    public TakeUnits[] Items => items;

    public byte Priority => priority;

    public TimeSpan WaitMax => waitMax;

    public bool IsEnded { get; private set; }

    /// <summary>Whether the units are in the hold, or why not. Until it has ended nobody can say.</summary>
    public Denial Denial { get; private set; } = Denial.Unavailable;

    /// <summary>Once denied: the account that has not enough; none if nobody can say.</summary>
    public Account? Binding { get; private set; }

    /// <summary>Once granted: how long the request must wait first. Once denied for now: when the same will succeed, with no other traffic.</summary>
    public TimeSpan Delay { get; private set; }

    /// <summary>Whether nobody waits for it any more: what is granted to it is free.</summary>
    public bool IsAbandoned { get; set; }

    /// <summary>Whether it is for an account that only counts what it would have refused.</summary>
    public bool IsShadow { get; set; }

    /// <summary>Ends with the take. To be asked for by whoever deals with the owner.</summary>
    public Task WhenEnded() => IsEnded ? Task.CompletedTask : (_ended ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    /// <summary>Takes it from what is to hand, all or nothing.</summary>
    public bool TryServe(long now)
    {
        if (!hold.TryEnter()) return false;
        hold.Begin();
        var isServed = true;
        foreach (var item in items)
        {
            isServed = hold.TryTake(item.Account, item.Units, now);
            if (!isServed) break;
        }

        if (!isServed) hold.UndoTo(hold.LastMark, isJournalled: false);
        else isServed = hold.JournalOrUndo();
        hold.Leave();
        return isServed;
    }

    public void End(Denial denial, Account? binding, TimeSpan delay)
    {
        (IsEnded, Denial, Binding, Delay) = (true, denial, binding, delay);
        _ended?.TrySetResult();
    }
}

/// <summary>What a take needs of one account, and the lease that it comes from once that is known.</summary>
internal record struct TakeUnits(Account Account, long Units)
{
    public Cell? Cell { get; set; }
}
