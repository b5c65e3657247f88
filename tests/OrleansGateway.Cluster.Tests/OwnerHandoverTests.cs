using Microsoft.Extensions.Logging.Abstractions;
using OrleansGateway.Cluster.Owners;
using OrleansGateway.Leases;
using OrleansGateway.Leases.Owners;
using OrleansGateway.Storage.Ledger;
using OrleansGateway.Tests.Storage.Ledger;

[assembly: AssemblyFixture(typeof(SharedPostgres))]

namespace OrleansGateway.Cluster.Tests;

/// <summary>An owner goes from one silo to another, in order or not: two silos' owners on one database.</summary>
public sealed class OwnerHandoverTests(SharedPostgres postgres) : IAsyncLifetime
{
    private const string Owner = "tenant:acme";

    private static readonly AccountId Bucket = new("rate_limits.bucket", "acme");
    private static readonly AccountId Window = new("rate_limits.window", "acme");
    private static readonly AccountId Sliding = new("rate_limits.sliding", "acme");
    private static readonly AccountId Slots = new("rate_limits.slots", "acme");
    private static readonly AccountId Money = new("budgets.money", "acme");
    private static readonly Guid Session = new("11111111-0000-0000-0000-000000000000");
    private static readonly Guid Other = new("22222222-0000-0000-0000-000000000000");

    private static readonly Dictionary<AccountId, AccountSpec> s_specs = new()
    {
        [Bucket] = new() { Kind = AccountKind.Bucket, Dimension = Dimension.Requests, Limit = 100, Refill = 100, Time = TimeSpan.FromSeconds(100) },
        [Window] = new() { Kind = AccountKind.FixedWindow, Dimension = Dimension.Requests, Limit = 100, Time = TimeSpan.FromMinutes(9) },
        [Sliding] = new() { Kind = AccountKind.SlidingWindow, Dimension = Dimension.Requests, Limit = 100, Time = TimeSpan.FromMinutes(9) },
        [Slots] = new() { Kind = AccountKind.Concurrency, Dimension = Dimension.Concurrency, Limit = 100 },
        [Money] = new() { Kind = AccountKind.Budget, Dimension = Dimension.Cost, Limit = 1000 },
    };

    private readonly ManualTime _time = new();
    private PostgresDatabase _database = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private PostgresOwnerLives Lives => new(_database);

    public async ValueTask InitializeAsync() =>
        _database = await PostgresDatabase.OpenAsync(await postgres.NewDatabaseAsync(), TimeProvider.System, NullLogger<PostgresDatabase>.Instance, Cancel);

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    [Theory(Timeout = 120_000)]
    [InlineData("rate_limits.bucket")] [InlineData("rate_limits.window")] [InlineData("rate_limits.sliding")] [InlineData("rate_limits.slots")]
    public async Task HandedOver_InUse_LeavesWhatWasNotOutAndNothingMore(string rule)
    {
        var account = new AccountId(rule, "acme");
        var (one, two) = (Silo("one"), Silo("two"));
        var first = await one.OpenAsync(Owner, Cancel);
        Assert.Equal(Denial.None, await TakeAsync(first, Session, account, 60));
        await one.CloseAsync(Owner, first, Cancel);

        var second = await two.OpenAsync(Owner, Cancel);
        Assert.Equal(Denial.NotNow, await TakeAsync(second, Other, account, 41));
        Assert.Equal(Denial.None, await TakeAsync(second, Other, account, 40, lease: 2));
        Assert.Equal(Denial.NotNow, await TakeAsync(second, Other, account, 1, lease: 3));
        Assert.False(first.TrySend(Request(Session, 2, 1, account, 1, 1), out _, out _));
    }

    [Theory(Timeout = 120_000)]
    [InlineData("rate_limits.bucket")] [InlineData("rate_limits.window")] [InlineData("rate_limits.sliding")] [InlineData("rate_limits.slots")]
    public async Task HandedOver_AndNeverUsed_IsWholeEvenWhereOthersAreInUse(string rule)
    {
        var account = new AccountId(rule, "acme");
        var (one, two) = (Silo("one"), Silo("two"));
        var first = await one.OpenAsync(Owner, Cancel);
        Assert.Equal(Denial.None, await TakeAsync(first, Session, account == Bucket ? Window : Bucket, 60));
        await one.CloseAsync(Owner, first, Cancel);

        Assert.Equal(Denial.None, await TakeAsync(await two.OpenAsync(Owner, Cancel), Other, account, 100));
    }

