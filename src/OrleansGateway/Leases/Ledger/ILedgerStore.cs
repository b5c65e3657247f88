namespace OrleansGateway.Leases.Ledger;

/// <summary>
/// Where the money of owners is kept. All that an owner has is written under one version, which each write raises by one: of two who take themselves for the
/// owner, one finds out at its next write, before anything it grants is usable.
/// </summary>
internal interface ILedgerStore
{
    /// <summary>
    /// Takes an owner over: raises its epoch and its version, so that whoever had it before can write no more, and reads all rows but those of closed leases and past
    /// periods with nothing open. An owner that was never heard of begins with epoch 1.
    /// </summary>
    ValueTask<LedgerRecord> AcquireAsync(string owner, CancellationToken cancellation);

    /// <summary>
    /// Writes all of it, durably, in one transaction; nothing if the version is not the expected one any more. Throws <see cref="LedgerException"/> if that failed, or nobody knows
    /// whether it did: acquire anew then.
    /// </summary>
    ValueTask<LedgerOutcome> WriteAsync(LedgerWrite write, CancellationToken cancellation);

    /// <summary>Reads without taking over; none if the owner was never heard of.</summary>
    ValueTask<LedgerRecord?> ReadAsync(string owner, CancellationToken cancellation);

    /// <summary>Owners that have leases which are not closed, and belong to none of these sessions.</summary>
    ValueTask<IReadOnlyList<string>> OwnersOfOthersAsync(IReadOnlyList<Guid> sessions, CancellationToken cancellation);
}

/// <summary>The ledger cannot be read or written, or nobody knows whether a write was.</summary>
internal sealed class LedgerException(string message, Exception? inner = null) : Exception(message, inner);

internal enum LedgerOutcome
{
    Written,

    /// <summary>Another has taken over.</summary>
    Fenced,
}
