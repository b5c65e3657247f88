using OrleansGateway.Events;

namespace OrleansGateway.Tests.Events;

/// <summary>The event log, on whatever engine: it counts each tenant's events without gaps, takes each once, and knows how far webhooks have got.</summary>
public abstract class EventStoreContract
{
    private protected ManualTime Time { get; } = new();

    private protected abstract IEventStore Store { get; }

    private protected abstract IWebhookStore Webhooks { get; }

    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Append_ForSeveralTenants_NumbersEachFromOneWithoutGaps()
    {
        await AppendAsync("acme", 1, 2);
        await AppendAsync(null, 1);
        Assert.Equal(["acme"], await AppendAsync("acme", 2, 3));
        Assert.Equal([1, 2, 3], (await Store.ReadAsync("acme", 0, 10, Cancel)).Select(e => e.Sequence));
        Assert.Equal([3], (await Store.ReadAsync("acme", 2, 10, Cancel)).Select(e => e.Sequence));
        Assert.Equal([new EventStream(null, 1), new EventStream("acme", 3)], await Store.StreamsAsync(Cancel));
        var own = Assert.Single(await Store.ReadAsync(null, 0, 10, Cancel));
        Assert.Equal((null, "key.created", Time.GetUtcNow(), """{"n":1}"""), (own.Tenant, own.Type, own.At, own.Data));
    }

    [Fact]
    public async Task Append_OfManyAtOnce_NumbersWithoutGaps_AndAddsWhatTwoTellOnce()
    {
        // Each tells of half of what its neighbour tells, of tenants in another order.
        await Task.WhenAll(Enumerable.Range(0, 6).Select(i => Task.Run(async () =>
        {
            for (var round = 0; round < 5; round++)
            {
                var events = Enumerable.Range(i * 10, 20).SelectMany(n => ((string[])["a", "b", "c"]).Select(t => Of(t, (round * 1000) + n)));
                await Store.AppendAsync([.. i % 2 == 0 ? events : events.Reverse()], cursor: null, Cancel);
            }
        })));
        foreach (var tenant in (string[])["a", "b", "c"])
        {
            var all = await Store.ReadAsync(tenant, 0, 1_000, Cancel);
            Assert.Equal(Enumerable.Range(1, 5 * 70).Select(n => (long)n), all.Select(e => e.Sequence));
            Assert.Equal(all.Count, all.Select(e => e.Id).Distinct().Count());
        }
    }

    [Fact]
    public async Task Append_OfWhatIsThereAlready_AddsNothingAndKeepsTheIds()
    {
        await AppendAsync("acme", 1);
        var first = Assert.Single(await Store.ReadAsync("acme", 0, 10, Cancel));
        Assert.Empty(await Store.AppendAsync([Of("acme", 1)], new EventCursor("feed", 7), Cancel));
        Assert.Equal([first], await Store.ReadAsync("acme", 0, 10, Cancel));
        Assert.Equal(7, await Store.CursorAsync("feed", Cancel));
        await Store.AppendAsync([], new EventCursor("feed", 3), Cancel);
        Assert.Equal(3, await Store.CursorAsync("feed", Cancel));
        Assert.Null(await Store.CursorAsync("other", Cancel));
    }

    [Fact]
    public async Task Append_OfSeveralSources_IsNewOnlyIfAllAre()
    {
        Guid[] ids = [.. Enumerable.Range(1, 4).Select(n => new Guid(n, 0, 0, new byte[8]))];
        await Store.AppendAsync([Made(ids[0], ids[1])], cursor: null, Cancel);
        await Store.AppendAsync([Made(ids[1], ids[2]), Made(ids[3])], cursor: null, Cancel);
        Assert.Equal(2, (await Store.ReadAsync("acme", 0, 10, Cancel)).Count);
        Assert.Empty(await Store.NewAsync(ids, Cancel));
        var other = new Guid(9, 0, 0, new byte[8]);
        Assert.Equal([other], await Store.NewAsync([other, ids[3]], Cancel));
        Time.Advance(TimeSpan.FromDays(1));
        Assert.Equal(4, await Store.ForgetSourcesAsync(Time.GetUtcNow(), Cancel));
        Assert.Equal(4, (await Store.NewAsync(ids, Cancel)).Count);

        NewEvent Made(params Guid[] of) => new([.. of.Select(id => id.ToByteArray(bigEndian: true))], "acme", "usage.recorded", Time.GetUtcNow(), "{}");
    }

