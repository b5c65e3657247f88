using Dapper;
using Microsoft.Data.Sqlite;
using OrleansGateway.Events;

namespace OrleansGateway.Storage.Events;

/// <summary>How far webhooks have got, beside the events.</summary>
internal sealed class SqliteWebhookStore(EventDatabase database) : IWebhookStore
{
    /// <inheritdoc/>
    public ValueTask<DateTimeOffset?> RegisterAsync(string webhook, string url, CancellationToken cancellation) => database.WriteAsync(async transaction =>
    {
        var connection = transaction.Connection!;
        var asked = new { webhook, url };
        var isNew = await connection.ExecuteAsync("INSERT INTO webhooks (webhook, url) VALUES (@webhook, @url) ON CONFLICT DO NOTHING", asked, transaction) > 0;
        if (isNew)
        {
            await connection.ExecuteAsync(
                "INSERT INTO webhook_lanes (webhook, tenant, position, attempts) SELECT @webhook, tenant, head, 0 FROM event_streams WHERE true ON CONFLICT DO NOTHING", asked, transaction);
        }

        await connection.ExecuteAsync("UPDATE webhooks SET url = @url, gone_at = NULL WHERE webhook = @webhook AND url <> @url", asked, transaction);
        var gone = await connection.QuerySingleAsync<long?>("SELECT gone_at FROM webhooks WHERE webhook = @webhook", asked, transaction);
        return gone is { } at ? DateTimeOffset.FromUnixTimeMilliseconds(at) : (DateTimeOffset?)null;
    }, cancellation);

    /// <inheritdoc/>
    public ValueTask<DateTimeOffset?> GoneSinceAsync(string webhook, CancellationToken cancellation) => database.ReadAsync(
        async connection => await connection.QuerySingleOrDefaultAsync<long?>("SELECT gone_at FROM webhooks WHERE webhook = @webhook", new { webhook }) is { } at
            ? DateTimeOffset.FromUnixTimeMilliseconds(at)
            : (DateTimeOffset?)null,
        cancellation);

    /// <inheritdoc/>
    public async ValueTask SetGoneAsync(string webhook, DateTimeOffset? at, CancellationToken cancellation) =>
        await WriteAsync("UPDATE webhooks SET gone_at = @at WHERE webhook = @webhook", new { webhook, at = at?.ToUnixTimeMilliseconds() }, cancellation);

