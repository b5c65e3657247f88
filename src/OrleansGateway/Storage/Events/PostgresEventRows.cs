using System.Data;
using System.Security.Cryptography;
using Npgsql;
using OrleansGateway.Events;
using OrleansGateway.Leases.Ledger;
using OrleansGateway.Storage.Ledger;

namespace OrleansGateway.Storage.Events;

/// <summary>
/// Adds events within a transaction, which may be of something else: what happened and the event of it are then kept together, or neither. All who add lock sources in their order and
/// then streams in theirs, as the last thing that they lock; so they wait for each other, but never in a circle.
/// </summary>
internal static class PostgresEventRows
{
    /// <summary>One row if <c>@term</c> is the turn of whoever has the event duty, which nobody takes over until the transaction has ended.</summary>
    public const string Held = "SELECT 1 FROM gateway.event_duty WHERE term = @term FOR SHARE";

    /// <summary>Of them those whose sources are new; they are not any more then.</summary>
    public static async Task<IReadOnlyList<NewEvent>> TakeSourcesAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, IReadOnlyList<NewEvent> events, DateTimeOffset now)
    {
        if (events.Count == 0) return events;
        var digests = events.Select(static e => e.Sources.Select(static s => Convert.ToHexString(DigestOf(s))).ToArray()).ToArray();
        var taken = await connection.ReadAllAsync<TakenSource>(transaction, """
            INSERT INTO gateway.event_sources (source, added_at) SELECT s, @now FROM unnest(@sources) AS s ORDER BY s ON CONFLICT DO NOTHING RETURNING source
            """, ("sources", digests.SelectMany(static d => d).Distinct().Select(Convert.FromHexString).ToArray()), ("now", now.ToUnixTimeMilliseconds()));
        var fresh = taken.Select(static t => Convert.ToHexString(t.Source)).ToHashSet();
        // Each source is one event's only.
        return [.. events.Where((_, i) => digests[i].All(fresh.Remove))];
    }

    /// <summary>Adds events that are known to be new; answers the streams that have grown.</summary>
    public static async Task<IReadOnlyList<string>> AddAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, IReadOnlyList<NewEvent> events)
    {
        if (events.Count == 0) return [];
        var counts = events.GroupBy(static e => NameOf(e.Tenant)).ToDictionary(static g => g.Key, static g => g.LongCount(), StringComparer.Ordinal);
        var heads = (await connection.ReadAllAsync<StreamHead>(transaction, """
            INSERT INTO gateway.event_streams AS s (tenant, head, grown) SELECT t, n, pg_current_xact_id()::text::bigint FROM unnest(@tenants, @counts) AS r(t, n) ORDER BY t COLLATE "C"
            ON CONFLICT (tenant) DO UPDATE SET head = s.head + excluded.head, grown = excluded.grown RETURNING tenant, head
            """, ("tenants", counts.Keys.ToArray()), ("counts", counts.Values.ToArray()))).ToDictionary(static h => h.Tenant, static h => h.Head, StringComparer.Ordinal);
        var last = heads.ToDictionary(static h => h.Key, h => h.Value - counts[h.Key], StringComparer.Ordinal);
        var sequences = events.Select(e => ++System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrNullRef(last, NameOf(e.Tenant))).ToArray();
        await connection.ChangeAsync(transaction, """
            INSERT INTO gateway.events (tenant, sequence, id, type, at, data) SELECT * FROM unnest(@tenants, @sequences, @ids, @types, @ats, @data)
            """, isPatient: false,
            ("tenants", events.Select(static e => NameOf(e.Tenant)).ToArray()), ("sequences", sequences), ("ids", events.Select(static e => e.Id).ToArray()),
            ("types", events.Select(static e => e.Type).ToArray()), ("ats", events.Select(static e => e.At.ToUnixTimeMilliseconds()).ToArray()), ("data", events.Select(static e => e.Data).ToArray()));
        return [.. heads.Keys.Select(LedgerText.FromStore)];
    }

    // An index takes no more than 2,700 bytes, and a source may be longer.
    public static byte[] DigestOf(byte[] source) => SHA256.HashData(source);

    public static string NameOf(string? tenant) => tenant is null ? "" : LedgerText.ToStore(tenant);

    public static string? TenantOf(string stored) => EventRow.TenantOf(LedgerText.FromStore(stored));

    /// <summary>A call of the event log, whose failures are all <see cref="EventStoreException"/>.</summary>
    public static async ValueTask<T> OfEventsAsync<T>(this PostgresDatabase database, Func<NpgsqlConnection, Task<T>> call, CancellationToken cancellation)
    {
        try
        {
            return await database.CallAsync(call, cancellation);
        }
        catch (LedgerException failed)
        {
            throw new EventStoreException(failed.Message, failed);
        }
    }

    /// <summary>A transaction of the event log, which has reached the disk when it returns.</summary>
    public static ValueTask<T> InEventsAsync<T>(this PostgresDatabase database, Func<NpgsqlConnection, NpgsqlTransaction, Task<T>> work, CancellationToken cancellation) =>
        database.OfEventsAsync(async connection =>
        {
            await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, CancellationToken.None);
            await connection.ChangeAsync(transaction, "SET LOCAL synchronous_commit = on");
            var answer = await work(connection, transaction);
            await transaction.CommitAsync(CancellationToken.None);
            return answer;
        }, cancellation);

    private sealed record TakenSource
    {
        public byte[] Source { get; init; } = [];
    }

    private sealed record StreamHead
    {
        public string Tenant { get; init; } = "";
        public long Head { get; init; }
    }
}