    [Fact]
    public async Task Purge_OfOldEvents_LeavesWhatAWebhookHasYetToGetUpToTheMost()
    {
        await AppendAsync("acme", 1, 2, 3, 4);
        Time.Advance(TimeSpan.FromDays(2));
        await AppendAsync("acme", 5);
        var before = Time.GetUtcNow() - TimeSpan.FromDays(1);
        Assert.Equal(2, await Store.PurgeAsync(new EventPurge("acme", before, Through: 2, Anyway: 0), Cancel));
        Assert.Equal(1, await Store.PurgeAsync(new EventPurge("acme", before, Through: 0, Anyway: 3), Cancel));
        Assert.Equal(1, await Store.PurgeAsync(new EventPurge("acme", before, Through: 5, Anyway: 0), Cancel));
        Assert.Equal([5], (await Store.ReadAsync("acme", 0, 10, Cancel)).Select(e => e.Sequence));
        Assert.Equal(1, await Store.PurgeAsync(new EventPurge("acme", Time.GetUtcNow().AddDays(1), Through: 5, Anyway: 0), Cancel));
        await AppendAsync("acme", 6);
        Assert.Equal([6], (await Store.ReadAsync("acme", 0, 10, Cancel)).Select(e => e.Sequence));
    }

    [Fact]
    public async Task Growth_OfStreams_IsSeenOnce_WhoeverAddsMeanwhile()
    {
        var watch = new GrowthWatch(Store);
        await AppendAsync("a", 1);
        await AppendAsync(null, 1);
        Assert.Equal(["", "a"], (await watch.LookAsync(Cancel)).Order());
        Assert.Empty(await watch.LookAsync(Cancel));
        await AppendAsync("b", 1);
        Assert.Equal(["b"], await watch.LookAsync(Cancel));
        var adding = Task.WhenAll(Enumerable.Range(0, 4).Select(i => Task.Run(async () =>
        {
            for (var n = 0; n < 25; n++) await AppendAsync($"t{i}-{n}", 1);
        })));
        var seen = new List<string>();
        while (!adding.IsCompleted) seen.AddRange(await watch.LookAsync(Cancel));
        await adding;
        seen.AddRange(await watch.LookAsync(Cancel));
        Assert.Equal(100, seen.Distinct().Count());
        Assert.Empty(await watch.LookAsync(Cancel));
    }

    [Fact]
    public async Task Advance_OfALaneThatWasMoved_ChangesNothing()
    {
        await AppendAsync("acme", 1, 2, 3);
        await Webhooks.RegisterAsync("hook", "https://a", Cancel);
        Assert.Equal(3, (await Webhooks.LaneAsync("hook", "acme", Cancel)).Position);
        await Webhooks.MoveAsync("hook", "acme", 0, Cancel);
        Assert.False(await Webhooks.AdvanceAsync("hook", "acme", 3, 4, dead: null, Cancel));
        Assert.True(await Webhooks.AdvanceAsync("hook", "acme", 0, 1, dead: null, Cancel));
        Assert.True(await Webhooks.AdvanceAsync("hook", "other", 0, 1, dead: null, Cancel));
        Assert.False(await Webhooks.AdvanceAsync("hook", "another", 5, 6, dead: null, Cancel));
        await Webhooks.FailAsync("hook", new LaneState("acme", 0, 4), Cancel);
        Assert.Equal(new LaneState("acme", 1), await Webhooks.LaneAsync("hook", "acme", Cancel));
        var failed = new LaneState("acme", 1, 2, Time.GetUtcNow(), "not \0 taken");
        await Webhooks.FailAsync("hook", failed, Cancel);
        Assert.Equal(failed, await Webhooks.LaneAsync("hook", "acme", Cancel));
        Assert.Equal([failed, new LaneState("other", 1)], await Webhooks.LanesAsync("hook", Cancel));
    }

