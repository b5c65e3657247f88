using OrleansGateway.Audit;

namespace OrleansGateway.Tenants;

/// <summary>Where keys are kept. A port: SQLite on one machine, PostgreSQL in a cluster. A write has reached the disk when it returns, and its note
/// in the audit log with it: both are kept, or neither.</summary>
internal interface IKeyStore
{
    /// <summary>All keys, revoked and expired ones included, read as a stream: there may be millions. Equal lists may be one object.</summary>
    IAsyncEnumerable<Key> ReadAllAsync(CancellationToken cancellation);

    /// <summary>The key with that id; none if there is none.</summary>
    Task<Key?> FindAsync(string id, CancellationToken cancellation);

    /// <summary>Some of the keys that match, oldest first; none if the page before did not end with a key that matches.</summary>
    Task<KeyPage?> ListAsync(KeyFilter filter, CancellationToken cancellation);

    /// <summary>
    /// Adds a key. Adds nothing if an earlier one has the same <see cref="Key.IdempotencyKey"/>, and returns the id of that one; else none.
    /// </summary>
    Task<string?> AddAsync(Key key, AuditEntry audit, CancellationToken cancellation);

    /// <summary>
    /// Replaces a key if it is still as <paramref name="expected"/>, by <see cref="Key.Version"/>; false if it was changed or is gone.
    /// The replacement's version becomes the next one.
    /// </summary>
    Task<bool> ReplaceAsync(Key expected, Key replacement, AuditEntry audit, CancellationToken cancellation);
}

/// <summary>
/// Which keys to list, and how many at most, from 1. <c>After</c> is the id of the last key of the page before, its <see cref="KeyPage.Next"/>; none for the
/// first page. An id tells whoever may see one tenant only nothing of how many keys others have.
/// </summary>
internal sealed record KeyFilter(int Limit, string? Tenant = null, string? Team = null, string? User = null, string? After = null);

/// <summary>Some keys, and where the next page begins; none if this is the last.</summary>
internal sealed record KeyPage(IReadOnlyList<Key> Keys, string? Next);
