using OrleansGateway.Leases;
using OrleansGateway.Leases.Journal;

namespace OrleansGateway.Tests.Leases.Journal;

public sealed class MappedHoldJournalTests : IDisposable
{
    private readonly JournalBed _bed = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ReadOthers_AfterAFewEntries_SaysWhatTheyAddUpTo()
    {
        var journal = _bed.Open(new JournalSize(8 * 1024, 8));
        var (first, second) = (journal.Opened(new AccountId("budgets.a", "x"), 5, 7), journal.Opened(new AccountId("budgets.b", ""), 6, 0));
        Assert.True(journal.Held(1, "one", [new Charge(first, 100), new Charge(second, 200)]));
        Assert.True(journal.Held(2, "two", [new Charge(first, 50)]));
        Assert.True(journal.Held(2, "two", [new Charge(first, 70)]));
        Assert.True(journal.Held(3, new string('ü', 100), [new Charge(second, 1)]));
        journal.Ended(1, [new Charge(first, 30), new Charge(second, 40)]);
        Assert.Empty(HoldJournals.ReadOthers(_bed.Path));
        await journal.DisposeAsync();
        var found = _bed.Find();
        Assert.Equal((JournalBed.Session, true), (found.Session, found.IsWhole));
        Assert.Equal([new(new AccountId("budgets.a", "x"), 5, 7, 30), new(new AccountId("budgets.b", ""), 6, 0, 40)], found.Leases);
        Assert.Equal([new("two", new AccountId("budgets.a", "x"), 5, 70), new(new string('ü', 32), new AccountId("budgets.b", ""), 6, 1)], found.Open);
        HoldJournals.Delete(_bed.Path, JournalBed.Session);
        HoldJournals.Delete(_bed.Path, JournalBed.Session);
        Assert.Empty(HoldJournals.ReadOthers(_bed.Path));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public async Task ReadOthers_OverManySegments_KnowsAllThatIsOpenAndSpent(int seed)
    {
        var random = new Random(seed);
        var journal = _bed.Open(new JournalSize(8 * 1024, 8));
        var model = new JournalModel(journal, random);
        for (var step = 0; step < 3_000; step++)
        {
            model.Step();
            if (random.Next(20) == 0) journal.Tidy();
        }

        Assert.Equal(0, model.Refused);
        Assert.InRange(Directory.GetFiles(_bed.SessionPath, "*.segment").Length, 2, 8);
        await journal.DisposeAsync();
        var found = _bed.Find();
        Assert.True(found.IsWhole);
        Assert.Equal(model.Expected, JournalModel.Describe(found));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Held_WhenThereIsNoRoom_IsRefusedAndNothingElseIsLost(int seed)
    {
        var journal = _bed.Open(new JournalSize(8 * 1024, 8));
        var model = new JournalModel(journal, new Random(seed));
        // Nobody tidies: the segments made ahead are all there is.
        while (model.Refused < 50) model.Step();
        journal.Tidy();
        var refused = model.Refused;
        for (var step = 0; step < 50; step++) model.Step();
        Assert.Equal(refused, model.Refused);
        await journal.DisposeAsync();
        var found = _bed.Find();
        Assert.True(found.IsWhole);
        Assert.Equal(model.Expected, JournalModel.Describe(found));
    }

    [Fact]
    public async Task Dispose_WithNothingOpen_LeavesNothingBehind()
    {
        var journal = _bed.Open(new JournalSize(8 * 1024, 8));
        var model = new JournalModel(journal, new Random(7));
        for (var step = 0; step < 500; step++)
        {
            model.Step();
            journal.Tidy();
        }

        model.EndAll();
        model.CloseAll();
        await journal.DisposeAsync();
        Assert.Empty(Directory.GetDirectories(_bed.Path));
        Assert.False(journal.Held(1_000_000, "late", []));
        journal.Ended(1, []);
        journal.Closed(1);
    }

    [Fact]
    public async Task ReadOthers_AfterTheMachineWasStartedAnew_DoesNotCallItWhole()
    {
        var journal = _bed.Open(new JournalSize(8 * 1024, 8));
        journal.Opened(new AccountId("budgets.a", "x"), 5, 7);
        await journal.DisposeAsync();
        Assert.True(_bed.Find().IsWhole);
        foreach (var boot in (Guid[])[JournalBed.Session, Guid.Empty])
        {
            var found = Assert.Single(HoldJournals.ReadOthers(_bed.Path, boot));
            Assert.False(found.IsWhole);
            Assert.Single(found.Leases);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Held_FromManyThreads_KeepsEveryEntry()
    {
        const int threads = 4, holds = 5_000;
        var journal = _bed.Open(new JournalSize(64 * 1024, 64, 16), TimeProvider.System);
        var lease = journal.Opened(new AccountId("budgets.a", "x"), 1, 0);
        await Task.WhenAll(Enumerable.Range(0, threads).Select(thread => Task.Run(() =>
        {
            for (var i = 0; i < holds; i++)
            {
                var hold = (thread * (long)holds) + i;
                while (!journal.Held(hold, "req", [new Charge(lease, 10)])) journal.Tidy();
                if (i % 100 != 0) journal.Ended(hold, [new Charge(lease, 3)]);
            }
        }, Cancel)));
        await journal.DisposeAsync();
        var found = _bed.Find();
        Assert.True(found.IsWhole);
        Assert.Equal(threads * (holds - (holds / 100)) * 3L, Assert.Single(found.Leases).Spent);
        Assert.Equal(threads * holds / 100, found.Open.Count);
    }

    [Fact]
    public void Held_OnceWarm_AllocatesNothing()
    {
        var journal = _bed.Open(new JournalSize());
        var lease = journal.Opened(new AccountId("budgets.a", "x"), 1, 0);
        Turn(100);
        Assert.Equal(0, Allocated.Least(() => Turn(1_000)));

        void Turn(int holds)
        {
            for (var hold = 0; hold < holds; hold++)
            {
                journal.Held(hold, "0123456789abcdef", [new Charge(lease, 10), new Charge(lease, 10)]);
                journal.Ended(hold, [new Charge(lease, 3)]);
            }
        }
    }

    // The child prints how many holds it has ended, each of which spent 3 on each of 4 leases.
    [Theory(Timeout = 120_000)]
    [InlineData(1_000)]
    [InlineData(20_000)]
    [InlineData(100_000)]
    public async Task Kill_OfTheProcess_LosesNothingThatWasEndedOrHeld(int holds)
    {
        await using (var child = Child.Start("journal", _bed.Path))
        {
            await child.Output.WaitForAsync($"ended {holds}", Cancel);
            Assert.Empty(HoldJournals.ReadOthers(_bed.Path));
            await child.KillAsync(Cancel);
            holds = child.Output.Lines.Count(l => l.EndsWith('.')) * JournalChild.HoldsInALine;
        }

        var found = _bed.Find();
        Assert.True(found.IsWhole);
        Assert.Equal(JournalChild.Leases, found.Leases.Count);
        var ended = found.Leases[0].Spent / JournalChild.Spent;
        Assert.True(ended >= holds, $"{holds} were ended, {ended} are there");
        Assert.All(found.Leases, l => Assert.Equal(ended * JournalChild.Spent, l.Spent));
        // One stays open for good, and one or none was under way.
        Assert.Contains(found.Open, h => h.Name == "stays");
        Assert.InRange(found.Open.Count, JournalChild.Leases, 2 * JournalChild.Leases);
    }

    public void Dispose() => _bed.Dispose();
}
