using System.Collections.Concurrent;
using OrleansGateway.Leases;
using OrleansGateway.Leases.Edges;

namespace OrleansGateway.Tests.Leases.Edges;

public sealed class LeasedAdmissionsTests : IAsyncDisposable
{
    private const string OwnerName = "tenant:acme";

    private static readonly AdmissionTerms AtOnce = new(1, TimeSpan.Zero);
    private static readonly AdmissionTerms Patient = new(1, TimeSpan.FromSeconds(30));

    private readonly ManualTime _time = new();
    private readonly PlainOwner _owner = new() { GrantsWants = false };
    private readonly List<Account> _blocked = [];
    private readonly ConcurrentQueue<bool> _asked = new();
    private readonly ListLogger<LeasedAdmissions> _log = new();
    private readonly LeasedAdmissions _edge;

    public LeasedAdmissionsTests() => _edge = Edge(_owner);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _edge.DisposeAsync();

    [Fact(Timeout = 30_000)]
    public async Task Admit_WithNothingToHand_AsksTheOwner_AtOnceIfThatAnswersAtOnce()
    {
        var account = Find("limit", 3);
        var hold = _edge.NewHold("a");
        var admitting = _edge.AdmitAsync(hold, new[] { account }, EdgeRig.Requests(2), AtOnce, Cancellation);

        Assert.True(admitting.IsCompleted);
        Assert.True((await admitting).IsGranted);
        Assert.Equal(2, hold.Of(Dimension.Requests));
        Assert.Equal([true], _asked);
    }

    [Fact(Timeout = 30_000)]
    public async Task Admit_BeyondWhatThereIs_NamesTheAccountAndWhenToTryAgain_AndTakesNothing()
    {
        var (rich, poor) = (Find("rich", 5), Find("poor", 1));
        var hold = _edge.NewHold("a");
        var admission = await _edge.AdmitAsync(hold, new[] { rich, poor }, EdgeRig.Requests(2), AtOnce, Cancellation);

        Assert.Equal((Denial.NotNow, poor, _owner.RetryAfter), (admission.Denial, admission.Binding, admission.RetryAfter));
        Assert.Equal((5, 1), (Level(rich), Level(poor)));
    }

    [Fact(Timeout = 30_000)]
    public async Task Admit_OverSeveralOwners_TakesFromAllOrNone()
    {
        var other = new AccountId("per-ip", "::1");
        var (mine, theirs) = (Find("limit", 5), _edge.Find("rule:per-ip", other, EdgeRig.Spec())!);
        _owner[other] = 1;
        var hold = _edge.NewHold("a");

        Assert.True((await _edge.AdmitAsync(hold, new[] { mine, theirs }, EdgeRig.Requests(1), AtOnce, Cancellation)).IsGranted);
        var second = await _edge.AdmitAsync(_edge.NewHold("b"), new[] { theirs, mine }, EdgeRig.Requests(1), AtOnce, Cancellation);

        Assert.Equal(theirs, second.Binding);
        Assert.Equal((4, 0), (Level(mine), Level(theirs)));
    }

    [Fact(Timeout = 30_000)]
    public async Task Shadow_CountsWhatItWouldHaveRefused_AndRefusesNothing()
    {
        var id = new AccountId("shadow", "");
        var shadow = _edge.Find(OwnerName, id, EdgeRig.Spec() with { Shadow = true })!;
        var account = Find("limit", 5);
        _owner[id] = 1;
        for (var i = 0; i < 3; i++) Assert.True((await AdmitAsync(_edge.NewHold("a"), 1, AtOnce, shadow, account)).IsGranted);

        Assert.Equal([shadow, shadow], _blocked);
        Assert.Equal((0, 2), (Level(shadow), Level(account)));
    }

    [Fact(Timeout = 30_000)]
    public async Task Waiter_IsAdmittedWhenAnotherGivesBack()
    {
        var slots = Find("slots", 1);
        var first = _edge.NewHold("a");
        Assert.True((await AdmitAsync(first, 1, AtOnce, slots)).IsGranted);
        var second = _edge.NewHold("b");
        var waiting = AdmitAsync(second, 1, Patient, slots).AsTask();
        Assert.False(waiting.IsCompleted);

        first.Cancel();

        Assert.True((await waiting).IsGranted);
        Assert.Equal(1, second.Of(Dimension.Requests));
    }

