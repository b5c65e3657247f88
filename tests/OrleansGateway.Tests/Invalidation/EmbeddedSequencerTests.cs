using Microsoft.Extensions.Logging.Abstractions;
using OrleansGateway.Invalidation;
using OrleansGateway.Storage;
using OrleansGateway.Storage.Invalidation;
using OrleansGateway.Tests.Storage;

namespace OrleansGateway.Tests.Invalidation;

public sealed class EmbeddedSequencerTests : SequencerContract
{
    [Fact(Timeout = 60_000)]
    public async Task Publish_NumbersEachTenantByItself_WithoutGaps()
    {
        await using var bed = new Bed(InvalidationLogBounds.Default);
        var receipts = await Task.WhenAll(Enumerable.Range(0, 300).Select(async i => (Tenant: i % 3 == 0 ? null : "t" + (i % 3), Receipt: await bed.Sequencer.PublishAsync(Request(i % 3 == 0 ? null : "t" + (i % 3)), Cancel))));
        foreach (var tenant in receipts.GroupBy(r => r.Tenant))
            Assert.Equal(Enumerable.Range(1, 100).Select(i => (long)i), tenant.Select(r => r.Receipt.Seq).Order());
        await bed.RestartAsync();
        Assert.Equal(100, bed.Table.Of("t1").Applied);
    }

    [Fact(Timeout = 60_000)]
    public async Task Restore_KeepsTheLastOfTheSequenceForWhatIsOnDisk()
    {
        await using var bed = new Bed(new InvalidationLogBounds(KeptMax: 3, EventIdsMax: 2, EventIdsKept: TimeSpan.FromHours(1)));
        for (var i = 1; i <= 5; i++) await bed.Sequencer.PublishAsync(Request("acme", "e" + i), Cancel);
        await bed.Log.PruneAsync(Cancel);
        await bed.RestartAsync();
        var tenant = bed.Table.Of("acme");
        Assert.Equal((2, 5), (tenant.KeptFrom, tenant.Applied));
        using var set = tenant.Intern(((RestoredInvalidations)bed.Restored.Single()).Ticket, "h", "h/", Tag);
        Assert.Equal(Standing.Gone, tenant.Check(set, 4));
        Assert.Equal(Standing.Valid, tenant.Check(set, 5));
        // Only the last two ids are known, and those for an hour.
        Assert.False((await bed.Sequencer.PublishAsync(Request("acme", "e3"), Cancel)).IsRepeat);
        Assert.True((await bed.Sequencer.PublishAsync(Request("acme", "e5"), Cancel)).IsRepeat);
        bed.Time.Advance(TimeSpan.FromHours(2));
        await bed.Log.PruneAsync(Cancel);
        Assert.False((await bed.Sequencer.PublishAsync(Request("acme", "e5"), Cancel)).IsRepeat);
    }

    [Fact(Timeout = 60_000)]
    public async Task Publish_WhereTheStoreFails_SaysSo_AndLaterOnesComeThrough()
    {
        await using var bed = new Bed(InvalidationLogBounds.Default);
        var sequencer = new EmbeddedSequencer(new FailingOnce(bed.Log), bed.Table, bed.Time, NullLogger<EmbeddedSequencer>.Instance);
        await Assert.ThrowsAsync<InvalidationException>(async () => await sequencer.PublishAsync(Request("acme"), Cancel));
        Assert.Equal(0, bed.Table.Of("acme").Applied);
        // What was written all the same is applied with the next.
        Assert.Equal(2, (await sequencer.PublishAsync(Request("acme"), Cancel)).Seq);
        Assert.Equal(2, bed.Table.Of("acme").Applied);
        await sequencer.DisposeAsync();
    }

    [Fact(Timeout = 60_000)]
    public async Task Parked_AreListedFoundAndDeleted_AndTheLongestAreCut()
    {
        await using var bed = new Bed(InvalidationLogBounds.Default);
        var parked = new SqliteParkedMessages(bed.Database);
        var message = new ParkedMessage(0, "shop", bed.Time.GetUtcNow(), "unreadable", "It is not JSON.", new Dictionary<string, string> { ["a"] = "b" }, new byte[] { 1, 2 }, 2);
        var first = await parked.ParkAsync(message, Cancel);
        var second = await parked.ParkAsync(message with { Source = "other", Body = new byte[300 << 10], BodyBytes = 300 << 10 }, Cancel);
        Assert.Equal([first, second], (await parked.ListAsync(null, 0, 10, Cancel)).Select(m => m.Number));
        Assert.Equal([second], (await parked.ListAsync("other", 0, 10, Cancel)).Select(m => m.Number));
        Assert.Equal([second], (await parked.ListAsync(null, first, 10, Cancel)).Select(m => m.Number));
        var found = (await parked.FindAsync(first, Cancel))!;
        Assert.Equal(("b", false, 2), (found.Headers["a"], found.IsCut, found.Body.Length));
        Assert.True((await parked.FindAsync(second, Cancel))!.IsCut);
        Assert.True(await parked.DeleteAsync(first, Cancel));
        Assert.False(await parked.DeleteAsync(first, Cancel));
        Assert.Equal(1, await parked.CountAsync(Cancel));
    }

    internal override Task<ISequencerBed> StartAsync() => Task.FromResult<ISequencerBed>(new Bed(InvalidationLogBounds.Default));

    private sealed class Bed : ISequencerBed
    {
        private readonly StateFolder _folder = new();
        private readonly InvalidationLogBounds _bounds;
        private EmbeddedSequencer _sequencer;

        public Bed(InvalidationLogBounds bounds)
        {
            _bounds = bounds;
            Database = new CacheDatabase(SqliteDatabase.OpenCache(_folder.Path, Time, NullLogger<SqliteDatabase>.Instance));
            _sequencer = Open();
        }

        public ManualTime Time { get; } = new();

        public CacheDatabase Database { get; }

        public SqliteInvalidationLog Log => new(Database, Time, _bounds);

        public InvalidationTable Table { get; private set; } = new();

        public IInvalidationSequencer Sequencer => _sequencer;

        public IReadOnlyList<IDisposable> Restored { get; private set; } = [];

        public async Task RestartAsync()
        {
            await _sequencer.DisposeAsync();
            Table = new InvalidationTable();
            _sequencer = Open();
            Restored = await _sequencer.RestoreAsync(CancellationToken.None);
        }

        public async ValueTask DisposeAsync()
        {
            await _sequencer.DisposeAsync();
            Database.Dispose();
            _folder.Dispose();
        }

        private EmbeddedSequencer Open() => new(Log, Table, Time, NullLogger<EmbeddedSequencer>.Instance);
    }

    /// <summary>A log that says once that it failed, when it did not.</summary>
    private sealed class FailingOnce(IInvalidationLog log) : IInvalidationLog
    {
        private bool _hasFailed;

        public ValueTask<IReadOnlyList<KeptInvalidations>> LoadAsync(CancellationToken cancellation) => log.LoadAsync(cancellation);

        public async ValueTask<IReadOnlyList<InvalidationReceipt>> AppendAsync(IReadOnlyList<InvalidationRequest> requests, CancellationToken cancellation)
        {
            var receipts = await log.AppendAsync(requests, cancellation);
            if (_hasFailed) return receipts;
            _hasFailed = true;
            throw new InvalidationException("The disk is gone.");
        }

        public ValueTask<IReadOnlyList<NumberedInvalidation>> ReadAsync(string? tenant, long after, CancellationToken cancellation) => log.ReadAsync(tenant, after, cancellation);

        public ValueTask PruneAsync(CancellationToken cancellation) => log.PruneAsync(cancellation);
    }
}
