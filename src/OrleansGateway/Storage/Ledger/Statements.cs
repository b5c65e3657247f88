using System.Data.Common;
using System.Runtime.CompilerServices;
using Dapper;

namespace OrleansGateway.Storage.Ledger;

/// <summary>
/// Runs statements without ever waiting for the database with a thread. Dapper disposes of readers and commands synchronously, which waits for the socket; where awaits go on on the
/// thread that the socket's word comes on, that word would never come. Of Dapper only its mapping of rows is used.
/// </summary>
internal static class Statements
{
    public static async Task<List<T>> ReadAllAsync<T>(this DbConnection connection, DbTransaction? transaction, string sql, params (string Name, object Value)[] parameters)
    {
        await using var command = CommandOf(connection, transaction, sql, parameters);
        await using var reader = await command.ExecuteReaderAsync();
        var parse = reader.GetRowParser<T>();
        var rows = new List<T>();
        while (await reader.ReadAsync()) rows.Add(parse(reader));
        return rows;
    }

    /// <summary>As <see cref="ReadAllAsync"/>, one row after another: there may be millions.</summary>
    public static async IAsyncEnumerable<T> StreamAsync<T>(
        this DbConnection connection, string sql, (string Name, object Value)[] parameters, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await using var command = CommandOf(connection, null, sql, parameters);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var parse = reader.GetRowParser<T>();
        while (await reader.ReadAsync(cancellation)) yield return parse(reader);
    }

    /// <summary>The first value of the first row.</summary>
    public static async Task<object?> ReadOneAsync(this DbConnection connection, DbTransaction? transaction, string sql)
    {
        await using var command = CommandOf(connection, transaction, sql, []);
        return await command.ExecuteScalarAsync();
    }

    /// <summary>Answers how many rows it changed.</summary>
    /// <param name="connection">Open.</param>
    /// <param name="transaction">The one it is part of; none for its own.</param>
    /// <param name="sql">One or more statements.</param>
    /// <param name="isPatient">Whether it may take as long as it takes: else as long as the connection's commands may.</param>
    /// <param name="parameters">By name.</param>
    public static async Task<int> ChangeAsync(
        this DbConnection connection, DbTransaction? transaction, string sql, bool isPatient = false, params (string Name, object Value)[] parameters)
    {
        await using var command = CommandOf(connection, transaction, sql, parameters);
        if (isPatient) command.CommandTimeout = 0;
        return await command.ExecuteNonQueryAsync();
    }

    private static DbCommand CommandOf(DbConnection connection, DbTransaction? transaction, string sql, (string Name, object Value)[] parameters)
    {
        var command = connection.CreateCommand();
        (command.CommandText, command.Transaction) = (sql, transaction);
        foreach (var (name, value) in parameters)
        {
            var parameter = command.CreateParameter();
            (parameter.ParameterName, parameter.Value) = (name, value);
            command.Parameters.Add(parameter);
        }

        return command;
    }
}
