using System.Runtime.CompilerServices;
using Dapper;
using OrleansGateway.Audit;

namespace OrleansGateway.Storage;

/// <summary>The audit log in SQLite.</summary>
internal sealed class SqliteAuditLog(SqliteDatabase database) : IAuditLog
{
    /// <inheritdoc/>
    public async Task AppendAsync(AuditEntry entry, CancellationToken cancellation)
    {
        await using var connection = database.Connect();
        await using var transaction = connection.BeginTransaction(deferred: false);
        AuditRow.Append(connection, transaction, entry);
        await transaction.CommitAsync(cancellation);
    }

    /// <inheritdoc/>
    public async Task<AuditPage> ListAsync(AuditFilter filter, CancellationToken cancellation)
    {
        await using var connection = database.Connect();
        var rows = (await connection.QueryAsync<AuditRow>(new CommandDefinition(
            $"SELECT {AuditRow.Columns} FROM audit WHERE {Where(filter)} AND sequence < @Before ORDER BY sequence DESC LIMIT @Limit",
            Asked(filter), cancellationToken: cancellation))).AsList();
        var page = rows.Take(filter.Limit).Select(r => r.Record()).ToArray();
        return new AuditPage(page, rows.Count > page.Length ? page[^1].Sequence : null);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<AuditRecord> ReadAllAsync(AuditFilter filter, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await using var connection = database.Connect();
        var rows = connection.QueryUnbufferedAsync<AuditRow>(
            $"SELECT {AuditRow.Columns} FROM audit WHERE {Where(filter)} ORDER BY sequence", Asked(filter));
        await foreach (var row in rows.WithCancellation(cancellation)) yield return row.Record();
    }

    /// <inheritdoc/>
    public async Task<AuditRecord?> FindAsync(long sequence, CancellationToken cancellation)
    {
        await using var connection = database.Connect();
        var row = await connection.QuerySingleOrDefaultAsync<AuditRow>(new CommandDefinition(
            $"SELECT {AuditRow.Columns} FROM audit WHERE sequence = @sequence", new { sequence }, cancellationToken: cancellation));
        return row?.Record();
    }

    /// <inheritdoc/>
    public async Task<AuditVerdict> VerifyAsync(CancellationToken cancellation)
    {
        await using var connection = database.Connect();
        // One reading of records and head: a change in between would look like a cut-off end.
        await using var transaction = connection.BeginTransaction(deferred: true);
        var head = AuditRow.Head(connection, transaction);
        var verification = new AuditVerification();
        var rows = connection.QueryUnbufferedAsync<AuditRow>($"SELECT {AuditRow.Columns} FROM audit ORDER BY sequence", transaction: transaction);
        await foreach (var row in rows.WithCancellation(cancellation))
        {
            if (!verification.Take(row.Record())) break;
        }

        return verification.End(head.Sequence, head.Hash);
    }

    private static string Where(AuditFilter filter) => "1 = 1"
        + (filter.Actor is null ? "" : " AND actor = @Actor")
        + (filter.Action is not { } action ? "" : action.EndsWith('.') ? " AND substr(action, 1, length(@Action)) = @Action" : " AND action = @Action")
        + (filter.Target is null ? "" : " AND target = @Target")
        + (filter.Tenant is null ? "" : " AND tenant = @Tenant")
        + (filter.Since is null ? "" : " AND at >= @Since")
        + (filter.Until is null ? "" : " AND at < @Until")
        + (filter.After is null ? "" : " AND sequence > @After");

    private static object Asked(AuditFilter filter) => new
    {
        filter.Actor,
        filter.Action,
        filter.Target,
        filter.Tenant,
        Since = filter.Since?.ToUnixTimeMilliseconds(),
        Until = filter.Until?.ToUnixTimeMilliseconds(),
        Before = filter.Before ?? long.MaxValue,
        filter.After,
        // One more than asked for, to know whether there is a next page.
        Limit = filter.Limit + 1L,
    };
}