    [Fact(Timeout = 30_000)]
    public async Task Waiter_BeyondTheQueueOfItsAccount_IsRefusedAtOnce()
    {
        var slots = Find("slots", 1);
        var first = _edge.NewHold("a");
        Assert.True((await AdmitAsync(first, 1, AtOnce, slots)).IsGranted);
        var terms = Patient with { QueueMax = 1 };
        var waiting = AdmitAsync(_edge.NewHold("b"), 1, terms, slots).AsTask();
        Assert.Equal(Denial.NotNow, (await AdmitAsync(_edge.NewHold("c"), 1, terms, slots)).Denial);
        Assert.False(waiting.IsCompleted);
        first.Cancel();
        Assert.True((await waiting).IsGranted);
    }

    [Fact(Timeout = 30_000)]
    public async Task Waiters_ComeByPriority_ThenByArrival_AndNobodyOvertakes()
    {
        var slots = Find("slots", 1);
        var hold = _edge.NewHold("first");
        Assert.True((await AdmitAsync(hold, 1, AtOnce, slots)).IsGranted);
        var names = new List<string>();
        var low = WaitAsync("low", 0, slots, names);
        var normal1 = WaitAsync("normal1", 1, slots, names);
        var high = WaitAsync("high", 2, slots, names);
        var normal2 = WaitAsync("normal2", 1, slots, names);

        Assert.Equal(Denial.NotNow, (await AdmitAsync(_edge.NewHold("hasty"), 1, AtOnce, slots)).Denial);
        hold.Cancel();
        await Task.WhenAll(low, normal1, high, normal2);

        Assert.Equal(["high", "normal1", "normal2", "low"], names);
    }

    [Fact(Timeout = 30_000)]
    public async Task Waiter_WhoWantsMuch_IsNotOvertakenByManyWhoWantLittle()
    {
        var account = Find("limit", 2);
        var holds = new[] { _edge.NewHold("a"), _edge.NewHold("b") };
        foreach (var hold in holds) Assert.True((await AdmitAsync(hold, 1, AtOnce, account)).IsGranted);
        var big = AdmitAsync(_edge.NewHold("big"), 2, Patient, account).AsTask();
        holds[0].Cancel();
        var small = AdmitAsync(_edge.NewHold("small"), 1, Patient, account).AsTask();
        holds[1].Cancel();

        Assert.True((await big).IsGranted);
        Assert.False(small.IsCompleted);
        Tell(() => _owner[account.Id] += 1);
        await UntilAsync(() => small.IsCompleted);
    }

    [Fact(Timeout = 30_000)]
    public async Task Waiter_WhoseTimeIsOver_IsRefused()
    {
        var account = Find("limit", 0);
        var waiting = AdmitAsync(_edge.NewHold("a"), 1, new(1, TimeSpan.FromSeconds(3)), account).AsTask();
        await UntilAsync(() => waiting.IsCompleted);

        Assert.Equal(Denial.NotNow, (await waiting).Denial);
        _owner[account.Id] = 1;
        Assert.True((await AdmitAsync(_edge.NewHold("b"), 1, AtOnce, account)).IsGranted);
    }

    [Fact(Timeout = 30_000)]
    public async Task Waiter_WhoIsCancelled_LeavesNothingBehind()
    {
        var account = Find("limit", 1);
        var first = _edge.NewHold("a");
        Assert.True((await AdmitAsync(first, 1, AtOnce, account)).IsGranted);
        using var client = new CancellationTokenSource();
        var second = _edge.NewHold("b");
        var waiting = _edge.AdmitAsync(second, new[] { account }, EdgeRig.Requests(1), Patient, client.Token).AsTask();
        var third = AdmitAsync(_edge.NewHold("c"), 1, Patient, account).AsTask();
        await client.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.Equal(0, second.Of(Dimension.Requests));
        first.Cancel();
        Assert.True((await third).IsGranted);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(1)] [InlineData(2)] [InlineData(3)]
    public async Task Waiters_CancelledAndAdmittedAtTheSameMoment_LoseNothing(int seed)
    {
        var random = new Random(seed);
        var account = Find("limit", 2);
        for (var round = 0; round < 300; round++)
        {
            var first = _edge.NewHold("first");
            Assert.True((await AdmitAsync(first, 2, Patient, account)).IsGranted);
            using var client = new CancellationTokenSource();
            var second = _edge.NewHold("second");
            var waiting = _edge.AdmitAsync(second, new[] { account }, EdgeRig.Requests(1), Patient, client.Token).AsTask();
            var cancelling = Task.Run(client.Cancel, CancellationToken.None);
            if (random.Next(2) == 0) await Task.Yield();
            first.Dispose();
            await cancelling;
            await waiting.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            second.Dispose();
        }

        Assert.True((await AdmitAsync(_edge.NewHold("last"), 2, Patient, account)).IsGranted);
    }

