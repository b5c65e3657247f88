using OrleansGateway.Audit;
using OrleansGateway.Configuration;

namespace OrleansGateway.Admin;

/// <summary>Where the admin token's hash is kept. A port: SQLite on one machine, PostgreSQL in a cluster.</summary>
internal interface IAdminTokenStore
{
    /// <summary>SHA-256 of the token; none if none was made yet.</summary>
    Task<KeyHash?> ReadAsync(CancellationToken cancellation);

    /// <summary>Keeps the hash of the first token, and notes that in the audit log, both or neither; false if there is a token already.</summary>
    Task<bool> AddAsync(KeyHash hash, AuditEntry audit, CancellationToken cancellation);

    /// <summary>Keeps the hash of a token in place of the one before, and notes that in the audit log, both or neither.</summary>
    Task WriteAsync(KeyHash hash, AuditEntry audit, CancellationToken cancellation);
}
