using OrleansGateway.Leases;
using OrleansGateway.Leases.Ledger;
using OrleansGateway.Usage;

namespace OrleansGateway.Tests.Accounting;

/// <summary>Lets the n-th thing fail that is written to the log of usage or to budgets: before it is done, or after it and before anybody is told.</summary>
internal sealed class FailingStep
{
    private int _left;

    public bool HasFailed { get; private set; }

    /// <summary>From now on, counted from 1; 0 for none.</summary>
    public void Arm(int step)
    {
        HasFailed = false;
        Volatile.Write(ref _left, step);
    }

    public IUsageLog On(IUsageLog log) => new Log(this, log);

    public IBudgets On(IBudgets budgets) => new Acts(this, budgets);

    private void Step(Func<Exception> failure)
    {
        if (Interlocked.Decrement(ref _left) != 0) return;
        HasFailed = true;
        throw failure();
    }

    private sealed class Log(FailingStep step, IUsageLog log) : IUsageLog
    {
        public bool HasRoom => log.HasRoom;

        public bool TryAppend(ReadOnlySpan<UsageRecord> records)
        {
            step.Step(Failure);
            var isWritten = log.TryAppend(records);
            step.Step(Failure);
            return isWritten;
        }

        public async Task FlushAsync(CancellationToken cancellation)
        {
            step.Step(Failure);
            await log.FlushAsync(cancellation);
            step.Step(Failure);
        }

        private static UsageStoreException Failure() => new("cut off");
    }

    private sealed class Acts(FailingStep step, IBudgets budgets) : IBudgets
    {
        public ValueTask<LedgerRecord?> ReadAsync(string owner, CancellationToken cancellation) => budgets.ReadAsync(owner, cancellation);

        public async ValueTask<BudgetActResult> ActAsync(string owner, BudgetAct act, CancellationToken cancellation)
        {
            step.Step(Failure);
            var done = await budgets.ActAsync(owner, act, cancellation);
            step.Step(Failure);
            return done;
        }

        private static LedgerException Failure() => new("cut off");
    }
}
