using OrleansGateway.Leases;
using OrleansGateway.Leases.Ledger;
using static OrleansGateway.Tests.Storage.Ledger.LedgerRows;

namespace OrleansGateway.Tests.Storage.Ledger;

/// <summary>What every ledger store promises. Each store runs it.</summary>
public abstract partial class LedgerStoreContract
{
    private protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Another store on the same ledger, as another program has it.</summary>
    private protected abstract Task<ILedgerStore> OpenAsync();

    [Fact(Timeout = 60_000)]
    public async Task AcquireAsync_OfAnOwnerNeverHeardOf_BeginsWithEpochOneAndNothing()
    {
        var store = await OpenAsync();
        Assert.Null(await store.ReadAsync(Owner, Cancel));
        var record = await store.AcquireAsync(Owner, Cancel);
        Assert.Equal($"{Owner}\n1\n1", Describe(record));
        Assert.Equal(Describe(record), Describe(await store.ReadAsync(Owner, Cancel)));
        Assert.Null(await store.ReadAsync("tenant:other", Cancel));
    }

    [Fact(Timeout = 60_000)]
    public async Task AcquireAsync_AfterEverythingWasWritten_ReadsItAllAndRaisesTheEpoch()
    {
        var store = await OpenAsync();
        var first = await store.AcquireAsync(Owner, Cancel);
        var write = Everything(first.Version);
        Assert.Equal(LedgerOutcome.Written, await store.WriteAsync(write, Cancel));
        var expected = new LedgerRecord
        {
            Owner = Owner,
            Epoch = 2,
            Version = first.Version + 2,
            Accounts = write.Accounts,
            Leases = write.Leases,
            Suspense = write.Suspense,
            Credits = write.Credits,
        };
        Assert.Equal(Describe(expected with { Epoch = 1, Version = first.Version + 1 }), Describe(await store.ReadAsync(Owner, Cancel)));
        Assert.Equal(Describe(expected), Describe(await (await OpenAsync()).AcquireAsync(Owner, Cancel)));
    }

    [Fact(Timeout = 60_000)]
    public async Task WriteAsync_OfRowsThatAreThere_PutsTheNewOnesInTheirPlace()
    {
        var store = await OpenAsync();
        var write = Everything((await store.AcquireAsync(Owner, Cancel)).Version);
        await store.WriteAsync(write, Cancel);
        var next = write with
        {
            Version = write.Version + 1,
            Accounts = [write.Accounts[0] with { Available = 110, Posted = 20, Base = 2, Noticed = 95, Start = null, End = null }],
            Leases = [write.Leases[0] with { Granted = 130, Posted = 20, Returned = 50, State = LeaseState.Live }],
            Suspense = [write.Suspense[0] with { Amount = 31 }],
            Credits = [write.Credits[0] with { Burned = 9, Priority = 1, ExpiresAt = null, RollsOver = false }],
            Notices = [],
        };
        next = next with { Accounts = [next.Accounts[0] with { Limit = 190 }] };
        Assert.Equal(LedgerOutcome.Written, await store.WriteAsync(next, Cancel));
        var record = (await store.ReadAsync(Owner, Cancel))!;
        Assert.Equal([next.Accounts[0], .. write.Accounts.Skip(1)], record.Accounts);
        Assert.Equal([next.Leases[0], .. write.Leases.Skip(1)], record.Leases);
        Assert.Equal(next.Suspense, record.Suspense);
        Assert.Equal(next.Credits, record.Credits);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(-1)]
    [InlineData(1)]
    [InlineData(1_000)]
    public async Task WriteAsync_OnAnotherVersion_IsFencedAndWritesNothing(long off)
    {
        var store = await OpenAsync();
        var version = (await store.AcquireAsync(Owner, Cancel)).Version;
        await store.WriteAsync(Write(version, Account(100)), Cancel);
        var before = Describe(await store.ReadAsync(Owner, Cancel));
        Assert.Equal(LedgerOutcome.Fenced, await store.WriteAsync(Write(version + 1 + off, Account(200)), Cancel));
        Assert.Equal(LedgerOutcome.Fenced, await store.WriteAsync(Write(version + 1 + off, Account(200)) with { Adjustment = Adjustment("a") }, Cancel));
        Assert.Equal(before, Describe(await store.ReadAsync(Owner, Cancel)));
        Assert.Equal(LedgerOutcome.Written, await store.WriteAsync(Write(version + 1) with { Adjustment = Adjustment("a") }, Cancel));
    }

