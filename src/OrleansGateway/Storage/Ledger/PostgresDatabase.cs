using Npgsql;

namespace OrleansGateway.Storage.Ledger;

/// <summary>The database of a cluster, as this program uses it: what is ours is in the schema <c>gateway</c>.</summary>
internal sealed class PostgresDatabase : IAsyncDisposable
{
    // Any number, as long as no other program of the database takes the same; ours spells "gatewayL".
    private const long MigrationLock = 0x67617465_7761794C;
    private const int SecondsMax = 5;
    private const int PreparedMax = 32;

    private readonly NpgsqlDataSource _source;

    private PostgresDatabase(NpgsqlDataSource source) => _source = source;

    /// <summary>This node, for the notes of what is changed by way of it: the same after each start.</summary>
    public string Node { get; init; } = "";

    /// <summary>
    /// Connects, and brings the schema to the form this program needs. Of several programs started together one does it and the others wait. Throws <see cref="StorageException"/>.
    /// </summary>
    public static async Task<PostgresDatabase> OpenAsync(string connectionString, TimeProvider time, ILogger<PostgresDatabase> log, CancellationToken cancellation, string node = "")
    {
        NpgsqlDataSource? source = null;
        try
        {
            source = Source(connectionString);
            await using var connection = await source.OpenConnectionAsync(cancellation);
            if (await connection.ReadOneAsync(null, "SHOW fsync") is "off") log.FsyncIsOff(connection.Database);
            var steps = await MigrateAsync(connection, time.GetUtcNow(), cancellation);
            if (steps > 0) log.MigratedPostgres(connection.Database, steps);
            return new PostgresDatabase(source) { Node = node };
        }
        catch (Exception failed) when (failed is NpgsqlException or TimeoutException or ArgumentException or StorageException)
        {
            if (source is not null) await source.DisposeAsync();
            throw failed as StorageException ?? new StorageException($"The PostgreSQL database cannot be opened: {failed.Message}", failed);
        }
    }

    /// <summary>An open connection, from a pool.</summary>
    public ValueTask<NpgsqlConnection> ConnectAsync(CancellationToken cancellation) => _source.OpenConnectionAsync(cancellation);

    public ValueTask DisposeAsync() => _source.DisposeAsync();

    // What the operator's connection string says goes first. A grant waits for no longer than an edge waits for a grant.
    private static NpgsqlDataSource Source(string connectionString)
    {
        var given = new NpgsqlConnectionStringBuilder(connectionString);
        var unset = new NpgsqlConnectionStringBuilder();
        if (given.Timeout == unset.Timeout) given.Timeout = SecondsMax;
        if (given.CommandTimeout == unset.CommandTimeout) given.CommandTimeout = SecondsMax;
        if (given.MaxAutoPrepare == unset.MaxAutoPrepare) given.MaxAutoPrepare = PreparedMax;
        given.ApplicationName ??= "gateway";
        return new NpgsqlDataSourceBuilder(given.ConnectionString).Build();
    }

    private static async Task<int> MigrateAsync(NpgsqlConnection connection, DateTimeOffset now, CancellationToken cancellation)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        // Held until the transaction ends, however it ends.
        await connection.ChangeAsync(transaction, $"SELECT pg_advisory_xact_lock({MigrationLock})", isPatient: true);
        await connection.ChangeAsync(transaction, """
            CREATE SCHEMA IF NOT EXISTS gateway;
            CREATE TABLE IF NOT EXISTS gateway.migrations (version bigint PRIMARY KEY, name text NOT NULL, applied_at bigint NOT NULL)
            """);
        var applied = (long)(await connection.ReadOneAsync(transaction, "SELECT coalesce(max(version), 0) FROM gateway.migrations"))!;
        if (applied > PostgresSchema.Steps[^1].Version)
        {
            throw new StorageException(
                $"The database {connection.Database} has version {applied}, and this program knows versions up to {PostgresSchema.Steps[^1].Version}. " +
                "A newer gateway wrote it. Start that gateway.");
        }

        var missing = PostgresSchema.Steps.Where(m => m.Version > applied).ToArray();
        foreach (var step in missing)
        {
            await connection.ChangeAsync(transaction, step.Sql, isPatient: true);
            await connection.ChangeAsync(transaction, "INSERT INTO gateway.migrations (version, name, applied_at) VALUES (@version, @name, @at)", isPatient: false,
                ("version", (long)step.Version), ("name", step.Name), ("at", now.ToUnixTimeMilliseconds()));
        }

        await transaction.CommitAsync(cancellation);
        return missing.Length;
    }
}

internal static partial class PostgresLog
{
    [LoggerMessage(1801, LogLevel.Information, "Migrated the database {Database} in PostgreSQL by {Steps} steps")]
    public static partial void MigratedPostgres(this ILogger log, string database, int steps);

    [LoggerMessage(1802, LogLevel.Warning, "PostgreSQL runs with fsync off: money that was granted may be granted again after its machine fails ({Database})")]
    public static partial void FsyncIsOff(this ILogger log, string database);
}
