using OrleansGateway.Invalidation;
using OrleansGateway.Invalidation.Messages;

namespace OrleansGateway.Tests.Invalidation;

/// <summary>What every engine's sequencer promises.</summary>
public abstract class SequencerContract
{
    internal static readonly Selector[] Tag = [new(SelectorKind.Tag, "a")];

    // An engine may be shared with other tests: what is counted here is of tenants that nobody else has.
    private readonly string _own = Path.GetRandomFileName();

    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Acme => "acme-" + _own;

    private string Other => "other-" + _own;

    [Fact(Timeout = 60_000)]
    public async Task Publish_ToManyTenantsAtOnce_GivesEachInvalidationItsOwnNumberThatRises()
    {
        await using var bed = await StartAsync();
        string?[] tenants = [null, Acme, Other];
        var first = await Task.WhenAll(tenants.Select(async t => (Tenant: t, (await bed.Sequencer.PublishAsync(Request(t), Cancel)).Seq)));
        var receipts = await Task.WhenAll(Enumerable.Range(0, 300).Select(async i => (Tenant: tenants[i % 3], (await bed.Sequencer.PublishAsync(Request(tenants[i % 3]), Cancel)).Seq)));
        foreach (var tenant in first.Concat(receipts).GroupBy(r => r.Tenant))
        {
            Assert.Equal(101, tenant.Select(r => r.Seq).Distinct().Count());
            Assert.True(tenant.First().Seq >= 1 && tenant.Skip(1).All(r => r.Seq > tenant.First().Seq));
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Publish_ForAllTenants_ReachesThoseThatSomethingIsStoredOf()
    {
        await using var bed = await StartAsync();
        TenantInvalidations[] tenants = [bed.Table.Of(Acme), bed.Table.Of(Other), bed.Table.Of(null)];
        var fills = tenants.Select(t => t.BeginFill()).ToArray();
        var sets = fills.Select((fill, i) => tenants[i].Intern(fill, "h", "h/", Tag)).ToArray();
        await new Publisher(bed.Sequencer, bed.Table).PublishAsync(Request(Mapping.AllTenants), Cancel);
        for (var i = 0; i < tenants.Length; i++) Assert.Equal(Standing.Gone, tenants[i].Check(sets[i], fills[i].Seq));
    }

    [Fact(Timeout = 60_000)]
    public async Task Publish_Returned_IsApplied()
    {
        await using var bed = await StartAsync();
        var tenant = bed.Table.Of(Acme);
        using var fill = tenant.BeginFill();
        using var set = tenant.Intern(fill, "h", "h/", Tag);
        var receipt = await bed.Sequencer.PublishAsync(Request(Acme), Cancel);
        Assert.Equal(Standing.Gone, tenant.Check(set, fill.Seq));
        Assert.Equal(receipt.Seq, tenant.Applied);
        Assert.Equal(0, bed.Table.Of(Other).Applied);
    }

    [Fact(Timeout = 60_000)]
    public async Task Publish_OfOneEventTwice_CountsOnce_AndOfOtherContentUnderItsIdCounts()
    {
        await using var bed = await StartAsync();
        using var held = bed.Table.Of(Acme).BeginFill();
        var once = await bed.Sequencer.PublishAsync(Request(Acme, "e1"), Cancel);
        var both = await Task.WhenAll(bed.Sequencer.PublishAsync(Request(Acme, "e2"), Cancel).AsTask(), bed.Sequencer.PublishAsync(Request(Acme, "e2"), Cancel).AsTask());
        var again = await bed.Sequencer.PublishAsync(Request(Acme, "e1"), Cancel);
        Assert.Equal((once.Seq, true), (again.Seq, again.IsRepeat));
        Assert.Equal(both[0].Seq, both[1].Seq);
        Assert.Single(both, r => r.IsRepeat);
        Assert.Equal(Math.Max(once.Seq, both[0].Seq), bed.Table.Of(Acme).Applied);
        Assert.False((await bed.Sequencer.PublishAsync(Request(Acme, "e1") with { Mode = InvalidationMode.Soft }, Cancel)).IsRepeat);
        Assert.False((await bed.Sequencer.PublishAsync(Request(Other, "e1"), Cancel)).IsRepeat);
    }

    [Fact(Timeout = 60_000)]
    public async Task Publish_AfterARestart_GoesOn_AndKnowsTheEventsBefore()
    {
        await using var bed = await StartAsync();
        var last = 0L;
        for (var i = 1; i <= 5; i++) last = (await bed.Sequencer.PublishAsync(Request(Acme, "e" + i), Cancel)).Seq;
        await bed.RestartAsync();
        Assert.True((await bed.Sequencer.PublishAsync(Request(Acme, "e3"), Cancel)).IsRepeat);
        var tenant = bed.Table.Of(Acme);
        using var fill = tenant.BeginFill();
        var next = await bed.Sequencer.PublishAsync(Request(Acme, "e6"), Cancel);
        Assert.True(next.Seq > last && !next.IsRepeat);
        Assert.Equal(next.Seq, tenant.Applied);
    }

    internal static InvalidationRequest Request(string? tenant, string? id = null) => new(tenant, Tag, InvalidationMode.Hard, id, null, "test");

    internal abstract Task<ISequencerBed> StartAsync();
}

/// <summary>An engine under the contract.</summary>
internal interface ISequencerBed : IAsyncDisposable
{
    IInvalidationSequencer Sequencer { get; }

    InvalidationTable Table { get; }

    /// <summary>All that is in memory is lost.</summary>
    Task RestartAsync();
}