    [Fact(Timeout = 30_000)]
    public async Task Shaped_WaitsAsLongAsTheOwnerSaid_AndGivesBackIfTheClientLeaves()
    {
        var account = Find("limit", 2);
        _owner.Delay = TimeSpan.FromSeconds(2);
        var waiting = AdmitAsync(_edge.NewHold("a"), 1, Patient, account).AsTask();
        _time.Advance(TimeSpan.FromSeconds(1.9));
        Assert.False(waiting.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(0.1));
        Assert.True((await waiting).IsGranted);

        using var client = new CancellationTokenSource();
        var second = _edge.NewHold("b");
        waiting = _edge.AdmitAsync(second, new[] { account }, EdgeRig.Requests(1), Patient, client.Token).AsTask();
        await client.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.Equal(1, Level(account));
    }

    [Fact(Timeout = 30_000)]
    public async Task OwnerThatDoesNotAnswer_MakesRequestsUnavailable_AndIsAskedTheSameAgain()
    {
        var account = Find("limit", 5);
        _owner.Before = _ => throw new TimeoutException();
        var first = AdmitAsync(_edge.NewHold("a"), 2, AtOnce, account).AsTask();
        await UntilAsync(() => first.IsCompleted);
        Assert.Equal(Denial.Unavailable, (await first).Denial);

        _owner.Before = null;
        await UntilAsync(() => _owner.Requests.Count > 0);
        Assert.True((await AdmitAsync(_edge.NewHold("b"), 5, AtOnce, account)).IsGranted);
        Assert.False(_asked.First());
        Assert.True(_asked.Last());
    }

    [Fact(Timeout = 30_000)]
    public async Task OwnerThatDoesNotAnswer_IsAskedAgainAfterAnEighthOfThatTime()
    {
        var asked = new ConcurrentQueue<TimeSpan>();
        var began = _time.GetUtcNow();
        _owner.Before = _ =>
        {
            asked.Enqueue(_time.GetUtcNow() - began);
            throw new IOException();
        };
        var first = AdmitAsync(_edge.NewHold("a"), 2, AtOnce, Find("limit", 5)).AsTask();
        await UntilAsync(() => asked.LastOrDefault() > TimeSpan.FromSeconds(20));
        _owner.Before = null;
        await UntilAsync(() => _owner.Requests.Count > 0);

        TimeSpan[] times = [.. asked];
        string[] pauses;
        lock (_log.Lines) pauses = [.. _log.Lines.Where(l => l.Contains("sent again after ", StringComparison.Ordinal))];
        // The time goes on while the edge does something: it looks at the clock between two of these.
        for (var n = 1; n < times.Length - 1; n++) Assert.InRange(Pause(n), EighthOf(times[n] - times[1]), EighthOf(times[n + 1] - times[0]));
        Assert.Equal((TimeSpan.FromMilliseconds(10), TimeSpan.FromSeconds(1)), (Pause(0), Pause(times.Length - 2)));
        Assert.Equal(Denial.Unavailable, (await first).Denial);

        TimeSpan Pause(int n) => TimeSpan.Parse(pauses[n].Split("sent again after ")[1], CultureInfo.InvariantCulture);
        static TimeSpan EighthOf(TimeSpan time) => TimeSpan.FromTicks(Math.Clamp(time.Ticks / 8, TimeSpan.TicksPerMillisecond * 10, TimeSpan.TicksPerSecond));
    }

    [Fact(Timeout = 30_000)]
    public async Task IdleAccounts_GoBackByThemselves()
    {
        _owner.GrantsWants = true;
        // The clock runs ahead of the edge's thread on a busy machine: what expired would not go back.
        _owner.Lifetime = TimeSpan.FromDays(1);
        var account = Find("limit", 50);
        var hold = _edge.NewHold("a");
        Assert.True((await AdmitAsync(hold, 5, AtOnce, account)).IsGranted);
        hold.Settle(EdgeRig.Requests(5));

        await UntilAsync(() => _owner[account.Id] == 45);
        await UntilAsync(() => _edge.View().Accounts.Count == 0);
    }

