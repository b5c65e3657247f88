using Microsoft.Extensions.Logging.Abstractions;
using OrleansGateway.Accounting;
using OrleansGateway.Http;
using OrleansGateway.Leases;
using OrleansGateway.Leases.Ledger;
using OrleansGateway.Leases.Owners;
using OrleansGateway.Storage;
using OrleansGateway.Storage.Ledger;
using OrleansGateway.Storage.Usage;
using OrleansGateway.Tests.Storage;
using OrleansGateway.Tests.Usage;
using OrleansGateway.Usage;

namespace OrleansGateway.Tests.Accounting;

/// <summary>Holds of an edge that died, and what records, or an operator, say of them.</summary>
public sealed class EvidenceTests : IAsyncLifetime
{
    private const string Owner = "tenant:acme";
    private static readonly AccountId s_all = new("budgets.all", "acme");
    private static readonly Guid s_edge = new(7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7);
    private static readonly DateTimeOffset s_at = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private readonly StateFolder _folder = new();
    private readonly ManualTime _time = new();
    private SqliteLedgerStore _ledger = null!;
    private SqliteUsageStore _usage = null!;
    private EmbeddedOwners _owners = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _ledger = new SqliteLedgerStore(SqliteDatabase.OpenLedger(_folder.Path, _time, NullLogger<SqliteDatabase>.Instance), _time);
        _usage = new SqliteUsageStore(SqliteDatabase.OpenUsage(_folder.Path, _time, NullLogger<SqliteDatabase>.Instance));
        _owners = NewOwners();
        var version = (await _ledger.AcquireAsync(Owner, Cancel)).Version;
        await _ledger.WriteAsync(new LedgerWrite
        {
            Owner = Owner,
            Version = version,
            Accounts = [new AccountRow(s_all, 0, 1_000, 600, 0, 1_000, 0, null, null)],
            Leases = [new LeaseRow(s_edge, s_all, 1, 0, 300, 0, 0, LeaseState.Suspense), new LeaseRow(s_edge, s_all, 2, 0, 100, 0, 0, LeaseState.Suspense)],
            Suspense = [Row("known", 1, 100), Row("known", 2, 100), Row("begun", 1, 150), Row("*", 1, 50)],
        }, Cancel);
    }

    public async ValueTask DisposeAsync()
    {
        await _owners.DisposeAsync();
        await _usage.DisposeAsync();
        await _ledger.DisposeAsync();
        _folder.Dispose();
    }

    [Fact(Timeout = 60_000)]
    public async Task Hold_WhoseRequestWasWrittenDown_IsSettledByItsRecordsOnce()
    {
        await _usage.ApplyAsync([Record("known", 130, isLast: true), Record("begun", 40, isLast: false), Record("other", 9, isLast: true)], Cancel);
        var evidence = NewEvidence(_owners);
        Assert.Equal(2, await evidence.SettleAsync(Cancel));
        Assert.Equal((130L, 670L), await StandAsync());
        Assert.Equal(0, await evidence.SettleAsync(Cancel));
        await using (var again = NewOwners()) Assert.Equal(0, await NewEvidence(again).SettleAsync(Cancel));
        Assert.Equal((130L, 670L), await StandAsync());
        Assert.Equal(["*", "begun"], (await _ledger.ReadAsync(Owner, Cancel))!.Suspense.Select(s => s.Name).Order(StringComparer.Ordinal));
    }

    [Fact(Timeout = 60_000)]
    public async Task Settlement_ByHand_IsWrittenDownOnceAndCostsARequestOnce()
    {
        var book = new UsageBook();
        var byHand = new SettlementByHand(book, _usage, _owners, _time);
        Assert.Null(await byHand.WriteAsync(Owner, Act("known", 1, 60), Cancel));
        await _usage.ApplyAsync(book.Records, Cancel);
        Assert.Null(await byHand.WriteAsync(Owner, Act("known", 1, 60), Cancel));
        var refused = await byHand.WriteAsync(Owner, Act("known", 1, 61), Cancel);
        Assert.Equal((409, "budget_conflict"), (refused!.Status, refused.Code));
        Assert.Null(await byHand.WriteAsync(Owner, Act("known", 2, 5), Cancel));
        // What the ledger will refuse is not written down.
        Assert.Null(await byHand.WriteAsync(Owner, Act("known", 1, 101), Cancel));
        Assert.Null(await byHand.WriteAsync(Owner, Act("unknown", 1, 1), Cancel));
        Assert.Equal([("known", UsageKind.Evidence, "acme", 60L, 60L, true), ("known", UsageKind.Evidence, "acme", 5L, 5L, false)],
            book.Records.Select(r => (r.RequestId, r.Kind, r.Tenant!, r.Cost.Total, r.Charges.Single().Amount, r.IsLast)));
        Assert.NotEqual(book.Records[0].Id, book.Records[1].Id);
    }

    private static SuspenseRow Row(string name, long lease, long amount) => new(s_edge, name, s_all, lease, amount, s_at, null);

    private static BudgetAct Act(string hold, long lease, long amount) => new($"by-hand-{hold}-{lease}", BudgetActKind.Settle, s_all, amount, "adm_1", null) { Session = s_edge, Hold = hold, Lease = lease };

    private static UsageRecord Record(string request, long amount, bool isLast) => new()
    {
        Id = DerivedId.Of(request, amount),
        At = s_at,
        RequestId = request,
        Attempt = 1,
        IsLast = isLast,
        Edge = s_edge,
        Tenant = "acme",
        Source = UsageSource.Provider,
        Cost = new() { Input = amount },
        Charges = [new UsageCharge(s_all, 0, amount)],
    };

    private Evidence NewEvidence(EmbeddedOwners owners) => new(new UsageBook(), _usage, _ledger, _ledger, owners, _time, NullLogger<Evidence>.Instance);

    private EmbeddedOwners NewOwners() => new(
        _ledger, id => id == s_all ? new AccountSpec { Kind = AccountKind.Budget, Dimension = Dimension.Cost, Limit = 1_000 } : null, _time, NullLogger<EmbeddedOwners>.Instance, new OwnerSettings(), null);

    private async Task<(long Posted, long Available)> StandAsync() =>
        (await _ledger.ReadAsync(Owner, Cancel))!.Accounts.Where(a => a.Account == s_all).Select(a => (a.Posted, a.Available)).Single();
}
