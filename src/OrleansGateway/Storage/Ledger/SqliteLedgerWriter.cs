using System.Threading.Channels;
using Microsoft.Data.Sqlite;
using OrleansGateway.Leases.Ledger;

namespace OrleansGateway.Storage.Ledger;

/// <summary>
/// The one writer of <c>ledger.db</c>. SQLite has one at a time anyway, and the disk is what takes long: so all that wait for one write to reach it share the next (group commit).
/// </summary>
internal sealed class SqliteLedgerWriter : IAsyncDisposable
{
    private const int WaitingMax = 1024;
    private const int TogetherMax = 256;

    private readonly Channel<Job> _jobs = Channel.CreateBounded<Job>(new BoundedChannelOptions(WaitingMax) { SingleReader = true });
    private readonly SqliteDatabase _database;
    private readonly TimeProvider _time;
    private readonly Task _writing;
    private SqliteConnection? _connection;
    private SqliteLedgerWrites? _writes;

    public SqliteLedgerWriter(SqliteDatabase database, TimeProvider time)
    {
        (_database, _time) = (database, time);
        _writing = Task.Run(WriteAllAsync);
    }

    /// <summary>
    /// Does it in a transaction, with others perhaps, and answers when it is on the disk. What it wrote is taken back if it throws; then nobody else's is.
    /// </summary>
    public async ValueTask<T> RunAsync<T>(Func<SqliteLedgerWrites, SqliteTransaction, ValueTask<T>> work, CancellationToken cancellation)
    {
        var job = new Job<T>(work);
        try
        {
            await _jobs.Writer.WriteAsync(job, cancellation);
        }
        catch (ChannelClosedException closed)
        {
            throw new LedgerException("The ledger is closed.", closed);
        }

        // From here on not cancelled: it will be written, and the caller must learn of it.
        return await job.Done;
    }

    /// <summary>Writes what waits, and closes.</summary>
    public async ValueTask DisposeAsync()
    {
        _jobs.Writer.TryComplete();
        await _writing;
        Close();
    }

    private async Task WriteAllAsync()
    {
        var together = new List<Job>();
        while (await _jobs.Reader.WaitToReadAsync())
        {
            while (together.Count < TogetherMax && _jobs.Reader.TryRead(out var job)) together.Add(job);
            await WriteAsync(together);
            together.Clear();
        }
    }

    private async ValueTask WriteAsync(List<Job> together)
    {
        try
        {
            _connection ??= Connect();
            _writes ??= new SqliteLedgerWrites(_connection, _time);
            using (var transaction = _connection.BeginTransaction(deferred: false))
            {
                foreach (var job in together) await RunOneAsync(job, _writes, transaction);
                transaction.Commit();
            }

            foreach (var job in together) job.Complete();
        }
        catch (Exception failed) when (failed is SqliteException or InvalidOperationException or IOException or StorageException)
        {
            // The disk is full or broken, or another program holds the lock. A fresh connection knows of no transaction.
            Close();
            foreach (var job in together) job.Fail(new LedgerException($"The ledger cannot be written: {failed.Message}", failed));
        }
    }

    // What fails there concerns the whole transaction if SQLite has ended it: then the savepoint is gone, and the next statement says so.
    private static async ValueTask RunOneAsync(Job job, SqliteLedgerWrites writes, SqliteTransaction transaction)
    {
        transaction.Save("job");
        if (!await job.RunAsync(writes, transaction)) transaction.Rollback("job");
        transaction.Release("job");
    }

    private SqliteConnection Connect()
    {
        var connection = _database.Connect();
        // Seconds that one statement waits for the lock of another program; 30 unless told, and everyone who needs money waits with it.
        connection.DefaultTimeout = 5;
        return connection;
    }

    private void Close()
    {
        _writes?.Dispose();
        _connection?.Dispose();
        (_writes, _connection) = (null, null);
    }

    private abstract class Job
    {
        /// <summary>False if it threw.</summary>
        public abstract ValueTask<bool> RunAsync(SqliteLedgerWrites writes, SqliteTransaction transaction);

        public abstract void Complete();

        public abstract void Fail(LedgerException why);
    }

    private sealed class Job<T>(Func<SqliteLedgerWrites, SqliteTransaction, ValueTask<T>> work) : Job
    {
        private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private T _answer = default!;
        private LedgerException? _refusal;

        public Task<T> Done => _done.Task;

        public override async ValueTask<bool> RunAsync(SqliteLedgerWrites writes, SqliteTransaction transaction)
        {
            try
            {
                _answer = await work(writes, transaction);
                return true;
            }
            catch (LedgerException refused)
            {
                _refusal = refused;
            }
            catch (SqliteException failed)
            {
                _refusal = new LedgerException($"The ledger cannot be written: {failed.Message}", failed);
            }

            return false;
        }

        public override void Complete()
        {
            if (_refusal is null) _done.SetResult(_answer);
            else _done.SetException(_refusal);
        }

        public override void Fail(LedgerException why) => _done.TrySetException(_refusal ?? why);
    }
}
