namespace OrleansGateway.Usage;

/// <summary>
/// The edge's own log of usage, on its disk: what was appended is there after <c>kill -9</c>, and after a power failure but for the last group of milliseconds. From it records go
/// to the <see cref="IUsageStore"/>, in order, as often as it takes. Thread-safe; appending neither waits nor allocates.
/// </summary>
internal interface IUsageLog
{
    /// <summary>
    /// Whether a call may begin: there is room for its records and for those of all calls in flight. False only where the policy is to refuse rather than lose records.
    /// </summary>
    bool HasRoom { get; }

    /// <summary>Appends all records of one call, or none of them; false if the log is full or the disk is broken: they are lost then, and counted.</summary>
    bool TryAppend(ReadOnlySpan<UsageRecord> records);

    /// <summary>Waits until all that was appended before is in the store.</summary>
    Task FlushAsync(CancellationToken cancellation);
}
