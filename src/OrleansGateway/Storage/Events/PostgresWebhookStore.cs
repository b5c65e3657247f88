using Npgsql;
using OrleansGateway.Events;
using OrleansGateway.Storage.Ledger;

namespace OrleansGateway.Storage.Events;

/// <summary>
/// How far a cluster's webhooks have got, beside the events. What follows from sending is written by whoever has the event duty; what an operator asks for, by any node.
/// </summary>
/// <param name="database">The cluster's.</param>
/// <param name="term">The turn that this node has at the duty.</param>
internal sealed class PostgresWebhookStore(PostgresDatabase database, Func<long> term) : IWebhookStore
{
    /// <inheritdoc/>
    public ValueTask<DateTimeOffset?> RegisterAsync(string webhook, string url, CancellationToken cancellation) => database.InEventsAsync(async (connection, transaction) =>
    {
        (string, object)[] asked = [("webhook", webhook), ("url", url)];
        if (await connection.ChangeAsync(transaction, "INSERT INTO gateway.webhooks (webhook, url) VALUES (@webhook, @url) ON CONFLICT DO NOTHING", isPatient: false, asked) > 0)
        {
            await connection.ChangeAsync(transaction, """
                INSERT INTO gateway.webhook_lanes (webhook, tenant, position, attempts) SELECT @webhook, tenant, head, 0 FROM gateway.event_streams ON CONFLICT DO NOTHING
                """, isPatient: false, ("webhook", webhook));
        }

        await connection.ChangeAsync(transaction, "UPDATE gateway.webhooks SET url = @url, gone_at = NULL WHERE webhook = @webhook AND url <> @url", isPatient: false, asked);
        return await GoneAsync(connection, transaction, webhook);
    }, cancellation);

    /// <inheritdoc/>
    public ValueTask<DateTimeOffset?> GoneSinceAsync(string webhook, CancellationToken cancellation) => database.OfEventsAsync(connection => GoneAsync(connection, null, webhook), cancellation);

    /// <inheritdoc/>
    public async ValueTask SetGoneAsync(string webhook, DateTimeOffset? at, CancellationToken cancellation) => await WriteAsync(
        "UPDATE gateway.webhooks SET gone_at = @at::bigint WHERE webhook = @webhook", cancellation, ("webhook", webhook), ("at", OrNull(at?.ToUnixTimeMilliseconds())));

    /// <inheritdoc/>
    public async ValueTask<LaneState> LaneAsync(string webhook, string? tenant, CancellationToken cancellation) => await database.OfEventsAsync(
        connection => connection.ReadAllAsync<LaneRow>(
            null, $"SELECT {LaneRow.Columns} FROM gateway.webhook_lanes WHERE webhook = @webhook AND tenant = @tenant", ("webhook", webhook), ("tenant", PostgresEventRows.NameOf(tenant))),
        cancellation) is [var row] ? StateOf(row) : new LaneState(tenant, 0);

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<LaneState>> LanesAsync(string webhook, CancellationToken cancellation) => [.. (await database.OfEventsAsync(
        connection => connection.ReadAllAsync<LaneRow>(null, $"SELECT {LaneRow.Columns} FROM gateway.webhook_lanes WHERE webhook = @webhook ORDER BY tenant", ("webhook", webhook)),
        cancellation)).Select(StateOf)];

    /// <inheritdoc/>
    public ValueTask<bool> AdvanceAsync(string webhook, string? tenant, long from, long to, DeadLetter? dead, CancellationToken cancellation) => database.InEventsAsync(async (connection, transaction) =>
    {
        var moved = await connection.ChangeAsync(transaction, $"""
            WITH held AS ({PostgresEventRows.Held})
            INSERT INTO gateway.webhook_lanes AS l (webhook, tenant, position, attempts) SELECT @webhook, @tenant, @to, 0 FROM held
            WHERE @from = 0 OR EXISTS (SELECT 1 FROM gateway.webhook_lanes WHERE webhook = @webhook AND tenant = @tenant)
            ON CONFLICT (webhook, tenant) DO UPDATE SET position = @to, attempts = 0, due = NULL, problem = NULL WHERE l.position = @from
            """, isPatient: false, ("webhook", webhook), ("tenant", PostgresEventRows.NameOf(tenant)), ("from", from), ("to", to), ("term", term())) > 0;
        if (moved && dead is not null) await AddAsync(connection, transaction, webhook, dead);
        return moved;
    }, cancellation);

    /// <inheritdoc/>
    public async ValueTask FailAsync(string webhook, LaneState failed, CancellationToken cancellation) => await WriteAsync($"""
        WITH held AS ({PostgresEventRows.Held})
        INSERT INTO gateway.webhook_lanes AS l (webhook, tenant, position, attempts, due, problem) SELECT @webhook, @tenant, @position, @attempts, @due::bigint, @problem::text FROM held
        ON CONFLICT (webhook, tenant) DO UPDATE SET attempts = excluded.attempts, due = excluded.due, problem = excluded.problem WHERE l.position = @position
        """, cancellation, ("webhook", webhook), ("tenant", PostgresEventRows.NameOf(failed.Tenant)), ("position", failed.Position), ("attempts", (long)failed.Attempts),
        ("due", OrNull(failed.Due?.ToUnixTimeMilliseconds())), ("problem", OrNull(failed.Problem is { } problem ? LedgerText.ToStore(problem) : null)), ("term", term()));