    /// <inheritdoc/>
    public ValueTask<LaneState> LaneAsync(string webhook, string? tenant, CancellationToken cancellation) => database.ReadAsync(async connection =>
    {
        var row = await connection.QuerySingleOrDefaultAsync<LaneRow>(
            $"SELECT {LaneRow.Columns} FROM webhook_lanes WHERE webhook = @webhook AND tenant = @tenant", new { webhook, tenant = tenant ?? "" });
        return row?.State() ?? new LaneState(tenant, 0);
    }, cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<LaneState>> LanesAsync(string webhook, CancellationToken cancellation) => database.ReadAsync<IReadOnlyList<LaneState>>(
        async connection => [.. (await connection.QueryAsync<LaneRow>($"SELECT {LaneRow.Columns} FROM webhook_lanes WHERE webhook = @webhook ORDER BY tenant", new { webhook })).Select(r => r.State())],
        cancellation);

    /// <inheritdoc/>
    public ValueTask<bool> AdvanceAsync(string webhook, string? tenant, long from, long to, DeadLetter? dead, CancellationToken cancellation) => database.WriteAsync(async transaction =>
    {
        var moved = await transaction.Connection!.ExecuteAsync("""
            INSERT INTO webhook_lanes (webhook, tenant, position, attempts) SELECT @webhook, @tenant, @to, 0
            WHERE @from = 0 OR EXISTS (SELECT 1 FROM webhook_lanes WHERE webhook = @webhook AND tenant = @tenant)
            ON CONFLICT (webhook, tenant) DO UPDATE SET position = @to, attempts = 0, due = NULL, problem = NULL WHERE position = @from
            """, new { webhook, tenant = tenant ?? "", from, to }, transaction) > 0;
        if (moved && dead is not null) await AddAsync(transaction, webhook, dead);
        return moved;
    }, cancellation);

    /// <inheritdoc/>
    public async ValueTask FailAsync(string webhook, LaneState failed, CancellationToken cancellation) => await WriteAsync("""
        INSERT INTO webhook_lanes (webhook, tenant, position, attempts, due, problem) VALUES (@webhook, @tenant, @Position, @Attempts, @due, @Problem)
        ON CONFLICT (webhook, tenant) DO UPDATE SET attempts = @Attempts, due = @due, problem = @Problem WHERE position = @Position
        """, new { webhook, tenant = failed.Tenant ?? "", failed.Position, failed.Attempts, due = failed.Due?.ToUnixTimeMilliseconds(), failed.Problem }, cancellation);

    /// <inheritdoc/>
    public async ValueTask MoveAsync(string webhook, string? tenant, long position, CancellationToken cancellation) => await WriteAsync("""
        INSERT INTO webhook_lanes (webhook, tenant, position, attempts) VALUES (@webhook, @tenant, @position, 0)
        ON CONFLICT (webhook, tenant) DO UPDATE SET position = @position, attempts = 0, due = NULL, problem = NULL
        """, new { webhook, tenant = tenant ?? "", position }, cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<DeadLetter>> DeadLettersAsync(string webhook, long after, int limit, CancellationToken cancellation) => database.ReadAsync<IReadOnlyList<DeadLetter>>(
        async connection =>
        {
            var rows = await connection.QueryAsync<DeadLetterRow>(
                $"SELECT {DeadLetterRow.AllColumns} FROM dead_letters WHERE webhook = @webhook AND number > @after ORDER BY number LIMIT @limit", new { webhook, after, limit });
            return [.. rows.Select(r => r.Letter())];
        }, cancellation);

    /// <inheritdoc/>
    public ValueTask<long> CountDeadLettersAsync(string webhook, CancellationToken cancellation) => database.ReadAsync(
        connection => connection.ExecuteScalarAsync<long>("SELECT count(*) FROM dead_letters WHERE webhook = @webhook", new { webhook }), cancellation);

    /// <inheritdoc/>
    public ValueTask<DeadLetter?> FindDeadLetterAsync(string webhook, long number, CancellationToken cancellation) => database.ReadAsync(
        async connection => (await connection.QuerySingleOrDefaultAsync<DeadLetterRow>(
            $"SELECT {DeadLetterRow.AllColumns} FROM dead_letters WHERE webhook = @webhook AND number = @number", new { webhook, number }))?.Letter(),
        cancellation);

    /// <inheritdoc/>
    public async ValueTask DeleteDeadLetterAsync(string webhook, long number, CancellationToken cancellation) =>
        await WriteAsync("DELETE FROM dead_letters WHERE webhook = @webhook AND number = @number", new { webhook, number }, cancellation);

    /// <inheritdoc/>
    public ValueTask<long> PurgeDeadLettersAsync(DateTimeOffset before, CancellationToken cancellation) =>
        WriteAsync("DELETE FROM dead_letters WHERE dead_at < @before", new { before = before.ToUnixTimeMilliseconds() }, cancellation);

    private static Task<int> AddAsync(SqliteTransaction transaction, string webhook, DeadLetter dead) => transaction.Connection!.ExecuteAsync("""
        INSERT INTO dead_letters (webhook, tenant, sequence, id, type, at, data, attempts, problem, dead_at)
        VALUES (@webhook, @tenant, @Sequence, @Id, @Type, @at, @Data, @Attempts, @Problem, @dead_at)
        ON CONFLICT (webhook, tenant, sequence) DO UPDATE SET attempts = @Attempts, problem = @Problem, dead_at = @dead_at
        """, new
    {
        webhook, tenant = dead.Event.Tenant ?? "", dead.Event.Sequence, dead.Event.Id, dead.Event.Type, at = dead.Event.At.ToUnixTimeMilliseconds(), dead.Event.Data, dead.Attempts,
        dead.Problem, dead_at = dead.At.ToUnixTimeMilliseconds(),
    }, transaction);

    private ValueTask<long> WriteAsync(string sql, object asked, CancellationToken cancellation) =>
        database.WriteAsync(async transaction => (long)await transaction.Connection!.ExecuteAsync(sql, asked, transaction), cancellation);
}