    [Theory(Timeout = 120_000)]
    [InlineData("rate_limits.bucket")] [InlineData("rate_limits.window")] [InlineData("rate_limits.sliding")] [InlineData("rate_limits.slots")]
    public async Task TakenOver_FromASiloThatHasNotEndedIt_GivesNothingUntilItsTermAndItsLeasesAreOver(string rule)
    {
        var account = new AccountId(rule, "acme");
        var (one, two) = (Silo("one"), Silo("two"));
        var first = await one.OpenAsync(Owner, Cancel);
        Assert.Equal(Denial.None, await TakeAsync(first, Session, account, 60));

        var second = await two.OpenAsync(Owner, Cancel);
        Assert.NotEqual(Denial.None, await TakeAsync(second, Other, account, 1));
        _time.Advance(SiloTerm.Length);
        Assert.NotEqual(Denial.None, await TakeAsync(second, Other, account, 1, lease: 2));
        _time.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal(Denial.None, await TakeAsync(second, Other, account, 100, lease: 3));
        Assert.Equal([new Takeover(Owner, 2)], await Lives.TakenOverAsync("one", Cancel));
    }

    [Fact(Timeout = 120_000)]
    public async Task TakenOver_WithMoneyOut_GrantsTheRestAtOnceAndFencesTheFormer()
    {
        var (one, two) = (Silo("one"), Silo("two"));
        var first = await one.OpenAsync(Owner, Cancel);
        Assert.Equal(Denial.None, await TakeAsync(first, Session, Money, 300));
        var second = await two.OpenAsync(Owner, Cancel);
        Assert.NotEqual(Denial.None, await TakeAsync(second, Other, Money, 701));
        Assert.Equal(Denial.None, await TakeAsync(second, Other, Money, 700, lease: 2));

        await Assert.ThrowsAsync<IOException>(() => SendAsync(first, Request(Session, 2, 1, Money, 1, 1)));
        Assert.True(first.IsRetired);
        Assert.Equal(1000, (await new PostgresLedgerStore(_database, _time).ReadAsync(Owner, Cancel))!.Leases.Sum(l => l.Granted));
    }

    [Fact(Timeout = 120_000)]
    public async Task Former_ThatReadsItsRowsAnew_DoesNotTakeBackWhatAnotherHas()
    {
        var ledger = new OwnedLedger(new PostgresLedgerStore(_database, _time), Lives, "one");
        await ledger.BeginAsync(Owner, Cancel);
        Assert.Equal(2, (await ledger.AcquireAsync(Owner, Cancel)).Epoch);
        await Silo("two").OpenAsync(Owner, Cancel);

        await Assert.ThrowsAsync<IOException>(async () => await ledger.AcquireAsync(Owner, Cancel));
        Assert.Equal(3, (await ledger.ReadAsync(Owner, Cancel))!.Epoch);
    }

    [Fact(Timeout = 120_000)]
    public async Task Slots_HandedOver_AreTheSameOnesWhenTheirEdgeReportsThem()
    {
        var (one, two) = (Silo("one"), Silo("two"));
        var first = await one.OpenAsync(Owner, Cancel);
        Assert.Equal(Denial.None, await TakeAsync(first, Session, Slots, 60));
        await one.CloseAsync(Owner, first, Cancel);
        var second = await two.OpenAsync(Owner, Cancel);
        await SendAsync(second, Request(Session, 2, 2, Slots, 1, units: 0) with { Registers = true, Reports = [new(Slots, 1, 0, 0, 0, 1, false, Granted: 60)] });

        Assert.Equal(Denial.NotNow, await TakeAsync(second, Other, Slots, 41));
        Assert.Equal(Denial.None, await TakeAsync(second, Other, Slots, 40, lease: 2));
    }

    [Fact(Timeout = 120_000)]
    public async Task Term_HearsOfWhatWasTakenOver_AndGivesItUp()
    {
        var (one, two) = (Silo("one"), Silo("two"));
        var first = await one.OpenAsync(Owner, Cancel);
        var kept = await one.OpenAsync("tenant:kept", Cancel);
        await two.OpenAsync(Owner, Cancel);
        using var term = Term(one, isMember: false);
        Assert.False(one.MayGrant);
        await term.StartAsync(Cancel);

        Assert.True(one.MayGrant);
        Assert.Equal((true, false), (first.IsRetired, kept.IsRetired));
        Assert.Empty(await Lives.TakenOverAsync("one", Cancel));
        await term.StopAsync(Cancel);
    }

