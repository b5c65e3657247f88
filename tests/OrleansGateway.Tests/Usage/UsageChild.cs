using System.Buffers.Binary;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansGateway.Configuration;
using OrleansGateway.Prices;
using OrleansGateway.Storage;
using OrleansGateway.Storage.Ledger;
using OrleansGateway.Storage.Usage;
using OrleansGateway.Usage;

namespace OrleansGateway.Tests.Usage;

/// <summary>Appends records and ships them until it is killed. The n-th of a session has cost n.</summary>
internal static class UsageChild
{
    public const int RecordsInALine = 20;

    private const int RecordsInAFlush = 500;

    public static async Task SqliteAsync(string folder)
    {
        await using var store = OpenStore(folder);
        await RunAsync(folder, store);
    }

    /// <param name="at">A folder, and behind a line's end how to connect.</param>
    public static async Task PostgresAsync(string at)
    {
        var (folder, connection) = (at.Split('\n')[0], at.Split('\n')[1]);
        await using var database = await OpenDatabaseAsync(connection);
        await RunAsync(folder, new PostgresUsageStore(database));
    }

    private static async Task RunAsync(string folder, IUsageStore store)
    {
        var session = new Guid(RandomNumberGenerator.GetBytes(16));
        await using var log = OpenLog(folder, session);
        await using var shipper = Ship(folder, log, store);
        for (var number = 1; ; number++)
        {
            while (!log.TryAppend([Record(session, number)])) await log.FlushAsync(CancellationToken.None);
            if (number % RecordsInALine == 0) Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"appended {number}. {session:N}"));
            if (number % RecordsInAFlush == 0) await log.FlushAsync(CancellationToken.None);
        }
    }

    public static SqliteUsageStore OpenStore(string folder) => new(SqliteDatabase.OpenUsage(folder, TimeProvider.System, NullLogger<SqliteDatabase>.Instance));

    public static Task<PostgresDatabase> OpenDatabaseAsync(string connection) =>
        PostgresDatabase.OpenAsync(connection, TimeProvider.System, NullLogger<PostgresDatabase>.Instance, CancellationToken.None);

    public static UsageLog OpenLog(string folder, Guid session) => UsageLog.Open(
        Path.Combine(folder, "usage"), session,
        new UsageLogParts(static () => new UsageSettings { LogMax = new ByteSize(16 * 256 * 1024) }, static () => 0, new UsageLogFigures(), TimeProvider.System, NullLogger<UsageLog>.Instance));

    public static UsageShipper Ship(string folder, UsageLog log, IUsageStore store)
    {
        var shipper = new UsageShipper(
            log, store, new UsageDamage(Path.Combine(folder, "usage", "damaged"), NullLogger.Instance), static () => new UsageSettings(), new UsageLogFigures(), new Random(1),
            TimeProvider.System, NullLogger<UsageShipper>.Instance);
        shipper.Start();
        return shipper;
    }

    private static UsageRecord Record(Guid session, int number)
    {
        var id = session.ToByteArray();
        BinaryPrimitives.WriteInt32LittleEndian(id, number);
        return TestRecords.Usual(new Guid(id)) with { At = TimeProvider.System.GetUtcNow(), Edge = session, Attempt = number, Cost = new CostParts { Input = number } };
    }
}
