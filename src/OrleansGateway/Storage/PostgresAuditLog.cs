using System.Data;
using System.Runtime.CompilerServices;
using OrleansGateway.Audit;
using OrleansGateway.Storage.Ledger;

namespace OrleansGateway.Storage;

/// <summary>The audit log of a cluster, in PostgreSQL.</summary>
internal sealed class PostgresAuditLog(PostgresDatabase database) : IAuditLog
{
    private const string Columns =
        "sequence, at, actor, role, address, request_id AS RequestId, action, target, tenant, before, after, previous_hash AS PreviousHash, hash";

    /// <inheritdoc/>
    public async Task AppendAsync(AuditEntry entry, CancellationToken cancellation)
    {
        await using var change = await PostgresChange.BeginAsync(database, cancellation);
        await change.NoteAsync(entry);
        await change.CommitAsync();
    }

    /// <inheritdoc/>
    public async Task<AuditPage> ListAsync(AuditFilter filter, CancellationToken cancellation)
    {
        var (where, asked) = Where(filter);
        await using var connection = await database.ConnectAsync(cancellation);
        // One more than asked for, to know whether there is a next page.
        var rows = await connection.ReadAllAsync<AuditRow>(
            null, $"SELECT {Columns} FROM gateway.audit WHERE sequence < @until_sequence{where} ORDER BY sequence DESC LIMIT @limit",
            [.. asked, ("until_sequence", filter.Before ?? long.MaxValue), ("limit", filter.Limit + 1L)]);
        var page = rows.Take(filter.Limit).Select(static r => r.Record()).ToArray();
        return new AuditPage(page, rows.Count > page.Length ? page[^1].Sequence : null);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<AuditRecord> ReadAllAsync(AuditFilter filter, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var (where, asked) = Where(filter);
        await using var connection = await database.ConnectAsync(cancellation);
        await foreach (var row in connection.StreamAsync<AuditRow>($"SELECT {Columns} FROM gateway.audit WHERE true{where} ORDER BY sequence", asked, cancellation)) yield return row.Record();
    }

    /// <inheritdoc/>
    public async Task<AuditRecord?> FindAsync(long sequence, CancellationToken cancellation)
    {
        await using var connection = await database.ConnectAsync(cancellation);
        return await connection.ReadAllAsync<AuditRow>(null, $"SELECT {Columns} FROM gateway.audit WHERE sequence = @sequence", ("sequence", sequence)) is [var row] ? row.Record() : null;
    }

    /// <inheritdoc/>
    public async Task<AuditVerdict> VerifyAsync(CancellationToken cancellation)
    {
        await using var connection = await database.ConnectAsync(cancellation);
        // One reading of records and head: a change in between would look like a cut-off end.
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellation);
        var head = (await connection.ReadAllAsync<AuditHead>(transaction, "SELECT sequence, hash FROM gateway.audit_head"))[0];
        var verification = new AuditVerification();
        await foreach (var row in connection.StreamAsync<AuditRow>($"SELECT {Columns} FROM gateway.audit ORDER BY sequence", [], cancellation))
        {
            if (!verification.Take(row.Record())) break;
        }

        return verification.End(head.Sequence, head.Hash);
    }

    /// <summary>What is asked for, and nothing more: a statement must not be told of what it does not name.</summary>
    private static (string Sql, (string Name, object Value)[] Asked) Where(AuditFilter filter)
    {
        var (sql, asked) = ("", new List<(string, object)>());
        Add(" AND actor = @actor", "actor", filter.Actor);
        Add(filter.Action?.EndsWith('.') == true ? " AND starts_with(action, @action)" : " AND action = @action", "action", filter.Action);
        Add(" AND target = @target", "target", filter.Target);
        Add(" AND tenant = @tenant", "tenant", filter.Tenant);
        Add(" AND at >= @since", "since", filter.Since?.ToUnixTimeMilliseconds());
        Add(" AND at < @until", "until", filter.Until?.ToUnixTimeMilliseconds());
        Add(" AND sequence > @after", "after", filter.After);
        return (sql, [.. asked]);

        void Add(string condition, string name, object? value)
        {
            if (value is null) return;
            sql += condition;
            asked.Add((name, value));
        }
    }
}
