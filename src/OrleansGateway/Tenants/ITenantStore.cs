using OrleansGateway.Audit;

namespace OrleansGateway.Tenants;

/// <summary>
/// Where tenants, teams and users made at run time are kept. A port: SQLite on one machine, PostgreSQL in a cluster. A write has reached the disk when it
/// returns, and its notes in the audit log with it: all are kept, or none.
/// </summary>
internal interface ITenantStore
{
    /// <summary>All of them, in any order; or those of one tenant, itself included.</summary>
    IAsyncEnumerable<Owner> ReadAllAsync(string? tenant, CancellationToken cancellation);

    /// <summary>Adds one; false if there is one of that id.</summary>
    Task<bool> AddAsync(Owner owner, AuditEntry audit, CancellationToken cancellation);

    /// <summary>Replaces name and state of one if it is still as <paramref name="expected"/>, by its version; false if it was changed or is gone.</summary>
    Task<bool> ReplaceAsync(Owner expected, Owner replacement, AuditEntry audit, CancellationToken cancellation);

    /// <summary>
    /// Removes one and those below it, each with its note: all that are given, or none. The store itself looks at keys and admins, in the same transaction.
    /// </summary>
    Task<OwnerRemoval> RemoveAsync(OwnerId id, IReadOnlyList<(Owner Owner, AuditEntry Audit)> removed, CancellationToken cancellation);
}

/// <summary>What became of a removal.</summary>
internal enum OwnerRemoval
{
    Removed,

    /// <summary>Nothing was removed: a key that is not revoked belongs to it, or to one below it.</summary>
    HasKeys,

    /// <summary>Nothing was removed: an admin who is not revoked is bound to it.</summary>
    HasAdmins,

    /// <summary>Nothing was removed: one of them is no longer as expected.</summary>
    Changed,
}