    [Fact]
    public async Task Register_WithAnotherAddress_LetsAGoneReceiverBeTriedAgain()
    {
        await Webhooks.RegisterAsync("hook", "https://a", Cancel);
        Assert.Null(await Webhooks.GoneSinceAsync("hook", Cancel));
        await Webhooks.SetGoneAsync("hook", Time.GetUtcNow(), Cancel);
        Assert.Equal(Time.GetUtcNow(), await Webhooks.GoneSinceAsync("hook", Cancel));
        Assert.NotNull(await Webhooks.RegisterAsync("hook", "https://a", Cancel));
        Assert.Null(await Webhooks.RegisterAsync("hook", "https://b", Cancel));
        await Webhooks.SetGoneAsync("hook", Time.GetUtcNow(), Cancel);
        await Webhooks.SetGoneAsync("hook", null, Cancel);
        Assert.Null(await Webhooks.GoneSinceAsync("hook", Cancel));
    }

    [Fact]
    public async Task DeadLetters_OfAWebhook_AreKeptUntilTheyAreSentOrOld()
    {
        await AppendAsync("acme", 1, 2, 3);
        var events = await Store.ReadAsync("acme", 0, 10, Cancel);
        foreach (var one in events)
            Assert.True(await Webhooks.AdvanceAsync("hook", "acme", one.Sequence - 1, one.Sequence, new DeadLetter(0, one, 15, $"no \0 {one.Sequence}", Time.GetUtcNow()), Cancel));
        var letters = await Webhooks.DeadLettersAsync("hook", 0, 10, Cancel);
        Assert.Equal(events, letters.Select(l => l.Event));
        Assert.Equal(["no \0 1", "no \0 2", "no \0 3"], letters.Select(l => l.Problem));
        Assert.Equal(letters[1], await Webhooks.FindDeadLetterAsync("hook", letters[1].Number, Cancel));
        await Webhooks.DeleteDeadLetterAsync("hook", letters[1].Number, Cancel);
        Assert.Null(await Webhooks.FindDeadLetterAsync("hook", letters[1].Number, Cancel));
        Assert.Equal([letters[2]], await Webhooks.DeadLettersAsync("hook", letters[1].Number, 10, Cancel));
        Assert.Equal((2, 0), (await Webhooks.CountDeadLettersAsync("hook", Cancel), await Webhooks.CountDeadLettersAsync("other", Cancel)));
        // What came again to the dead letters is there once.
        await Webhooks.MoveAsync("hook", "acme", 0, Cancel);
        await Webhooks.AdvanceAsync("hook", "acme", 0, 1, new DeadLetter(0, events[0], 3, "again", Time.GetUtcNow()), Cancel);
        Assert.Equal([(3, "again"), (15, "no \0 3")], (await Webhooks.DeadLettersAsync("hook", 0, 10, Cancel)).Select(l => (l.Attempts, l.Problem)));
        Time.Advance(TimeSpan.FromDays(1));
        Assert.Equal(2, await Webhooks.PurgeDeadLettersAsync(Time.GetUtcNow(), Cancel));
    }

    private protected ValueTask<IReadOnlyList<string>> AppendAsync(string? tenant, params int[] numbers) => Store.AppendAsync([.. numbers.Select(n => Of(tenant, n))], cursor: null, Cancel);

    private protected NewEvent Of(string? tenant, int number) => new($"{tenant}/{number}", tenant, "key.created", Time.GetUtcNow(), $$"""{"n":{{number}}}""");
}
