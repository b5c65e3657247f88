using OrleansGateway.Leases;
using OrleansGateway.Leases.Ledger;
using static OrleansGateway.Tests.Storage.Ledger.LedgerRows;

namespace OrleansGateway.Tests.Storage.Ledger;

public abstract partial class LedgerStoreContract
{
    [Fact(Timeout = 60_000)]
    public async Task ReadHistoryAsync_AfterManyPeriods_AnswersTheNewestFirstAndOnlyWhatIsAsked()
    {
        var store = await OpenAsync();
        await FillAsync(store);
        var history = (ILedgerHistory)store;
        var all = await history.ReadHistoryAsync(new LedgerHistoryQuery(Owner, Month), Cancel);
        Assert.Equal([12L, 11L, 10L, 9L, 8L, 7L], all.Accounts.Select(a => a.Period));
        Assert.Equal(["adj-12", "adj-11", "adj-10", "adj-9", "adj-8", "adj-7"], all.Adjustments.Select(a => a.Id));
        Assert.Equal([12L, 11L, 10L, 9L, 8L, 7L], all.Notices.Select(n => n.Period));
        Assert.Equal([(long?)null, 3], all.Suspense.Select(s => s.Settled));
        var page = await history.ReadHistoryAsync(new LedgerHistoryQuery(Owner, Month, Before: Account(0, period: 10).Start, Limit: 2), Cancel);
        Assert.Equal([9L, 8L], page.Accounts.Select(a => a.Period));
        Assert.Equal(["adj-9", "adj-8"], page.Adjustments.Select(a => a.Id));
        Assert.Empty((await history.ReadHistoryAsync(new LedgerHistoryQuery(Owner, new AccountId("budgets.none", "")), Cancel)).Accounts);
        Assert.Equal(7, (await history.ReadHistoryAsync(new LedgerHistoryQuery(Owner), Cancel)).Accounts.Count);
        Assert.Empty((await history.ReadHistoryAsync(new LedgerHistoryQuery("tenant:other"), Cancel)).Accounts);
    }

    [Fact(Timeout = 60_000)]
    public async Task WriteAsync_OfACorrection_ChangesAPeriodThatIsOverAndNoneThatIsNotThere()
    {
        var store = await OpenAsync();
        await FillAsync(store);
        var history = (ILedgerHistory)store;
        var before = (await history.ReadBooksAsync(Owner, Cancel))!;
        Assert.Equal([Owner], await history.OwnersAsync(Cancel));
        Assert.Null(await history.ReadBooksAsync("tenant:other", Cancel));
        var version = (await store.AcquireAsync(Owner, Cancel)).Version;
        var act = new AdjustmentRow("correct-1", Month, 9, "correct", 3, "adm_1", null, At);
        for (var i = 0; i < 2; i++) await store.WriteAsync(Write(version + i) with { Adjustment = act, Corrections = [new(Month, 9, 3), new(Month, 99, 1)] }, Cancel);
        var after = (await history.ReadBooksAsync(Owner, Cancel))!;
        Assert.Equal(
            before.Accounts.Select(a => a.Account == Month && a.Period == 9 ? a with { Posted = a.Posted + 3, Available = a.Available - 3 } : a), after.Accounts);
        Assert.Equal((before.Leases.Count, before.Suspense.Count, before.Adjustments.Count + 1), (after.Leases.Count, after.Suspense.Count, after.Adjustments.Count));
    }

    [Fact(Timeout = 60_000)]
    public async Task AcquireAsync_OfAWindowThatRolls_ReadsAllItsParts()
    {
        var store = await OpenAsync();
        var version = (await store.AcquireAsync(Owner, Cancel)).Version;
        var open = new AccountRow(Month, 0, 60, 50, 10, 100, 0, At, null);
        AccountRow[] parts = [open, .. new[] { 3L, 7L }.Select(n => new AccountRow(Month, n, 20, 0, 20, 0, 0, At, null))];
        await store.WriteAsync(Write(version, parts), Cancel);
        Assert.Equal(parts, (await store.AcquireAsync(Owner, Cancel)).Accounts);
    }

