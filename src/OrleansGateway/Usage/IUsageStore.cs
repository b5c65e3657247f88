namespace OrleansGateway.Usage;

/// <summary>Where records are kept, with the rollups that are made of them. SQLite on one machine, PostgreSQL for a cluster.</summary>
internal interface IUsageStore
{
    /// <summary>
    /// Adds the records that are not there yet, and their part in all rollups, in one transaction. Whoever is told that it failed, or is told nothing, applies them again. Throws
    /// <see cref="UsageStoreException"/>; and <see cref="ArgumentException"/>, before anything is written, for records with a figure beyond 10^15 (a million dollars, 31 years): such a one
    /// must be set aside, for nobody can sum it up, and applied again it would be refused again.
    /// </summary>
    ValueTask<UsageApplied> ApplyAsync(IReadOnlyList<UsageRecord> records, CancellationToken cancellation);

    /// <summary>
    /// Deletes what is older than the cutoffs, and answers how many rows that were. A record's id is kept as long as the record: a replay must not be older than that.
    /// </summary>
    ValueTask<long> PurgeAsync(UsageCutoffs cutoffs, CancellationToken cancellation);
}

/// <summary>What became of a batch.</summary>
/// <param name="Added">Records that were new.</param>
/// <param name="Known">Records that were there already.</param>
internal readonly record struct UsageApplied(int Added, int Known);

/// <summary>How far back usage is kept. Each instant must not lie before the one to its left.</summary>
/// <param name="Days">Rollups of days that began before this go.</param>
/// <param name="Hours">Rollups of hours.</param>
/// <param name="Records">Records, and rollups of minutes.</param>
internal readonly record struct UsageCutoffs(DateTimeOffset Days, DateTimeOffset Hours, DateTimeOffset Records);

/// <summary>The store cannot be read or written, or nobody knows whether a write was.</summary>
internal sealed class UsageStoreException(string message, Exception? inner = null) : Exception(message, inner);
