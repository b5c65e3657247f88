namespace OrleansGateway.Storage.Usage;

/// <summary>Reads usage as it is at one instant, whoever writes meanwhile.</summary>
internal interface IUsageSource
{
    /// <summary>Throws <see cref="OrleansGateway.Usage.UsageStoreException"/>.</summary>
    ValueTask<T> ReadAsync<T>(Func<IUsageSnapshot, ValueTask<T>> read, CancellationToken cancellation);
}

/// <summary>What can be read; what it means is the same for both databases. Rows are handed to a function: there may be more than fit the memory.</summary>
internal interface IUsageSnapshot
{
    ValueTask<UsageKept> KeptAsync();

    ValueTask TuplesAsync(UsageFilter filter, Action<long, UsageTuple> row);

    /// <summary>Rollups of those tuples from the tables of the filter's view, by the chunks' places in their list; of one chunk a tuple may come several times.</summary>
    ValueTask SumsAsync(IReadOnlyList<UsageChunk> chunks, UsageFilter filter, SumsHandler row);

    /// <summary>Rollups one by one.</summary>
    ValueTask RollupsAsync(UsageTable table, long from, long to, RollupHandler row);

    /// <summary>Records in order of time and id.</summary>
    ValueTask<IReadOnlyList<StoredUsage>> RecordsAsync(RecordRange range, int most);

    /// <summary>When the first record or rollup from then on is; none if there is none.</summary>
    ValueTask<long?> NextAsync(long from);
}

internal delegate void SumsHandler(int chunk, long tuple, ReadOnlySpan<long> sums);

internal delegate void RollupHandler(long bucket, long tuple, ReadOnlySpan<long> sums);

/// <summary>A stretch of time of one table.</summary>
/// <param name="Grain">Which table.</param>
/// <param name="From">From there.</param>
/// <param name="To">Before there.</param>
/// <param name="Step">Place of the step whose part it is.</param>
/// <param name="Sign">1 if it is added, -1 if it was added with others and must go.</param>
/// <param name="IsShared">Whether the step that follows has the same with the other sign: what one day has before a midnight, the next has not.</param>
internal readonly record struct UsageChunk(UsageGrain Grain, long From, long To, int Step, int Sign, bool IsShared = false);

/// <summary>Which records are read.</summary>
internal sealed record RecordRange
{
    public long From { get; init; } = long.MinValue;
    public long To { get; init; } = long.MaxValue;
    public UsageFilter? Filter { get; init; }
    public string? RequestId { get; init; }
    public (long At, Guid Id)? After { get; init; }
    public bool NewestFirst { get; init; }
}
