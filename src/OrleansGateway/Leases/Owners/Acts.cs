using OrleansGateway.Leases.Ledger;

namespace OrleansGateway.Leases.Owners;

/// <summary>What operators do to budgets. The ledger knows the ids of all acts for ever; here the last ones are known, with what came of them.</summary>
internal sealed class Acts(OwnerAccounts accounts, LedgerDraft draft)
{
    private const int KnownMax = 1000;

    private readonly Dictionary<string, BudgetActResult> _known = [];

    public BudgetActResult? Find(string id) => _known.GetValueOrDefault(id);

    public void Forget(string id) => _known.Remove(id);

    public BudgetActResult Do(BudgetAct act, in OwnerTime now)
    {
        if (!accounts.IsLedgerKnown) return No("The ledger cannot be reached.");
        if (accounts.Find(act.Account, now) is not LedgerAccount account) return No($"There is no budget {act.Account}.");
        var period = act.Kind == BudgetActKind.Correct ? account.Find(act.Period) ?? account.Current : account.Current;
        var before = period.ToRow();
        if (Apply(account, act, now, out var amount) is { } fault) return new BudgetActResult(fault, before, before);
        account.Touch(account.Current);
        draft.Adjustment = new AdjustmentRow(act.Id, act.Account, act.Kind == BudgetActKind.Correct ? act.Period : account.Current.Number, Word(act.Kind), amount, act.Actor, act.Reason, now.Utc);
        if (_known.Count >= KnownMax) _known.Clear();
        return _known[act.Id] = new BudgetActResult(null, before, period.ToRow());
    }

    private static BudgetActResult No(string fault) => new(fault, null, null);

    private static string Word(BudgetActKind kind) => kind switch
    {
        BudgetActKind.Reset => "reset",
        BudgetActKind.Grant => "grant",
        BudgetActKind.Refund => "refund",
        BudgetActKind.Adjust => "adjust",
        BudgetActKind.Correct => "correct",
        _ => "settle",
    };

    /// <summary>Does it, and answers why not if it cannot be; nothing has changed then.</summary>
    private static string? Apply(LedgerAccount account, BudgetAct act, in OwnerTime now, out long amount)
    {
        amount = act.Amount;
        switch (act.Kind)
        {
            case BudgetActKind.Reset:
                amount = -Reset(account);
                return null;
            case BudgetActKind.Grant:
                return Grant(account, act, now);
            case BudgetActKind.Refund:
                return Refund(account, act.Amount);
            case BudgetActKind.Adjust:
                return Adjust(account, act.Amount);
            case BudgetActKind.Correct:
                amount = account.Correct(act.Period, act.Amount, act.At, now);
                return null;
            default:
                return Settle(account, act, now);
        }
    }

    private static long Reset(LedgerAccount account)
    {
        var row = account.Current;
        var posted = row.Posted + account.Rolling.Sum;
        row.Raise(account.Rolling.Sum);
        account.Rolling.Clear();
        row.Available += row.Posted;
        row.Posted = 0;
        return posted;
    }

    private static string? Grant(LedgerAccount account, BudgetAct act, in OwnerTime now)
    {
        if (act.Amount <= 0) return "A grant must be more than nothing.";
        if (act.ExpiresAt <= now.Utc) return "A grant cannot have expired already.";
        if (act.Amount > long.MaxValue - account.Limit) return "That is more than an account can hold.";
        if (account.Credits.Has(act.Id)) return "There is a grant with this id.";
        account.Current.Raise(act.Amount);
        account.Credits.Add(new CreditRow(account.Id, act.Id, act.Amount, 0, act.Priority, now.Utc, act.ExpiresAt, act.RollsOver));
        return null;
    }

    private static string? Refund(LedgerAccount account, long amount)
    {
        var row = account.Current;
        if (amount <= 0) return "A refund must be more than nothing.";
        if (amount > row.Posted) return "That is more than was spent in this period.";
        row.Posted -= amount;
        row.Available += amount;
        return null;
    }

    private static string? Adjust(LedgerAccount account, long amount)
    {
        var limit = (Int128)account.Limit + amount;
        if (limit < 0) return "The limit cannot be less than nothing.";
        if (limit > long.MaxValue) return "That is more than an account can hold.";
        account.Current.Raise(amount);
        return null;
    }

    private static string? Settle(LedgerAccount account, BudgetAct act, in OwnerTime now)
    {
        if (account.Suspense.Find(act.Session, act.Hold ?? "", act.Lease) is not { } row) return "There is no such hold in suspense.";
        if (account.Find(act.Session, act.Lease) is not { State: LeaseState.Suspense } lease) return "The lease of this hold is not in suspense.";
        if (act.Amount < 0 || act.Amount > row.Amount) return "It cannot have cost less than nothing, or more than was held.";
        account.Suspense.Settle(row, act.Amount);
        account.Resolve(lease, act.Amount, row.Amount - act.Amount, now);
        return null;
    }
}
