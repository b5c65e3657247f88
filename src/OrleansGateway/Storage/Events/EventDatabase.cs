using Microsoft.Data.Sqlite;
using OrleansGateway.Events;

namespace OrleansGateway.Storage.Events;

/// <summary><c>events.db</c>.</summary>
internal sealed class EventDatabase(SqliteDatabase database) : SqliteTransactions(database, "The event log")
{
    protected override Exception Failed(string message, SqliteException cause) => new EventStoreException(message, cause);
}