    [Fact(Timeout = 120_000)]
    public async Task Term_OfAnOwnerThatHasComeBackSince_LeavesItAlone()
    {
        var (one, two) = (Silo("one"), Silo("two"));
        await one.OpenAsync(Owner, Cancel);
        var second = await two.OpenAsync(Owner, Cancel);
        await two.CloseAsync(Owner, second, Cancel);
        var back = await one.OpenAsync(Owner, Cancel);
        using var term = Term(one, isMember: false);
        await term.StartAsync(Cancel);

        Assert.False(back.IsRetired);
        await term.StopAsync(Cancel);
    }

    [Theory(Timeout = 120_000)]
    [InlineData(true)] [InlineData(false)]
    public async Task Term_WhileTheDatabaseIsDown_HoldsForAsLongAsTheSiloIsAMember(bool isMember)
    {
        var silo = Silo("one");
        using var term = Term(silo, isMember);
        await _database.DisposeAsync();
        await term.StartAsync(Cancel);

        Assert.Equal(isMember, silo.MayGrant);
        await term.StopAsync(Cancel);
    }

    [Fact(Timeout = 120_000)]
    public async Task Term_OfASiloThatStoodStill_IsOverBeforeItHasAskedAgain()
    {
        var silo = Silo("one");
        using var term = Term(silo, isMember: true);
        await term.StartAsync(Cancel);
        Assert.True(silo.MayGrant);
        await term.StopAsync(Cancel);
        _time.Advance(SiloTerm.Length);

        Assert.False(silo.MayGrant);
    }

    [Theory(Timeout = 120_000)]
    [InlineData(false)] [InlineData(true)]
    public async Task Session_ThatIsSilentForFiveMinutes_HasItsMoneyInSuspense(bool speaks)
    {
        var silo = Silo("one");
        var owner = await silo.OpenAsync(Owner, Cancel);
        Assert.Equal(Denial.None, await TakeAsync(owner, Session, Money, 300));
        var silent = new SilentSessions(owner, silo.Clock);
        for (var minute = 0; minute < 6; minute++)
        {
            Assert.Equal(0, await SuspenseAsync(owner));
            _time.Advance(TimeSpan.FromMinutes(1));
            if (speaks) silent.Heard(Session);
            await silent.SuspendAsync();
        }

        Assert.Equal(speaks ? 0 : 300, await SuspenseAsync(owner));
    }

    private SiloOwners Silo(string name) =>
        new(new PostgresLedgerStore(_database, _time), Lives, s_specs.GetValueOrDefault, _time, name, NullLogger<SiloOwners>.Instance);

    private SiloTerm Term(SiloOwners silo, bool isMember) => new(silo, Lives, new Membership(isMember), _time, NullLogger<SiloTerm>.Instance);

    /// <summary>Takes units on a new lease, by a session that registers.</summary>
    private static async Task<Denial> TakeAsync(HostedOwner owner, Guid session, AccountId account, long units, long lease = 1)
    {
        var epoch = (await SendAsync(owner, Request(session, lease, 0, account, lease, units))).Epoch;
        return Assert.Single((await SendAsync(owner, Request(session, lease, epoch, account, lease, units))).Takes).Denial;
    }

    private static async Task<long> SuspenseAsync(HostedOwner owner)
    {
        var suspense = 0L;
        await owner.Do(needsLedger: false, (core, now) =>
        {
            suspense = core.View(now).Accounts.Sum(a => a.Suspense);
            return null;
        })!;
        return suspense;
    }

    private static async Task<LeaseReply> SendAsync(HostedOwner owner, LeaseRequest request)
    {
        Assert.True(owner.TrySend(request, out var reply, out var later));
        return reply ?? await later!;
    }

    private static LeaseRequest Request(Guid session, long number, long epoch, AccountId account, long lease, long units) => new()
    {
        Session = session,
        Number = number,
        Epoch = epoch,
        Registers = number == 1,
        Reports = [new LeaseReport(account, lease, 0, 0, 0, 1, false)],
        Takes = units == 0 ? [] : [new TakeRequest(number, [new TakeItem(account, lease, units)])],
    };

    private sealed class Membership(bool isMember) : ISiloMembership
    {
        public Task<bool> IsMemberAsync(TimeSpan within, CancellationToken cancellation) => Task.FromResult(isMember);
    }
}
