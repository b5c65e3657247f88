using System.Data;
using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansGateway.Leases.Ledger;
using OrleansGateway.Leases.Owners;

namespace OrleansGateway.Storage.Ledger;

/// <summary>
/// Which silo has an owner, and how the one before it ended there. Money is fenced by the ledger's version; rates are kept in memory, and so it must be known whether another may still be
/// giving them out. See the decision on the terms of silos.
/// </summary>
internal sealed class PostgresOwnerLives(PostgresDatabase database)
{
    private const string Now = "(extract(epoch FROM clock_timestamp()) * 1000)::bigint";

    /// <summary>
    /// Begins an owner's life in a silo, after the ledger was acquired. Whoever had it before and has not ended it is told to give it up, by <see cref="TakenOverAsync"/>. Throws
    /// <see cref="LedgerException"/> if another has taken over since.
    /// </summary>
    public ValueTask<FormerLife> BeginAsync(string owner, long epoch, string silo, CancellationToken cancellation) => database.InTransactionAsync(
        IsolationLevel.ReadCommitted, async (connection, transaction) =>
        {
            (string, object)[] mine = [("owner", owner), ("epoch", epoch), ("silo", silo)];
            await connection.ChangeAsync(transaction, "SET LOCAL synchronous_commit = on");
            var before = (await connection.ReadAllAsync<StoredLife>(
                transaction, $"SELECT silo, {Now} - ended AS ago, in_use AS inuse, levels FROM gateway.owner_lives WHERE owner = @owner FOR UPDATE", ("owner", owner))).FirstOrDefault();
            var begun = await connection.ChangeAsync(transaction, """
                INSERT INTO gateway.owner_lives AS l (owner, epoch, silo, ended, in_use, levels) VALUES (@owner, @epoch, @silo, NULL, false, '[]')
                ON CONFLICT (owner) DO UPDATE SET epoch = @epoch, silo = @silo, ended = NULL, in_use = false, levels = '[]' WHERE l.epoch < @epoch
                """, isPatient: false, mine);
            if (begun == 0) throw new LedgerException($"Another silo has taken over {owner}.");
            if (before is { Ago: null } && before.Silo != silo)
            {
                await connection.ChangeAsync(
                    transaction, $"INSERT INTO gateway.owner_takeovers (silo, owner, epoch, at) VALUES (@silo, @owner, @epoch, {Now})", isPatient: false,
                    ("silo", before.Silo), ("owner", owner), ("epoch", epoch));
            }

            await transaction.CommitAsync(CancellationToken.None);
            return before is null ? FormerLife.None : before.ToLife(silo);
        }, cancellation);

    /// <summary>Goes on with a life under another epoch, or the same; false if another has taken over, or it has ended.</summary>
    public async ValueTask<bool> ContinueAsync(string owner, long epoch, long next, string silo, CancellationToken cancellation) => await database.CallAsync(
        connection => connection.ChangeAsync(
            null, "UPDATE gateway.owner_lives SET epoch = @next WHERE owner = @owner AND silo = @silo AND epoch = @epoch AND ended IS NULL", isPatient: false,
            ("owner", owner), ("silo", silo), ("epoch", epoch), ("next", next)),
        cancellation) > 0;

    /// <summary>Ends a life in good order: the next one goes on from what it leaves. Nothing if another has taken over.</summary>
    public async ValueTask EndAsync(string owner, OwnerRemains remains, CancellationToken cancellation) => await database.CallAsync(
        connection => connection.ChangeAsync(
            null, $"UPDATE gateway.owner_lives SET ended = {Now}, in_use = @inuse, levels = @levels WHERE owner = @owner AND epoch = @epoch", isPatient: false,
            ("owner", owner), ("epoch", remains.Epoch), ("inuse", remains.IsInUse),
            ("levels", JsonSerializer.Serialize([.. remains.Levels], OwnerLevelsJson.Default.AccountRowArray))),
        cancellation);

    /// <summary>Owners that other silos have taken over from this one, and that it has not said to have given up.</summary>
    public ValueTask<IReadOnlyList<Takeover>> TakenOverAsync(string silo, CancellationToken cancellation) => database.CallAsync<IReadOnlyList<Takeover>>(
        async connection => [.. (await connection.ReadAllAsync<StoredOwner>(null, "SELECT owner, epoch FROM gateway.owner_takeovers WHERE silo = @silo", ("silo", silo))).Select(t => new Takeover(t.Owner, t.Epoch))],
        cancellation);

    /// <summary>Has given these up. What is told of silos that are gone is deleted after a day.</summary>
    public async ValueTask GaveUpAsync(string silo, IReadOnlyList<Takeover> taken, CancellationToken cancellation) => await database.CallAsync(
        async connection =>
        {
            foreach (var (owner, epoch) in taken)
            {
                await connection.ChangeAsync(null, "DELETE FROM gateway.owner_takeovers WHERE silo = @silo AND owner = @owner AND epoch = @epoch", isPatient: false,
                    ("silo", silo), ("owner", owner), ("epoch", epoch));
            }

            return await connection.ChangeAsync(null, $"DELETE FROM gateway.owner_takeovers WHERE at < {Now} - 86400000");
        },
        cancellation);

    /// <summary>Owners with leases of this session that are not closed.</summary>
    public ValueTask<IReadOnlyList<string>> OwnersOfAsync(Guid session, CancellationToken cancellation) => database.CallAsync<IReadOnlyList<string>>(
        async connection => [.. (await connection.ReadAllAsync<StoredOwner>(
            null, "SELECT DISTINCT owner, 0::bigint AS epoch FROM gateway.ledger_leases WHERE session = @session AND state <> 2", ("session", session.ToString("N")))).Select(t => t.Owner)],
        cancellation);

    private sealed record StoredLife
    {
        public string Silo { get; init; } = "";

        /// <summary>Milliseconds since its end; none if it has not ended.</summary>
        public long? Ago { get; init; }

        public bool InUse { get; init; }
        public string Levels { get; init; } = "";

        public FormerLife ToLife(string silo) => Ago is { } ago
            ? new(LifeEnd.InOrder, InUse, TimeSpan.FromMilliseconds(Math.Max(ago, 0)), JsonSerializer.Deserialize(Levels, OwnerLevelsJson.Default.AccountRowArray)!)
            : new(Silo == silo ? LifeEnd.Dropped : LifeEnd.Unknown, IsInUse: true, TimeSpan.Zero, []);
    }

    private sealed record StoredOwner
    {
        public string Owner { get; init; } = "";
        public long Epoch { get; init; }
    }
}

/// <summary>Another silo has taken an owner over, and that is its life there.</summary>
internal readonly record struct Takeover(string Owner, long Epoch);

[JsonSerializable(typeof(AccountRow[]))]
internal sealed partial class OwnerLevelsJson : JsonSerializerContext;
