using OrleansGateway.Audit;
using OrleansGateway.Configuration;

namespace OrleansGateway.Admin;

/// <summary>
/// Where a cluster keeps its configuration, version after version. A port: PostgreSQL. Each call throws <see cref="System.Data.Common.DbException"/> if the store cannot be reached.
/// </summary>
internal interface ISharedConfigurations
{
    /// <summary>The newest version, unless it is the one known; none if there is none.</summary>
    Task<SharedText?> NewestAsync(string? known, CancellationToken cancellation);

    /// <summary>A version as it was written; none if there is none.</summary>
    Task<SharedText?> FindTextAsync(string version, CancellationToken cancellation);

    /// <summary>Adds a version, and notes it in the audit log, all or nothing; false if it does not follow the newest, for another was added before.</summary>
    /// <param name="next">The version.</param>
    /// <param name="applied">The same as the history shows it: its secrets masked by the program that knows where they are.</param>
    /// <param name="audit">What the audit log says of it.</param>
    Task<bool> AddAsync(SharedText next, AppliedConfiguration applied, AuditEntry audit);
}
