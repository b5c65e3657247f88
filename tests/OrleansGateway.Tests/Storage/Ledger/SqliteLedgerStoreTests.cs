using Microsoft.Extensions.Logging.Abstractions;
using OrleansGateway.Leases.Ledger;
using OrleansGateway.Storage;
using OrleansGateway.Storage.Ledger;

namespace OrleansGateway.Tests.Storage.Ledger;

public sealed class SqliteLedgerStoreTests : LedgerStoreContract, IAsyncLifetime
{
    private readonly StateFolder _folder = new();
    private readonly List<SqliteLedgerStore> _stores = [];
    private SqliteDatabase _database = null!;

    public ValueTask InitializeAsync()
    {
        _database = SqliteDatabase.OpenLedger(_folder.Path, new ManualTime(), NullLogger<SqliteDatabase>.Instance);
        return ValueTask.CompletedTask;
    }

    [Fact(Timeout = 60_000)]
    public async Task WriteAsync_OfManyOwnersTogether_TakesBackOnlyWhatIsRefused()
    {
        var store = await OpenAsync();
        var owners = Enumerable.Range(0, 60).Select(i => $"tenant:{i:D2}").ToArray();
        foreach (var owner in owners) await store.AcquireAsync(owner, Cancel);
        // A third does not balance, a third has another version.
        var writes = owners.Select((owner, i) => store.WriteAsync(Write(owner, i % 3), Cancel).AsTask()).ToArray();
        for (var i = 0; i < owners.Length; i++)
        {
            if (i % 3 == 2) await Assert.ThrowsAsync<LedgerException>(() => writes[i]);
            else Assert.Equal(i % 3 == 1 ? LedgerOutcome.Fenced : LedgerOutcome.Written, await writes[i]);
            Assert.Equal(i % 3 == 0 ? (2, 1) : (1, 0), await store.ReadAsync(owners[i], Cancel) is { } r ? (r.Version, r.Accounts.Count) : default);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task WriteAsync_WhenAnotherProgramHoldsTheDatabase_FailsAndWorksAgainAfterwards()
    {
        var store = await OpenAsync();
        await store.AcquireAsync(LedgerRows.Owner, Cancel);
        using (var other = _database.Connect())
        using (other.BeginTransaction(deferred: false))
        {
            await Assert.ThrowsAsync<LedgerException>(async () => await store.WriteAsync(LedgerRows.Write(1, LedgerRows.Account(1)), Cancel));
        }

        Assert.Equal(LedgerOutcome.Written, await store.WriteAsync(LedgerRows.Write(1, LedgerRows.Account(1)), Cancel));
    }

    [Fact(Timeout = 60_000)]
    public async Task WriteAsync_AfterItWasClosed_SaysSo()
    {
        var store = (SqliteLedgerStore)await OpenAsync();
        await store.DisposeAsync();
        await Assert.ThrowsAsync<LedgerException>(async () => await store.WriteAsync(LedgerRows.Write(1), Cancel));
    }

    private protected override Task<ILedgerStore> OpenAsync()
    {
        _stores.Add(new SqliteLedgerStore(_database, new ManualTime()));
        return Task.FromResult<ILedgerStore>(_stores[^1]);
    }

    private static LedgerWrite Write(string owner, int kind) => LedgerRows.Write(kind == 1 ? 2 : 1, LedgerRows.Account(10) with { Limit = kind == 2 ? 11 : 10 }) with { Owner = owner };

    public async ValueTask DisposeAsync()
    {
        foreach (var store in _stores) await store.DisposeAsync();
        _database.Dispose();
        _folder.Dispose();
    }
}
