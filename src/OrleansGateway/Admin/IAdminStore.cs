using OrleansGateway.Audit;

namespace OrleansGateway.Admin;

/// <summary>
/// Where admins are kept. A port: SQLite on one machine, PostgreSQL in a cluster. A write has reached the disk when it returns, and its note in the audit log
/// with it: both are kept, or neither.
/// </summary>
internal interface IAdminStore
{
    /// <summary>All admins, oldest first, revoked ones included.</summary>
    Task<IReadOnlyList<AdminAccount>> ReadAllAsync(CancellationToken cancellation);

    /// <summary>Adds an admin. Adds nothing if an earlier one has the same <see cref="AdminAccount.IdempotencyKey"/>, and returns the id of that one; else none.</summary>
    Task<string?> AddAsync(AdminAccount account, AuditEntry audit, CancellationToken cancellation);

    /// <summary>Replaces token and revocation of an admin if it is still as <paramref name="expected"/>, by its version; false if it was changed.</summary>
    Task<bool> ReplaceAsync(AdminAccount expected, AdminAccount replacement, AuditEntry audit, CancellationToken cancellation);
}