    [Fact(Timeout = 60_000)]
    public async Task WriteAsync_ForAnOwnerThatNobodyTookOver_IsFenced() =>
        Assert.Equal(LedgerOutcome.Fenced, await (await OpenAsync()).WriteAsync(Write(1, Account(100)), Cancel));

    [Fact(Timeout = 60_000)]
    public async Task WriteAsync_AfterAnotherTookOver_IsFenced()
    {
        var (old, young) = (await OpenAsync(), await OpenAsync());
        var before = await old.AcquireAsync(Owner, Cancel);
        Assert.Equal(LedgerOutcome.Written, await old.WriteAsync(Write(before.Version, Account(100)), Cancel));
        var after = await young.AcquireAsync(Owner, Cancel);
        Assert.Equal((2, 3), (after.Epoch, after.Version));
        Assert.Equal(LedgerOutcome.Fenced, await old.WriteAsync(Write(before.Version + 1, Account(50, isOut: 50)), Cancel));
        Assert.Equal(LedgerOutcome.Written, await young.WriteAsync(Write(after.Version, Account(90, 10)), Cancel));
    }

    [Fact(Timeout = 120_000)]
    public async Task WriteAsync_OfManyAtOnceOnOneVersion_LetsOneWin()
    {
        var stores = new[] { await OpenAsync(), await OpenAsync(), await OpenAsync() };
        var version = (await stores[0].AcquireAsync(Owner, Cancel)).Version;
        for (var round = 0; round < 20; round++)
        {
            var on = version + round;
            var outcomes = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => Task.Run(() => stores[i % 3].WriteAsync(Write(on, Account(i)), Cancel).AsTask())));
            var winner = Assert.Single(Enumerable.Range(0, 12), i => outcomes[i] == LedgerOutcome.Written);
            var record = (await stores[1].ReadAsync(Owner, Cancel))!;
            Assert.Equal((on + 1, winner), (record.Version, Assert.Single(record.Accounts).Available));
        }
    }

    // Two who both take themselves for the owner, over and over: each unit that either was told is written must be there in the end.
    [Fact(Timeout = 120_000)]
    public async Task WriteAsync_OfTwoOwnersAtOnce_LosesNothingThatWasAcknowledged()
    {
        var (first, second) = (await OpenAsync(), await OpenAsync());
        var posted = await Task.WhenAll(Task.Run(() => SpendAsync(first)), Task.Run(() => SpendAsync(second)));
        var row = Assert.Single((await first.ReadAsync(Owner, Cancel))!.Accounts);
        Assert.Equal((posted.Sum(), 1_000_000), (row.Posted, row.Limit));
        Assert.All(posted, p => Assert.True(p > 0));

        static async Task<long> SpendAsync(ILedgerStore store)
        {
            var posted = 0L;
            for (var turn = 0; turn < 30; turn++)
            {
                var record = await store.AcquireAsync(Owner, Cancel);
                var (version, spent) = (record.Version, record.Accounts.Count > 0 ? record.Accounts[0].Posted : 0);
                while (await store.WriteAsync(Write(version++, Account(1_000_000 - spent - 1, spent + 1)), Cancel) == LedgerOutcome.Written && posted++ < 30 * (turn + 1)) spent++;
            }

            return posted;
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task WriteAsync_WithAnAdjustmentThatWasMadeBefore_RaisesTheVersionOnly()
    {
        var store = await OpenAsync();
        var version = (await store.AcquireAsync(Owner, Cancel)).Version;
        await store.WriteAsync(Write(version, Account(100)) with { Adjustment = Adjustment("once") }, Cancel);
        var again = Write(version + 1, Account(200)) with { Adjustment = Adjustment("once", 6), Leases = [Lease(5)], Notices = [new(Month, 7, 50, 1, 2, At)] };
        Assert.Equal(LedgerOutcome.Written, await store.WriteAsync(again, Cancel));
        var record = (await store.ReadAsync(Owner, Cancel))!;
        Assert.Equal((version + 2, Account(100)), (record.Version, Assert.Single(record.Accounts)));
        Assert.Empty(record.Leases);
        Assert.Equal(LedgerOutcome.Written, await store.WriteAsync(Write(version + 2, Account(200)) with { Adjustment = Adjustment("twice") }, Cancel));
        Assert.Equal(200, Assert.Single((await store.ReadAsync(Owner, Cancel))!.Accounts).Available);
    }

    [Fact(Timeout = 60_000)]
    public async Task WriteAsync_WithTheSameAdjustmentForAnotherOwner_WritesBoth()
    {
        var store = await OpenAsync();
        foreach (var owner in (string[])["tenant:a", "tenant:b"])
        {
            var write = Write((await store.AcquireAsync(owner, Cancel)).Version, Account(100)) with { Owner = owner, Adjustment = Adjustment("once") };
            await store.WriteAsync(write, Cancel);
            Assert.Single((await store.ReadAsync(owner, Cancel))!.Accounts);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task AcquireAsync_WhenAPeriodIsOver_LeavesItOutOnlyOnceNothingOfItIsOut()
    {
        var store = await OpenAsync();
        var version = (await store.AcquireAsync(Owner, Cancel)).Version;
        await store.WriteAsync(Write(version, Account(60, 0, 40)) with { Leases = [Lease(40)] }, Cancel);
        await store.WriteAsync(Write(version + 1, Account(100, period: 8)), Cancel);
        Assert.Equal([7L, 8L], (await store.ReadAsync(Owner, Cancel))!.Accounts.Select(a => a.Period));
        var record = await store.AcquireAsync(Owner, Cancel);
        Assert.Equal([7L, 8L], record.Accounts.Select(a => a.Period));

        var closing = Write(record.Version, Account(60, 30)) with { Leases = [Lease(40, 30, 10, state: LeaseState.Closed)] };
        closing = closing with { Accounts = [Account(70, 30)] };
        Assert.Equal(LedgerOutcome.Written, await store.WriteAsync(closing, Cancel));
        foreach (var read in (LedgerRecord[])[(await store.ReadAsync(Owner, Cancel))!, await store.AcquireAsync(Owner, Cancel), await store.AcquireAsync(Owner, Cancel)])
        {
            Assert.Equal([8L], read.Accounts.Select(a => a.Period));
            Assert.Empty(read.Leases);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task OwnersOfOthersAsync_WhenAsked_NamesThoseWithOpenLeasesOfOtherSessions()
    {
        var store = await OpenAsync();
        var (mine, other) = (Guid.Parse("11111111111111111111111111111111"), Guid.Parse("22222222222222222222222222222222"));
        await PutAsync("tenant:mine", Lease(5, session: mine));
        await PutAsync("tenant:other", Lease(5, session: other, state: LeaseState.Suspense));
        await PutAsync("tenant:both", Lease(5, session: mine), Lease(5, session: other));
        await PutAsync("tenant:closed", Lease(5, 5, session: other, state: LeaseState.Closed));
        Assert.Equal(["tenant:both", "tenant:other"], await store.OwnersOfOthersAsync([mine], Cancel));
        Assert.Equal(["tenant:both", "tenant:mine", "tenant:other"], await store.OwnersOfOthersAsync([], Cancel));
        Assert.Empty(await store.OwnersOfOthersAsync([mine, other], Cancel));

        async Task PutAsync(string owner, params LeaseRow[] leases) => Assert.Equal(LedgerOutcome.Written, await store.WriteAsync(
            Write((await store.AcquireAsync(owner, Cancel)).Version, Account(10, isOut: leases.Sum(l => l.Out))) with { Owner = owner, Leases = leases }, Cancel));
    }

    private protected static LedgerWrite Everything(long version) => new()
    {
        Owner = Owner,
        Version = version,
        Accounts = [Account(100, 10, 50), Account(5, id: new AccountId("budgets.the-life", "")) with { Start = null, End = null, Period = 0 }],
        Leases = [Lease(100, 10, 40, state: LeaseState.Suspense), Lease(7, 7, number: 2)],
        Suspense = [new(Edge, "req-1", Month, 1, 30, At, null)],
        Credits = [new(Month, "gift", 1_000, 3, -2, At, At.AddDays(1), true)],
        Notices = [new(Month, 7, 50, 10, 160, At)],
    };
}
