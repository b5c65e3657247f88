using System.Data;
using Npgsql;
using OrleansGateway.Invalidation;
using OrleansGateway.Leases.Ledger;
using OrleansGateway.Storage.Ledger;

namespace OrleansGateway.Storage.Invalidation;

/// <summary>
/// The one sequence of a cluster. Whoever numbers has taken the row of the sequence over, which fences those before. Throws <see cref="InvalidationException"/> if a call fails; what it
/// should have written may then be written all the same.
/// </summary>
internal sealed class PostgresInvalidationLog(PostgresDatabase database, TimeProvider time, SharedLogBounds? bounds = null)
{
    private readonly SharedLogBounds _bounds = bounds ?? SharedLogBounds.Default;

    /// <summary>Takes the sequence over. Nobody who took it over before adds to it any more.</summary>
    public async ValueTask<SequenceLife> TakeOverAsync(CancellationToken cancellation) => await CallAsync(async () =>
        (await database.CallAsync(
            connection => connection.ReadAllAsync<SequenceLife>(null, "UPDATE gateway.invalidation_sequence SET life = life + 1 RETURNING life, head"), cancellation))[0]);

    /// <summary>
    /// Numbers them, in this order, and adds them in one commit, which has reached the disk when it returns. What was added before under the same event id, with the same content, gets
    /// the number it had. None if another has taken the sequence over.
    /// </summary>
    public ValueTask<IReadOnlyList<InvalidationReceipt>?> AppendAsync(long life, IReadOnlyList<InvalidationRequest> requests, CancellationToken cancellation) => CallAsync(() =>
        database.InTransactionAsync<IReadOnlyList<InvalidationReceipt>?>(IsolationLevel.ReadCommitted, async (connection, transaction) =>
        {
            await connection.ChangeAsync(transaction, "SET LOCAL synchronous_commit = on");
            var held = await connection.ReadAllAsync<SequenceLife>(transaction, "SELECT life, head FROM gateway.invalidation_sequence WHERE life = @life FOR UPDATE", ("life", life));
            if (held is not [var sequence]) return null;
            var batch = InvalidationBatch.Of(requests);
            if (batch.Digests.Count > 0)
            {
                batch.AddKnown(await connection.ReadAllAsync<KnownEvent>(
                    transaction, "SELECT digest, position FROM gateway.invalidation_events WHERE digest = ANY(@digests)", ("digests", batch.Digests.ToArray())));
            }

            var receipts = batch.Number(sequence.Head);
            await AddAsync(connection, transaction, batch);
            await transaction.CommitAsync(CancellationToken.None);
            return receipts;
        }, cancellation));

    /// <summary>What is behind that place, in order. None if some of it has been forgotten.</summary>
    public async ValueTask<IReadOnlyList<NumberedInvalidation>?> ReadAsync(long after, long head, int limit, CancellationToken cancellation)
    {
        var rows = await CallAsync(() => database.CallAsync(connection => connection.ReadAllAsync<Row>(
            null, "SELECT position, tenant, mode, selectors FROM gateway.invalidations WHERE position > @after AND position <= @head ORDER BY position LIMIT @limit",
            ("after", after), ("head", head), ("limit", (long)limit)), cancellation));
        return rows is [var first, ..] && first.Position == after + 1 ? [.. rows.Select(static r => r.Numbered())] : null;
    }

    /// <summary>Forgets what is beyond the bounds.</summary>
    public async ValueTask PruneAsync(long head, CancellationToken cancellation) => await CallAsync(() => database.CallAsync(
        connection => connection.ChangeAsync(null, """
            DELETE FROM gateway.invalidations WHERE position <= @kept;
            DELETE FROM gateway.invalidation_events WHERE position <= @ids OR at < @before
            """, isPatient: false, ("kept", head - _bounds.KeptMax), ("ids", head - _bounds.EventIdsMax), ("before", (time.GetUtcNow() - _bounds.EventIdsKept).ToUnixTimeMilliseconds())), cancellation));

    private async Task AddAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, InvalidationBatch batch)
    {
        if (batch.Added.Count == 0) return;
        await connection.ChangeAsync(transaction, """
            INSERT INTO gateway.invalidations (position, tenant, mode, selectors) SELECT * FROM unnest(@position, @tenant, @mode, @selectors)
            """, isPatient: false,
            ("position", batch.Added.Select(a => a.Position).ToArray()), ("tenant", batch.Added.Select(a => a.Tenant).ToArray()),
            ("mode", batch.Added.Select(a => (short)a.Mode).ToArray()), ("selectors", batch.Added.Select(a => a.Selectors).ToArray()));
        var named = batch.Added.Where(a => a.Digest is not null).ToArray();
        if (named.Length > 0)
        {
            await connection.ChangeAsync(transaction, "INSERT INTO gateway.invalidation_events (digest, position, at) SELECT d, p, @at FROM unnest(@digest, @position) AS r(d, p)", isPatient: false,
                ("digest", named.Select(a => a.Digest!).ToArray()), ("position", named.Select(a => a.Position).ToArray()), ("at", time.GetUtcNow().ToUnixTimeMilliseconds()));
        }

        await connection.ChangeAsync(transaction, "UPDATE gateway.invalidation_sequence SET head = @head", isPatient: false, ("head", batch.Added[^1].Position));
    }

    private static async ValueTask<T> CallAsync<T>(Func<ValueTask<T>> call)
    {
        try
        {
            return await call();
        }
        catch (LedgerException failed)
        {
            throw new InvalidationException(failed.Message, failed);
        }
    }

    private sealed record Row
    {
        public long Position { get; init; }
        public string Tenant { get; init; } = "";
        public short Mode { get; init; }
        public string Selectors { get; init; } = "";

        public NumberedInvalidation Numbered() => new(Tenant.Length == 0 ? null : Tenant, Position, SelectorText.Read(Selectors), (InvalidationMode)Mode);
    }
}

/// <summary>One holder's time with the sequence.</summary>
internal sealed record SequenceLife
{
    /// <summary>Which it is, from 1.</summary>
    public long Life { get; init; }

    /// <summary>The last number given.</summary>
    public long Head { get; init; }
}

/// <summary>How much of the past of a cluster's invalidations is kept.</summary>
/// <param name="KeptMax">Invalidations of all tenants. An edge that has missed more begins anew with nothing stored.</param>
/// <param name="EventIdsMax">Ids of events: those of so many invalidations.</param>
/// <param name="EventIdsKept">Time that ids are kept at most.</param>
internal sealed record SharedLogBounds(int KeptMax, int EventIdsMax, TimeSpan EventIdsKept)
{
    public static SharedLogBounds Default { get; } = new(KeptMax: 1_000_000, EventIdsMax: 1_000_000, EventIdsKept: TimeSpan.FromDays(1));
}