    /// <inheritdoc/>
    public async ValueTask MoveAsync(string webhook, string? tenant, long position, CancellationToken cancellation) => await database.InEventsAsync(async (connection, transaction) =>
    {
        (string, object)[] asked = [("webhook", webhook), ("tenant", PostgresEventRows.NameOf(tenant)), ("position", position)];
        // Touched, so that whoever sends looks at it. First, for so whoever adds to it locks.
        await connection.ChangeAsync(transaction, "UPDATE gateway.event_streams SET grown = pg_current_xact_id()::text::bigint WHERE tenant = @tenant", isPatient: false, asked[1]);
        return await connection.ChangeAsync(transaction, """
            INSERT INTO gateway.webhook_lanes (webhook, tenant, position, attempts) VALUES (@webhook, @tenant, @position, 0)
            ON CONFLICT (webhook, tenant) DO UPDATE SET position = @position, attempts = 0, due = NULL, problem = NULL
            """, isPatient: false, asked);
    }, cancellation);

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<DeadLetter>> DeadLettersAsync(string webhook, long after, int limit, CancellationToken cancellation) => [.. (await LettersAsync(
        "number > @after ORDER BY number LIMIT @limit", cancellation, ("webhook", webhook), ("after", after), ("limit", (long)limit))).Select(LetterOf)];

    /// <inheritdoc/>
    public async ValueTask<long> CountDeadLettersAsync(string webhook, CancellationToken cancellation) => (await database.OfEventsAsync(
        connection => connection.ReadAllAsync<Counted>(null, "SELECT count(*) AS value FROM gateway.dead_letters WHERE webhook = @webhook", ("webhook", webhook)), cancellation))[0].Value;

    /// <inheritdoc/>
    public async ValueTask<DeadLetter?> FindDeadLetterAsync(string webhook, long number, CancellationToken cancellation) =>
        await LettersAsync("number = @number", cancellation, ("webhook", webhook), ("number", number)) is [var row] ? LetterOf(row) : null;

    /// <inheritdoc/>
    public async ValueTask DeleteDeadLetterAsync(string webhook, long number, CancellationToken cancellation) =>
        await WriteAsync("DELETE FROM gateway.dead_letters WHERE webhook = @webhook AND number = @number", cancellation, ("webhook", webhook), ("number", number));

    /// <inheritdoc/>
    public ValueTask<long> PurgeDeadLettersAsync(DateTimeOffset before, CancellationToken cancellation) =>
        WriteAsync("DELETE FROM gateway.dead_letters WHERE dead_at < @before", cancellation, ("before", before.ToUnixTimeMilliseconds()));

    private static async Task<DateTimeOffset?> GoneAsync(NpgsqlConnection connection, NpgsqlTransaction? transaction, string webhook)
    {
        var rows = await connection.ReadAllAsync<Counted>(transaction, "SELECT gone_at AS value FROM gateway.webhooks WHERE webhook = @webhook AND gone_at IS NOT NULL", ("webhook", webhook));
        return rows is [var row] ? DateTimeOffset.FromUnixTimeMilliseconds(row.Value) : null;
    }

    private static Task<int> AddAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, string webhook, DeadLetter dead) => connection.ChangeAsync(transaction, """
        INSERT INTO gateway.dead_letters (webhook, tenant, sequence, id, type, at, data, attempts, problem, dead_at)
        VALUES (@webhook, @tenant, @sequence, @id, @type, @at, @data, @attempts, @problem, @dead_at)
        ON CONFLICT (webhook, tenant, sequence) DO UPDATE SET attempts = excluded.attempts, problem = excluded.problem, dead_at = excluded.dead_at
        """, isPatient: false,
        ("webhook", webhook), ("tenant", PostgresEventRows.NameOf(dead.Event.Tenant)), ("sequence", dead.Event.Sequence), ("id", dead.Event.Id), ("type", dead.Event.Type),
        ("at", dead.Event.At.ToUnixTimeMilliseconds()), ("data", dead.Event.Data), ("attempts", (long)dead.Attempts), ("problem", LedgerText.ToStore(dead.Problem)),
        ("dead_at", dead.At.ToUnixTimeMilliseconds()));

    private ValueTask<List<DeadLetterRow>> LettersAsync(string which, CancellationToken cancellation, params (string, object)[] asked) => database.OfEventsAsync(
        connection => connection.ReadAllAsync<DeadLetterRow>(null, $"SELECT {DeadLetterRow.AllColumns} FROM gateway.dead_letters WHERE webhook = @webhook AND {which}", asked), cancellation);

    private static DeadLetter LetterOf(DeadLetterRow row) => (row with { Tenant = LedgerText.FromStore(row.Tenant), Problem = LedgerText.FromStore(row.Problem) }).Letter();

    private static LaneState StateOf(LaneRow row) => (row with { Tenant = LedgerText.FromStore(row.Tenant), Problem = row.Problem is { } problem ? LedgerText.FromStore(problem) : null }).State();

    private static object OrNull(object? value) => value ?? DBNull.Value;

    private ValueTask<long> WriteAsync(string sql, CancellationToken cancellation, params (string, object)[] asked) =>
        database.InEventsAsync(async (connection, transaction) => (long)await connection.ChangeAsync(transaction, sql, isPatient: false, asked), cancellation);

    private sealed record Counted
    {
        public long Value { get; init; }
    }
}
