using Microsoft.Extensions.Logging.Abstractions;
using OrleansGateway.Storage;
using OrleansGateway.Storage.Ledger;
using OrleansGateway.Storage.Usage;
using OrleansGateway.Usage;

namespace OrleansGateway.Tests.Storage.Usage;

/// <summary>Applies the same records in every life, batch by batch, until it is killed; so each life begins with what the ones before it have applied.</summary>
internal static class UsageChild
{
    private const int Batch = 120;

    public static IReadOnlyList<UsageRecord> Records => new UsageRecords(seed: 9, new DateTimeOffset(2026, 5, 1, 0, 0, 0, TimeSpan.Zero), TimeSpan.FromDays(2)).Many(40 * Batch);

    public static async Task SqliteAsync(string folder) =>
        await ApplyAsync(new SqliteUsageStore(SqliteDatabase.OpenUsage(folder, TimeProvider.System, NullLogger<SqliteDatabase>.Instance)));

    public static async Task PostgresAsync(string connection) =>
        await ApplyAsync(new PostgresUsageStore(await PostgresDatabase.OpenAsync(connection, TimeProvider.System, NullLogger<PostgresDatabase>.Instance, CancellationToken.None)));

    private static async Task ApplyAsync(IUsageStore store)
    {
        var batches = Records.Chunk(Batch).ToArray();
        for (var applied = 0; ; applied++)
        {
            await store.ApplyAsync(batches[applied % batches.Length], CancellationToken.None);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{applied + 1} in this life"));
        }
    }
}
