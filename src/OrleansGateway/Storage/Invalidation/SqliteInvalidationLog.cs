using Dapper;
using Microsoft.Data.Sqlite;
using OrleansGateway.Invalidation;
using OrleansGateway.Storage.Ledger;

namespace OrleansGateway.Storage.Invalidation;

/// <summary>The sequences in <c>cache.db</c>.</summary>
internal sealed class SqliteInvalidationLog(CacheDatabase database, TimeProvider time, InvalidationLogBounds? bounds = null) : IInvalidationLog
{
    private readonly InvalidationLogBounds _bounds = bounds ?? InvalidationLogBounds.Default;

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<KeptInvalidations>> LoadAsync(CancellationToken cancellation) => database.ReadAsync<IReadOnlyList<KeptInvalidations>>(async connection =>
    {
        // One transaction: what is added between two reads would look like a gap.
        await using var transaction = connection.BeginTransaction(deferred: true);
        var heads = await connection.QueryAsync<(string Tenant, long Head)>("SELECT tenant, head FROM invalidation_heads ORDER BY tenant", transaction: transaction);
        var loaded = new List<KeptInvalidations>();
        foreach (var (tenant, head) in heads) loaded.Add(new KeptInvalidations(NameOf(tenant), head, await ReadAsync(connection, tenant, head - _bounds.KeptMax, transaction)));
        return loaded;
    }, cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<NumberedInvalidation>> ReadAsync(string? tenant, long after, CancellationToken cancellation) =>
        database.ReadAsync(connection => ReadAsync(connection, tenant ?? "", after, transaction: null), cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<InvalidationReceipt>> AppendAsync(IReadOnlyList<InvalidationRequest> requests, CancellationToken cancellation) =>
        database.WriteAsync<IReadOnlyList<InvalidationReceipt>>(transaction =>
        {
            var connection = transaction.Connection!;
            using var find = new SqliteStatement(connection, "SELECT sequence FROM invalidation_events WHERE digest = @p1", 1);
            using var next = new SqliteStatement(connection, "INSERT INTO invalidation_heads (tenant, head) VALUES (@p1, 1) ON CONFLICT (tenant) DO UPDATE SET head = head + 1 RETURNING head", 1);
            using var add = new SqliteStatement(connection, "INSERT INTO invalidations (tenant, sequence, mode, selectors) VALUES (@p1, @p2, @p3, @p4)", 4);
            using var note = new SqliteStatement(connection, "INSERT INTO invalidation_events (digest, sequence, at) VALUES (@p1, @p2, @p3)", 3);
            var (receipts, now) = (new InvalidationReceipt[requests.Count], time.GetUtcNow().ToUnixTimeMilliseconds());
            for (var i = 0; i < requests.Count; i++)
            {
                var (request, tenant) = (requests[i], requests[i].Tenant ?? "");
                var selectors = SelectorText.Of(request.Selectors);
                var digest = request.EventId is { } id ? EventDigest.Of(tenant, id, request.Mode, selectors) : null;
                if (digest is not null && find.Find(transaction, digest) is long before)
                {
                    receipts[i] = new InvalidationReceipt(before, IsRepeat: true);
                    continue;
                }

                var sequence = (long)next.Find(transaction, tenant)!;
                add.Run(transaction, tenant, sequence, (long)request.Mode, selectors);
                if (digest is not null) note.Run(transaction, digest, sequence, now);
                receipts[i] = new InvalidationReceipt(sequence);
            }

            return Task.FromResult<IReadOnlyList<InvalidationReceipt>>(receipts);
        }, cancellation);

    /// <inheritdoc/>
    public async ValueTask PruneAsync(CancellationToken cancellation) => await database.WriteAsync(async transaction =>
    {
        var limits = new { kept = _bounds.KeptMax, most = _bounds.EventIdsMax, before = (time.GetUtcNow() - _bounds.EventIdsKept).ToUnixTimeMilliseconds() };
        await transaction.Connection!.ExecuteAsync("""
            DELETE FROM invalidations WHERE sequence <= (SELECT head - @kept FROM invalidation_heads h WHERE h.tenant = invalidations.tenant);
            DELETE FROM invalidation_events WHERE number <= (SELECT max(number) - @most FROM invalidation_events);
            DELETE FROM invalidation_events WHERE number < (SELECT coalesce(min(number), 9223372036854775807) FROM invalidation_events WHERE at >= @before);
            """, limits, transaction);
        return true;
    }, cancellation);

    private static async Task<IReadOnlyList<NumberedInvalidation>> ReadAsync(SqliteConnection connection, string tenant, long after, SqliteTransaction? transaction)
    {
        var rows = await connection.QueryAsync<(long Sequence, long Mode, string Selectors)>(
            "SELECT sequence, mode, selectors FROM invalidations WHERE tenant = @tenant AND sequence > @after ORDER BY sequence", new { tenant, after }, transaction);
        return [.. rows.Select(row => new NumberedInvalidation(NameOf(tenant), row.Sequence, SelectorText.Read(row.Selectors), (InvalidationMode)row.Mode))];
    }

    private static string? NameOf(string tenant) => tenant.Length == 0 ? null : tenant;
}
