using Microsoft.Extensions.Logging.Abstractions;
using OrleansGateway.Invalidation;
using OrleansGateway.Storage.Invalidation;
using OrleansGateway.Storage.Ledger;
using OrleansGateway.Tests.Storage.Ledger;

namespace OrleansGateway.Tests.Invalidation;

/// <summary>The one sequence of a cluster.</summary>
public sealed class PostgresInvalidationLogTests(SharedPostgres postgres) : IAsyncLifetime
{
    private readonly ManualTime _time = new();
    private PostgresDatabase _database = null!;
    private PostgresInvalidationLog _log = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _database = await PostgresDatabase.OpenAsync(await postgres.NewDatabaseAsync(), _time, NullLogger<PostgresDatabase>.Instance, Cancel);
        _log = new PostgresInvalidationLog(_database, _time, new SharedLogBounds(KeptMax: 3, EventIdsMax: 2, EventIdsKept: TimeSpan.FromHours(1)));
    }

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    [Fact(Timeout = 60_000)]
    public async Task Append_NumbersAllTenantsInOneSequence_AndReadGivesThemBack()
    {
        var life = (await _log.TakeOverAsync(Cancel)).Life;
        var group = Selector.OfGroup("https://a.example", "g\0\"");
        await _log.AppendAsync(life, [Request("acme"), Request(null) with { Mode = InvalidationMode.Soft }], Cancel);
        var receipts = await _log.AppendAsync(life, [Request("other") with { Selectors = [Selector.All, group] }], Cancel);
        Assert.Equal([new InvalidationReceipt(3)], receipts!);

        var read = (await _log.ReadAsync(0, 3, 10, Cancel))!;
        Assert.Equal([("acme", 1L), (null, 2L), ("other", 3L)], read.Select(r => (r.Tenant, r.Seq)));
        Assert.Equal(InvalidationMode.Soft, read[1].Mode);
        Assert.Equal([Selector.All, group], read[2].Selectors);
        Assert.Equal([2L], (await _log.ReadAsync(1, 2, 10, Cancel))!.Select(r => r.Seq));
        Assert.Equal(2, (await _log.ReadAsync(0, 3, 2, Cancel))!.Count);
    }

    [Fact(Timeout = 60_000)]
    public async Task Append_ByOneWhoWasTakenOver_AddsNothing()
    {
        var former = await _log.TakeOverAsync(Cancel);
        await _log.AppendAsync(former.Life, [Request("acme")], Cancel);
        var next = await _log.TakeOverAsync(Cancel);
        Assert.Equal((former.Life + 1, 1), (next.Life, next.Head));
        Assert.Null(await _log.AppendAsync(former.Life, [Request("acme")], Cancel));
        Assert.Equal(2, (await _log.AppendAsync(next.Life, [Request("acme")], Cancel))![0].Seq);
    }

    [Fact(Timeout = 60_000)]
    public async Task Append_OfAnEventTwice_InOneBatchOrTwo_CountsOnce()
    {
        var life = (await _log.TakeOverAsync(Cancel)).Life;
        var first = await _log.AppendAsync(life, [Request("acme", "e1"), Request("acme", "e1"), Request("acme", "e1") with { Mode = InvalidationMode.Soft }, Request("other", "e1")], Cancel);
        Assert.Equal([new(1), new(1, IsRepeat: true), new(2), new(3)], first!);
        Assert.Equal([new(3, IsRepeat: true), new(4)], (await _log.AppendAsync(life, [Request("other", "e1"), Request("acme")], Cancel))!);
    }

    [Fact(Timeout = 60_000)]
    public async Task Prune_ForgetsTheOldest_AndReadSaysSo()
    {
        var life = (await _log.TakeOverAsync(Cancel)).Life;
        for (var i = 1; i <= 5; i++) await _log.AppendAsync(life, [Request("acme", "e" + i)], Cancel);
        await _log.PruneAsync(5, Cancel);
        Assert.Null(await _log.ReadAsync(1, 5, 10, Cancel));
        Assert.Equal([3L, 4L, 5L], (await _log.ReadAsync(2, 5, 10, Cancel))!.Select(r => r.Seq));
        Assert.True((await _log.AppendAsync(life, [Request("acme", "e4")], Cancel))![0].IsRepeat);
        Assert.False((await _log.AppendAsync(life, [Request("acme", "e3")], Cancel))![0].IsRepeat);
        _time.Advance(TimeSpan.FromHours(2));
        await _log.PruneAsync(6, Cancel);
        Assert.False((await _log.AppendAsync(life, [Request("acme", "e5")], Cancel))![0].IsRepeat);
    }

    private static InvalidationRequest Request(string? tenant, string? id = null) => new(tenant, [new(SelectorKind.Tag, "a")], InvalidationMode.Hard, id, null, "test");
}
