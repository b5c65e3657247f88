using Microsoft.Data.Sqlite;

namespace OrleansGateway.Tests.Events;

/// <summary>Another program's transaction on <c>events.db</c>, which lets nobody else write.</summary>
internal sealed class EventLogDown : IAsyncDisposable
{
    private readonly SqliteConnection _connection;

    public EventLogDown(string folder)
    {
        _connection = new SqliteConnection($"Data Source={Path.Combine(folder, "events.db")};Pooling=False");
        _connection.Open();
        using var command = _connection.CreateCommand();
        command.CommandText = "BEGIN IMMEDIATE";
        command.ExecuteNonQuery();
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();
}
