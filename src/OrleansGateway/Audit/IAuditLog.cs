namespace OrleansGateway.Audit;

/// <summary>
/// Every change that was made, in order, for ever. A port: SQLite on one machine, PostgreSQL in a cluster. What a store changes, it notes by itself
/// in the same transaction; <see cref="AppendAsync"/> is for changes that no store keeps.
/// </summary>
internal interface IAuditLog
{
    /// <summary>Adds a change. It has reached the disk when it returns.</summary>
    Task AppendAsync(AuditEntry entry, CancellationToken cancellation);

    /// <summary>Some of the records that match, newest first.</summary>
    Task<AuditPage> ListAsync(AuditFilter filter, CancellationToken cancellation);

    /// <summary>All records that match, oldest first, read as a stream; <c>Limit</c> and <c>Before</c> do not count.</summary>
    IAsyncEnumerable<AuditRecord> ReadAllAsync(AuditFilter filter, CancellationToken cancellation);

    /// <summary>Reads all and says whether it is as it was written.</summary>
    Task<AuditVerdict> VerifyAsync(CancellationToken cancellation);

    /// <summary>The record at that place; none if there is none.</summary>
    Task<AuditRecord?> FindAsync(long sequence, CancellationToken cancellation);
}

/// <summary>
/// Which records to list, and how many at most, from 1. <c>Before</c> is where the page before ended, its <see cref="AuditPage.Next"/>. An action that
/// ends with a dot, such as <c>key.</c>, stands for all that begin so. <c>Since</c> is the first instant that counts, <c>Until</c> the first that does not.
/// <c>After</c> is the last record that does not count.
/// </summary>
internal sealed record AuditFilter(
    int Limit, string? Actor = null, string? Action = null, string? Target = null, string? Tenant = null,
    DateTimeOffset? Since = null, DateTimeOffset? Until = null, long? Before = null, long? After = null);

/// <summary>Some records, and where the next page begins; none if this is the last.</summary>
internal sealed record AuditPage(IReadOnlyList<AuditRecord> Records, long? Next);
