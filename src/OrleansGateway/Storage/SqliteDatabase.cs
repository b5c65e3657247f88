using Dapper;
using Microsoft.Data.Sqlite;
using OrleansGateway.Storage.Events;
using OrleansGateway.Storage.Invalidation;
using OrleansGateway.Storage.Ledger;
using OrleansGateway.Storage.Usage;

namespace OrleansGateway.Storage;

/// <summary>
/// A database of the embedded engine: one file in the state folder, which only its owner may read. A write has reached the disk when it returns.
/// </summary>
internal sealed class SqliteDatabase : IDisposable
{
    /// <summary>Rights of every file in the state folder.</summary>
    public const UnixFileMode OwnerReadsAndWrites = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Name of the database of keys, tenants, admins and the audit log in the state folder.</summary>
    public const string FileName = "gateway.db";

    /// <summary>
    /// Name of the ledger's in the state folder. A file of its own: a grant of money then never waits for an admin's write or the verification of the audit log, nor takes their
    /// turn; and whoever brings back yesterday's keys from a copy does not bring back yesterday's money.
    /// </summary>
    public const string LedgerFileName = "ledger.db";

    /// <summary>Name of the database of usage in the state folder. It is the largest, grows all the time, and its writes are long.</summary>
    public const string UsageFileName = "usage.db";

    /// <summary>
    /// Name of the event log's in the state folder. A file of its own: what is sent to webhooks never waits for, nor holds up, an admin's write or a grant of money.
    /// </summary>
    public const string EventsFileName = "events.db";

    /// <summary>Name of the database of invalidations in the state folder. A file of its own: a purge waits for nobody's writes.</summary>
    public const string CacheFileName = "cache.db";

    /// <summary>How long a statement waits for another program's lock: an fsync, or the copy of a whole file.</summary>
    private static readonly TimeSpan s_lockWait = TimeSpan.FromSeconds(30);

    // What SQLite itself waits at once: the driver asks it again until its own patience, in whole seconds, is over.
    private static readonly TimeSpan s_busyTimeoutMax = TimeSpan.FromSeconds(5);

    private readonly string _connectionString;
    private readonly string _pragmas;

    private SqliteDatabase(string path, TimeSpan lockWait)
    {
        var seconds = Math.Max(1, (int)lockWait.TotalSeconds);
        _connectionString = new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadWrite, DefaultTimeout = seconds }.ToString();
        var busy = lockWait < s_busyTimeoutMax ? lockWait : s_busyTimeoutMax;
        // FULL: in WAL mode NORMAL would lose the last writes with the power.
        _pragmas = string.Create(CultureInfo.InvariantCulture, $"PRAGMA synchronous = FULL; PRAGMA busy_timeout = {(long)busy.TotalMilliseconds}");
    }

    /// <summary>
    /// Opens <c>gateway.db</c> in that folder, makes folder and file if they are missing, and migrates. Throws <see cref="StorageException"/>.
    /// </summary>
    public static SqliteDatabase Open(string stateFolder, TimeProvider time, ILogger<SqliteDatabase> log) =>
        Open(stateFolder, FileName, Migrations.Gateway, s_lockWait, time, log);

    /// <summary>The same with <c>ledger.db</c>.</summary>
    public static SqliteDatabase OpenLedger(string stateFolder, TimeProvider time, ILogger<SqliteDatabase> log) =>
        Open(stateFolder, LedgerFileName, LedgerSchema.Sqlite, s_lockWait, time, log);

    /// <summary>The same with <c>usage.db</c>.</summary>
    public static SqliteDatabase OpenUsage(string stateFolder, TimeProvider time, ILogger<SqliteDatabase> log) =>
        Open(stateFolder, UsageFileName, UsageSchema.Sqlite, s_lockWait, time, log);

    /// <summary>The same with <c>events.db</c>.</summary>
    /// <param name="stateFolder">Where the file is.</param>
    /// <param name="lockWait">How long a statement waits for another program's lock. 1 s or more: the driver counts in seconds.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">Where migrations are told.</param>
    public static SqliteDatabase OpenEvents(string stateFolder, TimeSpan lockWait, TimeProvider time, ILogger<SqliteDatabase> log) =>
        Open(stateFolder, EventsFileName, EventSchema.Sqlite, lockWait, time, log);

    /// <summary>The same with <c>cache.db</c>.</summary>
    public static SqliteDatabase OpenCache(string stateFolder, TimeProvider time, ILogger<SqliteDatabase> log) =>
        Open(stateFolder, CacheFileName, CacheSchema.Sqlite, s_lockWait, time, log);

    private static SqliteDatabase Open(
        string stateFolder, string fileName, IReadOnlyList<Migration> migrations, TimeSpan lockWait, TimeProvider time, ILogger<SqliteDatabase> log)
    {
        var path = Path.Combine(Path.GetFullPath(stateFolder), fileName);
        try
        {
            CreateFolder(stateFolder);
            CreateFile(path);
            var database = new SqliteDatabase(path, lockWait);
            using var connection = database.Connect();
            connection.Execute("PRAGMA journal_mode = WAL");
            var steps = Migrations.Apply(connection, migrations, time.GetUtcNow());
            if (steps > 0) log.Migrated(path, steps);
            return database;
        }
        catch (Exception e) when (e is SqliteException or IOException or UnauthorizedAccessException)
        {
            throw new StorageException($"The database {path} cannot be opened: {e.Message}", e);
        }
    }

    /// <summary>An open connection, from a pool; dispose of it to give it back.</summary>
    public SqliteConnection Connect()
    {
        var connection = new SqliteConnection(_connectionString);
        connection.Open();
        connection.Execute(_pragmas);
        return connection;
    }

    /// <summary>Closes the file.</summary>
    public void Dispose()
    {
        using var connection = new SqliteConnection(_connectionString);
        SqliteConnection.ClearPool(connection);
    }

    // A folder that is there already keeps its rights: it may be a mounted volume, or shared on purpose. The files are closed either way.
    public static void CreateFolder(string path)
    {
        if (Directory.Exists(path)) return;
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(path);
        else Directory.CreateDirectory(path, OwnerReadsAndWrites | UnixFileMode.UserExecute);
    }

    // Before SQLite does, which would leave it to the umask. SQLite gives the WAL the rights of the database.
    private static void CreateFile(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.ReadWrite };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = OwnerReadsAndWrites;
        new FileStream(path, options).Dispose();
        if (!OperatingSystem.IsWindows() && File.GetUnixFileMode(path) != OwnerReadsAndWrites) File.SetUnixFileMode(path, OwnerReadsAndWrites);
    }
}

internal static partial class StorageLog
{
    [LoggerMessage(1800, LogLevel.Information, "Migrated the database {Path} by {Steps} steps")]
    public static partial void Migrated(this ILogger log, string path, int steps);
}