    [Fact(Timeout = 30_000)]
    public async Task Stop_RefusesThoseWhoWait_AndGivesEverythingBack()
    {
        _owner.GrantsWants = true;
        var (account, empty) = (Find("limit", 50), Find("empty", 0));
        var hold = _edge.NewHold("a");
        Assert.True((await AdmitAsync(hold, 5, AtOnce, account)).IsGranted);
        hold.Settle(EdgeRig.Requests(5));
        var waiting = AdmitAsync(_edge.NewHold("b"), 1, Patient, empty).AsTask();
        await _edge.StopAsync(Cancellation);

        Assert.Equal(Denial.Unavailable, (await waiting).Denial);
        Assert.Equal(45, _owner[account.Id]);
        Assert.Equal(Denial.Unavailable, (await AdmitAsync(_edge.NewHold("c"), 1, AtOnce, account)).Denial);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(false)] [InlineData(true)]
    public async Task ManyAtOnce_AgainstABudgetOfTen_ExactlyTenAreAdmitted(bool answersLater)
    {
        if (answersLater) _owner.Before = async _ => await Task.Yield();
        var budget = _edge.Find(OwnerName, new("budget", ""), EdgeRig.Spec(Dimension.Cost, AccountKind.Budget))!;
        _owner[budget.Id] = 1_000;
        var admitted = 0;
        await Task.WhenAll(Enumerable.Range(0, 500).Select(i => Task.Run(
            async () =>
            {
                var hold = _edge.NewHold($"r{i}");
                if ((await _edge.AdmitAsync(hold, new[] { budget }, new() { Cost = 100 }, AtOnce, Cancellation)).IsGranted) Interlocked.Increment(ref admitted);
            },
            Cancellation)));

        Assert.Equal(10, admitted);
    }

    [Fact(Timeout = 60_000)]
    public async Task TwoWhoWouldEachFit_AreNotBothRefusedByEachOther()
    {
        var (first, second) = (Find("a", 1), Find("b", 1));
        for (var round = 0; round < 500; round++)
        {
            var holds = new[] { _edge.NewHold("x"), _edge.NewHold("y") };
            var admissions = await Task.WhenAll(
                Task.Run(async () => await AdmitAsync(holds[0], 1, AtOnce, first, second), Cancellation),
                Task.Run(async () => await AdmitAsync(holds[1], 1, AtOnce, second, first), Cancellation));
            Assert.Equal(1, admissions.Count(a => a.IsGranted));
            foreach (var hold in holds) hold.Dispose();
        }
    }

    [Fact(Timeout = 30_000)]
    public async Task Admit_AfterAPauseOfTheMachine_UsesNoLeaseThatIsOver()
    {
        var account = Find("limit", 5);
        var hold = _edge.NewHold("a");
        Assert.True((await AdmitAsync(hold, 2, AtOnce, account)).IsGranted);
        hold.Cancel();

        _time.PauseMachine(_owner.Lifetime + TimeSpan.FromSeconds(1));

        Assert.True((await AdmitAsync(_edge.NewHold("b"), 2, AtOnce, account)).IsGranted);
        Assert.Equal(1, _owner[account.Id]);
    }

    private LeasedAdmissions Edge(ILeaseOwners owners) =>
        new(new(), Guid.NewGuid(), new TestJournal(), owners, new() { WouldHaveBlocked = _blocked.Add, Asked = _asked.Enqueue }, _time, _log);

    private Account Find(string rule, long level)
    {
        var account = _edge.Find(OwnerName, new(rule, ""), EdgeRig.Spec())!;
        _owner[account.Id] = level;
        return account;
    }

    // What the owner has, and what is to hand here.
    private long Level(Account account) => _owner[account.Id] + account.Remaining;

    private ValueTask<Admission> AdmitAsync(Hold hold, long units, AdmissionTerms terms, params Account[] accounts) =>
        _edge.AdmitAsync(hold, accounts, EdgeRig.Requests(units), terms, Cancellation);

    private async Task WaitAsync(string name, byte priority, Account account, List<string> names)
    {
        var hold = _edge.NewHold(name);
        Assert.True((await AdmitAsync(hold, 1, new(priority, TimeSpan.FromSeconds(30)), account)).IsGranted);
        lock (names) names.Add(name);
        hold.Cancel();
    }

    private void Tell(Action change)
    {
        change();
        _time.Advance(_owner.RetryAfter);
    }

    /// <summary>Time passes until it is so.</summary>
    private async Task UntilAsync(Func<bool> isSo)
    {
        while (!isSo())
        {
            Cancellation.ThrowIfCancellationRequested();
            _time.Advance(TimeSpan.FromMilliseconds(50));
            await Task.Yield();
        }
    }
}
