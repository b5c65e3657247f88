namespace OrleansGateway.Leases.Owners;

/// <summary>Something an owner is asked to do, in its turn.</summary>
internal abstract class OwnerJob
{
    /// <summary>Whether it needs the ledger's rows.</summary>
    public abstract bool NeedsLedger(OwnerCore core, OwnerTime now);

    /// <summary>It cannot be done.</summary>
    public abstract void Fail(Exception exception);
}

/// <summary>An edge's request. Those that wait at the same time are decided, and written, together.</summary>
internal sealed class RequestJob(LeaseRequest request) : OwnerJob
{
    private readonly TaskCompletionSource<LeaseReply> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public LeaseRequest Request => request;

    public Task<LeaseReply> Done => _done.Task;

    public override bool NeedsLedger(OwnerCore core, OwnerTime now) => core.TouchesLedger(request, now);

    public override void Fail(Exception exception) => _done.TrySetException(exception);

    public void Answer(LeaseReply reply) => _done.TrySetResult(reply);
}

/// <summary>A step of another kind: an act, a recovery, a sweep.</summary>
/// <param name="needsLedger">Whether it needs the ledger's rows.</param>
/// <param name="begin">Begins the step; null if there is nothing to do.</param>
internal sealed class StepJob(bool needsLedger, Func<OwnerCore, OwnerTime, OwnerStep?> begin) : OwnerJob
{
    private readonly TaskCompletionSource<OwnerStep?> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The step, once it is durable.</summary>
    public Task<OwnerStep?> Done => _done.Task;

    public override bool NeedsLedger(OwnerCore core, OwnerTime now) => needsLedger;

    public OwnerStep? Begin(OwnerCore core, OwnerTime now) => begin(core, now);

    public override void Fail(Exception exception) => _done.TrySetException(exception);

    public void Answer(OwnerStep? step) => _done.TrySetResult(step);
}
