using OrleansGateway.Configuration;

namespace OrleansGateway.Admin;

/// <summary>Where the admin token's hash is kept. A port: SQLite on one machine, PostgreSQL in a cluster.</summary>
internal interface IAdminTokenStore
{
    /// <summary>SHA-256 of the token; none if none was made yet.</summary>
    Task<KeyHash?> ReadAsync(CancellationToken cancellation);

    /// <summary>Keeps the hash of the first token. Throws if there is one already.</summary>
    Task WriteAsync(KeyHash hash, CancellationToken cancellation);
}
