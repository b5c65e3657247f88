namespace OrleansGateway.Storage.Usage;

/// <summary>What one transaction can write to usage; it is the same in both databases, and what is written is decided once.</summary>
internal interface IUsageTransaction
{
    /// <summary>Number of the last time that tuples were deleted: numbers of tuples are known for sure until it changes. Until the transaction ends it does not.</summary>
    ValueTask<long> EpochAsync();

    /// <summary>How many tuples each tenant has.</summary>
    ValueTask<IReadOnlyDictionary<string, int>> TenantsAsync();

    /// <summary>Those of the tuples that are there.</summary>
    ValueTask<IReadOnlyList<StoredTuple>> FindTuplesAsync(IReadOnlyList<UsageTuple> tuples);

    /// <summary>Adds those that are not there, and raises the last day of the others. In the order asked for.</summary>
    ValueTask<IReadOnlyList<StoredTuple>> PutTuplesAsync(IReadOnlyList<(UsageTuple Tuple, long LastDay)> tuples);

    /// <summary>Adds those that are not there; answers for each whether it was new. Sorted by id, so that two who write wait for each other in one order.</summary>
    ValueTask<bool[]> AddRecordsAsync(IReadOnlyList<StoredUsage> rows);

    /// <summary>Adds to rollups; sorted, as records are.</summary>
    ValueTask AddSumsAsync(UsageTable table, IReadOnlyList<RollupRow> rows);
}

/// <param name="Tuple">What.</param>
/// <param name="Id">Its number.</param>
/// <param name="LastDay">Begin of the last day that it was used on; it is deleted when that day is.</param>
internal readonly record struct StoredTuple(UsageTuple Tuple, long Id, long LastDay);

/// <param name="Id">The record's.</param>
/// <param name="At">When.</param>
/// <param name="Tuple">Under what it is counted.</param>
/// <param name="RequestId">The request's id.</param>
/// <param name="Tags">Numbers of the tuples of its tags, as <see cref="TagList"/> writes them.</param>
/// <param name="Record">As <c>UsageRecordCodec</c> writes it.</param>
internal readonly record struct StoredUsage(Guid Id, long At, long Tuple, string RequestId, byte[] Tags, byte[] Record);

internal readonly record struct RollupRow(long Bucket, long Tuple, long[] Sums);
