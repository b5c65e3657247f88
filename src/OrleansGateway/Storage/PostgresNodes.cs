using System.Data;
using System.Text.Json;
using OrleansGateway.Admin;
using OrleansGateway.Leases.Ledger;
using OrleansGateway.Storage.Ledger;

namespace OrleansGateway.Storage;

/// <summary>The nodes of a cluster: each has a row that it writes anew every second. Whoever has written none for ten minutes is forgotten.</summary>
internal sealed class PostgresNodes(PostgresDatabase database, string cluster) : IClusterNodes
{
    private const string Now = "(extract(epoch FROM clock_timestamp()) * 1000)::bigint";
    private const double UnheardAfterSeconds = 5;

    public string Cluster => cluster;

    /// <summary>Tells of a node; answers whether it was told to leave. Throws <see cref="LedgerException"/>.</summary>
    public ValueTask<bool> TellAsync(NodeDocument node, CancellationToken cancellation) => database.InTransactionAsync(
        IsolationLevel.ReadCommitted, async (connection, transaction) =>
        {
            // What is lost in a crash is written again in a second.
            await connection.ChangeAsync(transaction, "SET LOCAL synchronous_commit = off");
            var told = await connection.ReadAllAsync<StoredNode>(
                transaction,
                $"""
                INSERT INTO gateway.nodes (id, heard, report) VALUES (@id, {Now}, @report)
                ON CONFLICT (id) DO UPDATE SET heard = excluded.heard, report = excluded.report RETURNING leave
                """,
                ("id", node.Id), ("report", JsonSerializer.Serialize(node, AdminJson.Default.NodeDocument)));
            await connection.ChangeAsync(transaction, $"DELETE FROM gateway.nodes WHERE heard < {Now} - 600000");
            await transaction.CommitAsync(CancellationToken.None);
            return told[0].Leave;
        }, cancellation);

    /// <summary>The node has left. Throws <see cref="LedgerException"/>.</summary>
    public async Task ForgetAsync(string id, CancellationToken cancellation) =>
        await database.CallAsync(connection => connection.ChangeAsync(null, "DELETE FROM gateway.nodes WHERE id = @id", isPatient: false, ("id", id)), cancellation);

    public async Task<IReadOnlyList<NodeDocument>> ListAsync(CancellationToken cancellation) => await KnownAsync(async () =>
    {
        var rows = await database.CallAsync(connection => connection.ReadAllAsync<StoredNode>(null, $"SELECT report, {Now} - heard AS ago FROM gateway.nodes"), cancellation);
        return rows.Select(NodeOf).OrderBy(n => n.Name, StringComparer.Ordinal).ThenBy(n => n.Address, StringComparer.Ordinal).ThenBy(n => n.Id, StringComparer.Ordinal).ToArray();
    });

    public Task<bool> DrainAsync(string id, CancellationToken cancellation) => KnownAsync(async () =>
        await database.CallAsync(connection => connection.ChangeAsync(null, "UPDATE gateway.nodes SET leave = true WHERE id = @id", isPatient: false, ("id", id)), cancellation) > 0);

    private static NodeDocument NodeOf(StoredNode row)
    {
        var (node, ago) = (JsonSerializer.Deserialize(row.Report, AdminJson.Default.NodeDocument)!, Math.Max(0, row.Ago / 1000.0));
        var isHeard = ago <= UnheardAfterSeconds;
        return node with { HeardSecondsAgo = ago, State = isHeard ? node.State : "unheard", Ready = isHeard && node.Ready };
    }

    private static async Task<T> KnownAsync<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (LedgerException unknown)
        {
            throw new IOException(unknown.Message, unknown);
        }
    }

    private sealed record StoredNode
    {
        public string Report { get; init; } = "";
        public long Ago { get; init; }
        public bool Leave { get; init; }
    }
}
