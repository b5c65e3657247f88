using Microsoft.Extensions.Logging.Abstractions;
using OrleansGateway.Leases;
using OrleansGateway.Leases.Ledger;
using OrleansGateway.Storage;
using OrleansGateway.Storage.Ledger;
using static OrleansGateway.Tests.Storage.Ledger.LedgerRows;

namespace OrleansGateway.Tests.Storage.Ledger;

/// <summary>Writes to a ledger until it is killed: in each write 12 accounts and their leases, with the same total spent of each.</summary>
internal static class LedgerChild
{
    public const int Accounts = 12;

    public const long Limit = 1_000_000_000;

    public static async Task SqliteAsync(string folder)
    {
        var database = SqliteDatabase.OpenLedger(folder, TimeProvider.System, NullLogger<SqliteDatabase>.Instance);
        await SpendAsync(new SqliteLedgerStore(database, TimeProvider.System));
    }

    public static async Task PostgresAsync(string connection)
    {
        var database = await PostgresDatabase.OpenAsync(connection, TimeProvider.System, NullLogger<PostgresDatabase>.Instance, CancellationToken.None);
        await SpendAsync(new PostgresLedgerStore(database, TimeProvider.System));
    }

    private static async Task SpendAsync(ILedgerStore store)
    {
        var record = await store.AcquireAsync(Owner, CancellationToken.None);
        var (version, spent) = (record.Version, record.Accounts.Count == 0 ? 0 : record.Accounts[0].Posted);
        for (var written = 1; await store.WriteAsync(Write(version++, ++spent), CancellationToken.None) == LedgerOutcome.Written; written++)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{spent}, {written} in this life"));
        }
    }

    private static LedgerWrite Write(long version, long spent) => new()
    {
        Owner = Owner,
        Version = version,
        Accounts = [.. Ids.Select(id => Account(Limit - spent, spent, id: id))],
        Leases = [.. Ids.Select(id => Lease(spent, spent, id: id))],
        Adjustment = spent % 3 == 0 ? Adjustment($"act-{spent}") : null,
    };

    private static IEnumerable<AccountId> Ids => Enumerable.Range(0, Accounts).Select(i => new AccountId("budgets.b", $"{i:D2}"));
}
