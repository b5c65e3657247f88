using System.Data;
using System.Net.Sockets;
using Npgsql;
using OrleansGateway.Leases.Ledger;

namespace OrleansGateway.Storage.Ledger;

/// <summary>Calls of the ledger's database, whose failures are all <see cref="LedgerException"/>.</summary>
internal static class PostgresCalls
{
    public static ValueTask<T> InTransactionAsync<T>(
        this PostgresDatabase database, IsolationLevel isolation, Func<NpgsqlConnection, NpgsqlTransaction, Task<T>> work, CancellationToken cancellation) =>
        database.CallAsync(async connection =>
        {
            await using var transaction = await connection.BeginTransactionAsync(isolation, CancellationToken.None);
            return await work(connection, transaction);
        }, cancellation);

    /// <summary>Cancelled only before anything was sent: a write that is under way must be learned of. The command timeout ends it.</summary>
    public static async ValueTask<T> CallAsync<T>(this PostgresDatabase database, Func<NpgsqlConnection, Task<T>> work, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        try
        {
            await using var connection = await database.ConnectAsync(cancellation);
            return await work(connection);
        }
        catch (PostgresException refused) when (refused.SqlState == PostgresLedgerWrites.RefusedCode)
        {
            throw new LedgerException($"The ledger refuses a write: {refused.MessageText}.", refused);
        }
        catch (PostgresException failed)
        {
            throw new LedgerException($"PostgreSQL refuses: {failed.MessageText} ({failed.SqlState}).", failed);
        }
        catch (Exception failed) when (failed is NpgsqlException or DataException or TimeoutException or IOException or SocketException or ObjectDisposedException)
        {
            throw new LedgerException($"PostgreSQL did not say that it was done: {failed.Message}", failed);
        }
    }
}
