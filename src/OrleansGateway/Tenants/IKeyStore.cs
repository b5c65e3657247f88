namespace OrleansGateway.Tenants;

/// <summary>Where keys are kept. A port: SQLite on one machine, PostgreSQL in a cluster. A write has reached the disk when it returns.</summary>
internal interface IKeyStore
{
    /// <summary>All keys, revoked and expired ones included, read as a stream: there may be millions.</summary>
    IAsyncEnumerable<Key> ReadAllAsync(CancellationToken cancellation);

    Task AddAsync(Key key, CancellationToken cancellation);

    /// <summary>Replaces a key if it is still as <paramref name="expected"/>; false if it was changed or is gone.</summary>
    Task<bool> ReplaceAsync(Key expected, Key replacement, CancellationToken cancellation);
}
