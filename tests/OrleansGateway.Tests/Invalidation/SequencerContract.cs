using OrleansGateway.Invalidation;

namespace OrleansGateway.Tests.Invalidation;

/// <summary>What every engine's sequencer promises.</summary>
public abstract class SequencerContract
{
    internal static readonly Selector[] Tag = [new(SelectorKind.Tag, "a")];

    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task Publish_NumbersEachTenantByItself_WithoutGaps()
    {
        await using var bed = await StartAsync();
        var receipts = await Task.WhenAll(Enumerable.Range(0, 300).Select(async i => (Tenant: i % 3 == 0 ? null : "t" + (i % 3), Receipt: await bed.Sequencer.PublishAsync(Request(i % 3 == 0 ? null : "t" + (i % 3)), Cancel))));
        foreach (var tenant in receipts.GroupBy(r => r.Tenant))
            Assert.Equal(Enumerable.Range(1, 100).Select(i => (long)i), tenant.Select(r => r.Receipt.Seq).Order());
    }

    [Fact(Timeout = 60_000)]
    public async Task Publish_Returned_IsApplied()
    {
        await using var bed = await StartAsync();
        var tenant = bed.Table.Of("acme");
        using var fill = tenant.BeginFill();
        using var set = tenant.Intern(fill, "h", "h/", Tag);
        var receipt = await bed.Sequencer.PublishAsync(Request("acme"), Cancel);
        Assert.Equal(Standing.Gone, tenant.Check(set, fill.Seq));
        Assert.Equal(receipt.Seq, tenant.Applied);
        Assert.Equal(0, bed.Table.Of("other").Applied);
    }

    [Fact(Timeout = 60_000)]
    public async Task Publish_OfOneEventTwice_CountsOnce_AndOfOtherContentUnderItsIdCounts()
    {
        await using var bed = await StartAsync();
        var once = await bed.Sequencer.PublishAsync(Request("acme", "e1"), Cancel);
        var both = await Task.WhenAll(bed.Sequencer.PublishAsync(Request("acme", "e2"), Cancel).AsTask(), bed.Sequencer.PublishAsync(Request("acme", "e2"), Cancel).AsTask());
        var again = await bed.Sequencer.PublishAsync(Request("acme", "e1"), Cancel);
        Assert.Equal((once.Seq, true), (again.Seq, again.IsRepeat));
        Assert.Equal(both[0].Seq, both[1].Seq);
        Assert.Single(both, r => r.IsRepeat);
        Assert.Equal(2, bed.Table.Of("acme").Applied);
        Assert.False((await bed.Sequencer.PublishAsync(Request("acme", "e1") with { Mode = InvalidationMode.Soft }, Cancel)).IsRepeat);
        Assert.False((await bed.Sequencer.PublishAsync(Request("other", "e1"), Cancel)).IsRepeat);
    }

    [Fact(Timeout = 60_000)]
    public async Task Publish_AfterARestart_GoesOn_AndKnowsTheEventsBefore()
    {
        await using var bed = await StartAsync();
        for (var i = 1; i <= 5; i++) await bed.Sequencer.PublishAsync(Request("acme", "e" + i), Cancel);
        await bed.RestartAsync();
        Assert.Equal(5, bed.Table.Of("acme").Applied);
        Assert.True((await bed.Sequencer.PublishAsync(Request("acme", "e3"), Cancel)).IsRepeat);
        Assert.Equal(6, (await bed.Sequencer.PublishAsync(Request("acme", "e6"), Cancel)).Seq);
        Assert.Equal(6, bed.Table.Of("acme").Applied);
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
