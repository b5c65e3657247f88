using Npgsql;
using OrleansGateway.Audit;
using OrleansGateway.Storage.Ledger;

namespace OrleansGateway.Storage;

/// <summary>
/// One change of what a cluster's admins make, with its notes in the audit log: all of it, or nothing. One at a time in the whole cluster, for each holds the end of the log. Disposing of
/// it before the commit undoes it.
/// </summary>
internal sealed class PostgresChange : IAsyncDisposable
{
    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlTransaction _transaction;
    private readonly string _node;
    private AuditHead _head;

    private PostgresChange(NpgsqlConnection connection, NpgsqlTransaction transaction, AuditHead head, string node) =>
        (_connection, _transaction, _head, _node) = (connection, transaction, head, node);

    /// <summary>Waits for its turn.</summary>
    public static async Task<PostgresChange> BeginAsync(PostgresDatabase database, CancellationToken cancellation)
    {
        var connection = await database.ConnectAsync(cancellation);
        try
        {
            var transaction = await connection.BeginTransactionAsync(CancellationToken.None);
            await connection.ChangeAsync(transaction, "SET LOCAL synchronous_commit = on");
            return new(connection, transaction, (await connection.ReadAllAsync<AuditHead>(transaction, "SELECT sequence, hash FROM gateway.audit_head FOR UPDATE"))[0], database.Node);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Answers how many rows it changed. A value that is not there is null.</summary>
    public Task<int> RunAsync(string sql, params (string Name, object? Value)[] parameters) => _connection.ChangeAsync(_transaction, sql, isPatient: false, Known(parameters));

    public Task<List<T>> ReadAsync<T>(string sql, params (string Name, object? Value)[] parameters) => _connection.ReadAllAsync<T>(_transaction, sql, Known(parameters));

    /// <summary>Adds a record behind the last one.</summary>
    public async Task NoteAsync(AuditEntry entry)
    {
        var row = AuditRow.Of(AuditChain.Next(_head.Sequence, _head.Hash, entry));
        await RunAsync("""
            INSERT INTO gateway.audit (sequence, at, actor, role, address, request_id, action, target, tenant, before, after, previous_hash, hash, node)
            VALUES (@sequence, @at, @actor, @role, @address, @request, @action, @target, @tenant, @before, @after, @previous, @hash, @node)
            """,
            ("sequence", row.Sequence), ("at", row.At), ("actor", row.Actor), ("role", row.Role), ("address", row.Address), ("request", row.RequestId), ("action", row.Action),
            ("target", row.Target), ("tenant", row.Tenant), ("before", row.Before), ("after", row.After), ("previous", row.PreviousHash), ("hash", row.Hash), ("node", _node));
        await RunAsync("UPDATE gateway.audit_head SET sequence = @sequence, hash = @hash", ("sequence", row.Sequence), ("hash", row.Hash));
        _head = new AuditHead { Sequence = row.Sequence, Hash = row.Hash };
    }

    /// <summary>Not to be cancelled: what became of it must be learned.</summary>
    public Task CommitAsync() => _transaction.CommitAsync(CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        await _transaction.DisposeAsync();
        await _connection.DisposeAsync();
    }

    private static (string Name, object Value)[] Known((string Name, object? Value)[] parameters) => Array.ConvertAll(parameters, static p => (p.Name, p.Value ?? DBNull.Value));
}