    [Fact(Timeout = 60_000)]
    public async Task WriteAsync_OfANoticeThatWasGiven_KeepsTheFirst()
    {
        var store = await OpenAsync();
        var version = (await store.AcquireAsync(Owner, Cancel)).Version;
        var first = new NoticeRow(Month, 7, 80, 10, 20, At);
        await store.WriteAsync(Write(version, Account(20)) with { Notices = [first] }, Cancel);
        await store.WriteAsync(Write(version + 1) with { Notices = [first with { Posted = 11 }, first with { Percent = 95 }] }, Cancel);
        Assert.Equal([first with { Percent = 95 }, first], (await ((ILedgerHistory)store).ReadHistoryAsync(new LedgerHistoryQuery(Owner), Cancel)).Notices);
    }

    [Fact(Timeout = 60_000)]
    public async Task PurgeAsync_WithCutoffs_DeletesWhatIsOverAndOldAndNothingElse()
    {
        var store = await OpenAsync();
        await FillAsync(store);
        var before = Describe(await store.ReadAsync(Owner, Cancel));
        var history = (ILedgerHistory)store;
        var never = DateTimeOffset.UnixEpoch;
        Assert.Equal(0, await history.PurgeAsync(new LedgerCutoffs(never, never), Cancel));

        // The leases of periods 8 to 12 are closed; that of period 7 has money out, and so its period stays.
        Assert.Equal(5, await history.PurgeAsync(new LedgerCutoffs(DateTimeOffset.MaxValue, never), Cancel));
        // Four periods and their notices, a hold, two credits.
        Assert.Equal(4 + 4 + 1 + 2, await history.PurgeAsync(new LedgerCutoffs(never, Account(0, period: 11).End!.Value.AddMilliseconds(1)), Cancel));
        var left = await history.ReadHistoryAsync(new LedgerHistoryQuery(Owner, Month), Cancel);
        Assert.Equal([12L, 7L], left.Accounts.Select(a => a.Period));
        Assert.Equal([12L, 7L], left.Notices.Select(n => n.Period));
        Assert.Equal(6, left.Adjustments.Count);
        Assert.Null(Assert.Single(left.Suspense).Settled);
        var after = (await store.ReadAsync(Owner, Cancel))!;
        Assert.Equal(["running"], after.Credits.Select(c => c.Id));
        Assert.Equal(before, Describe(after with { Credits = [.. Credits()] }));
    }

    private static IEnumerable<CreditRow> Credits() =>
    [
        new(Month, "expired", 10, 0, 0, At, At.AddDays(1), false),
        new(Month, "running", 10, 9, 0, At, null, false),
        new(Month, "used up", 10, 10, 0, At, null, false),
    ];

    // Six periods: the first has a lease in suspense, the others one that is closed.
    private static async Task FillAsync(ILedgerStore store)
    {
        var version = (await store.AcquireAsync(Owner, Cancel)).Version;
        var first = Write(version, Account(60, isOut: 40), Account(1, id: new AccountId("budgets.life", "")) with { Period = 0, Start = null, End = null }) with
        {
            Leases = [Lease(40, state: LeaseState.Suspense)],
            Suspense = [new(Edge, "open", Month, 1, 30, At.AddMinutes(1), null), new(Edge, "settled", Month, 1, 5, At, 3)],
            Credits = [.. Credits()],
            Notices = [new(Month, 7, 50, 10, 160, At)],
            Adjustment = Adjustment("adj-7"),
        };
        Assert.Equal(LedgerOutcome.Written, await store.WriteAsync(first, Cancel));
        for (var period = 8; period <= 12; period++)
        {
            var row = Account(90, 10, period: period);
            var write = Write(++version, row) with
            {
                Leases = [Lease(10, 10, number: period, period: period, state: LeaseState.Closed)],
                Notices = [new(Month, period, 50, 10, 100, row.Start!.Value)],
                Adjustment = Adjustment($"adj-{period}", at: row.Start!.Value),
            };
            Assert.Equal(LedgerOutcome.Written, await store.WriteAsync(write, Cancel));
        }
    }
}
