namespace OrleansGateway.Usage;

/// <summary>Records in the order in which they were applied, numbered upwards. Throws <see cref="UsageStoreException"/>.</summary>
internal interface IUsageSequence
{
    /// <summary>Number of the record that was applied last; 0 if there is none.</summary>
    ValueTask<long> LastAsync(CancellationToken cancellation);

    /// <summary>The first of those behind that number, with their own.</summary>
    ValueTask<IReadOnlyList<(long Number, UsageRecord Record)>> BehindAsync(long number, int most, CancellationToken cancellation);
}
