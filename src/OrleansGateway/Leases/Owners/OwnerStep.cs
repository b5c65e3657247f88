using OrleansGateway.Leases.Ledger;

namespace OrleansGateway.Leases.Owners;

/// <summary>What an owner has decided and not yet said: it becomes usable when <see cref="Write"/> is durable, by <see cref="OwnerCore.End"/>.</summary>
internal sealed class OwnerStep
{
    /// <summary>What must be durable first; null if nothing.</summary>
    public LedgerWrite? Write { get; init; }

    /// <summary>Of an act: what comes of it once the step has ended as written; of one that was done before, or cannot be done, what came of it.</summary>
    public BudgetActResult? Act { get; set; }

    /// <summary>Of an act that is to be written: its id.</summary>
    public string? ActId { get; init; }

    /// <summary>Answers in the making, in the order of the requests.</summary>
    internal IReadOnlyList<PendingReply> Replies { get; init; } = [];
}
