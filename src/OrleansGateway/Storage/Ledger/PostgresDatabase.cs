using Npgsql;

namespace OrleansGateway.Storage.Ledger;

/// <summary>The database of a cluster, as this program uses it: what is ours is in the schema <c>gateway</c>.</summary>
internal sealed class PostgresDatabase : IAsyncDisposable
{
    // Any number, as long as no other program of the database takes the same; ours spells "gatewayL".
    private const long MigrationLock = 0x67617465_7761794C;
    private const int SecondsMax = 5;
    private const int PreparedMax = 32;

    /// <summary>Those who ask together while it is down are told together.</summary>
    private static readonly TimeSpan s_askAgain = TimeSpan.FromMilliseconds(200);

    private readonly NpgsqlDataSource _source;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly SemaphoreSlim _opening = new(1);
    private volatile bool _isOpen;
    private (long At, string Reason)? _failed;

    private PostgresDatabase(NpgsqlDataSource source, TimeProvider time, ILogger log) => (_source, _time, _log) = (source, time, log);

    /// <summary>This node, for the notes of what is changed by way of it: the same after each start.</summary>
    public string Node { get; init; } = "";

    /// <summary>
    /// Connects, and brings the schema to the form this program needs. Of several programs started together one does it and the others wait. Throws <see cref="StorageException"/>.
    /// </summary>
    /// <param name="connectionString">As Npgsql takes it.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">Where it is told.</param>
    /// <param name="cancellation">Gives it up.</param>
    /// <param name="node">This node.</param>
    /// <param name="mayBeDown">Whether that may be done at the first connection that there is, if nobody answers now.</param>
    public static async Task<PostgresDatabase> OpenAsync(
        string connectionString, TimeProvider time, ILogger<PostgresDatabase> log, CancellationToken cancellation, string node = "", bool mayBeDown = false)
    {
        PostgresDatabase? database = null;
        try
        {
            database = new PostgresDatabase(Source(connectionString), time, log) { Node = node };
            await database.BeginAsync(cancellation);
            return database;
        }
        catch (Exception failed) when (mayBeDown && IsDown(failed))
        {
            log.PostgresIsDown(failed.Message);
            return database!;
        }
        catch (Exception failed) when (failed is NpgsqlException or TimeoutException or ArgumentException or StorageException)
        {
            if (database is not null) await database.DisposeAsync();
            throw failed as StorageException ?? new StorageException($"The PostgreSQL database cannot be opened: {failed.Message}", failed);
        }
    }

    /// <summary>An open connection, from a pool.</summary>
    public ValueTask<NpgsqlConnection> ConnectAsync(CancellationToken cancellation) =>
        _isOpen ? _source.OpenConnectionAsync(cancellation) : ConnectFirstAsync(cancellation);

    public async ValueTask DisposeAsync()
    {
        await _source.DisposeAsync();
        _opening.Dispose();
    }

    // Whoever may not come in, or names what is not there, is told at once: waiting would not help.
    private static bool IsDown(Exception failed) => failed switch
    {
        PostgresException said => said.SqlState is PostgresErrorCodes.CannotConnectNow or PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown,
        _ => failed is NpgsqlException or TimeoutException,
    };

    private async ValueTask<NpgsqlConnection> ConnectFirstAsync(CancellationToken cancellation)
    {
        await _opening.WaitAsync(cancellation);
        try
        {
            if (!_isOpen && _failed is { } failed && _time.GetElapsedTime(failed.At) < s_askAgain) throw new NpgsqlException(failed.Reason);
            if (!_isOpen) await BeginAsync(cancellation);
        }
        catch (Exception failed) when (failed is NpgsqlException or TimeoutException or StorageException)
        {
            _failed = _failed is { } before && before.Reason == failed.Message && _time.GetElapsedTime(before.At) < s_askAgain ? before : (_time.GetTimestamp(), failed.Message);
            // All that callers know is a database that does not answer.
            throw failed as NpgsqlException ?? new NpgsqlException(failed.Message, failed);
        }
        finally
        {
            _opening.Release();
        }

        return await _source.OpenConnectionAsync(cancellation);
    }

    private async Task BeginAsync(CancellationToken cancellation)
    {
        await using var connection = await _source.OpenConnectionAsync(cancellation);
        if (await connection.ReadOneAsync(null, "SHOW fsync") is "off") _log.FsyncIsOff(connection.Database);
        var steps = await MigrateAsync(connection, _time.GetUtcNow(), cancellation);
        if (steps > 0) _log.MigratedPostgres(connection.Database, steps);
        _isOpen = true;
    }

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

    [LoggerMessage(1803, LogLevel.Error, "PostgreSQL does not answer; this node starts without it: {Reason}")]
    public static partial void PostgresIsDown(this ILogger log, string reason);

    [LoggerMessage(1802, LogLevel.Warning, "PostgreSQL runs with fsync off: money that was granted may be granted again after its machine fails ({Database})")]
    public static partial void FsyncIsOff(this ILogger log, string database);
}
