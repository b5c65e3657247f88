using OrleansGateway.Leases;
using OrleansGateway.Leases.Ledger;
using static OrleansGateway.Tests.Storage.Ledger.LedgerRows;

namespace OrleansGateway.Tests.Storage.Ledger;

public abstract partial class LedgerStoreContract
{
    public static TheoryData<string> Wrongs => ["available", "lease only", "no row", "lease goes back", "period changes", "more spent than granted", "closed with money out", "fraction of the rows"];

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(Wrongs))]
    public async Task WriteAsync_OfWhatDoesNotBalance_RefusesAllOfItAndNamesTheAccount(string wrong)
    {
        var store = await OpenAsync();
        var version = (await store.AcquireAsync(Owner, Cancel)).Version;
        Assert.Equal(LedgerOutcome.Written, await store.WriteAsync(Write(version, Account(50, 10, 40)) with { Leases = [Lease(50, 10)] }, Cancel));
        var before = Describe(await store.ReadAsync(Owner, Cancel));
        var write = Wrong(wrong, version + 1);
        var refused = await Assert.ThrowsAsync<LedgerException>(async () => await store.WriteAsync(write, Cancel));
        if (wrong is not "more spent than granted" and not "closed with money out") Assert.Contains("budgets.team-month[acme/research]", refused.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<LedgerException>(async () => await store.WriteAsync(write with { Adjustment = Adjustment("a") }, Cancel));
        Assert.Equal(before, Describe(await store.ReadAsync(Owner, Cancel)));
        Assert.Empty((await ((ILedgerHistory)store).ReadHistoryAsync(new LedgerHistoryQuery(Owner), Cancel)).Adjustments);
        Assert.Equal(LedgerOutcome.Written, await store.WriteAsync(Write(version + 1, Account(45, 15, 40)) with { Leases = [Lease(55, 15)] }, Cancel));
    }

    [Fact(Timeout = 60_000)]
    public async Task WriteAsync_OfRatesAndWindows_DoesNotAskThatTheyBalance()
    {
        var store = await OpenAsync();
        var version = (await store.AcquireAsync(Owner, Cancel)).Version;
        var row = Account(3, id: new AccountId("rate_limits.per-key", "key_1")) with { Limit = 60 };
        Assert.Equal(LedgerOutcome.Written, await store.WriteAsync(Write(version, row), Cancel));
        Assert.Equal(row, Assert.Single((await store.ReadAsync(Owner, Cancel))!.Accounts));
    }

    [Fact(Timeout = 60_000)]
    public async Task WriteAsync_AtTheEndsOfLong_KeepsThemExact()
    {
        var store = await OpenAsync();
        var version = (await store.AcquireAsync(Owner, Cancel)).Version;
        AccountRow[] rows =
        [
            Account(long.MaxValue, id: new AccountId("budgets.a", "")),
            Account(0, long.MaxValue, id: new AccountId("budgets.b", "")),
            Account(-long.MaxValue, long.MaxValue, id: new AccountId("budgets.c", "")),
        ];
        Assert.Equal(LedgerOutcome.Written, await store.WriteAsync(Write(version, rows), Cancel));
        Assert.Equal(rows, (await store.ReadAsync(Owner, Cancel))!.Accounts);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public async Task WriteAsync_WithAnyText_KeepsEveryCharacter(int which)
    {
        // By number: an attribute keeps its text in UTF-8, where half a pair is lost already.
        var text = ((string[])
        [
            "Ünïcödé/日本語/🐙", "quote ' and \" and ; -- DROP", "back\\slash \\0000 %_", "nul \0 in it", "half \ud83d a pair", "other half \udc19", " spaces and\nlines ",
        ])[which];
        var store = await OpenAsync();
        var id = new AccountId("budgets.any", text);
        // What would be the same account if a character were lost or changed.
        AccountId[] others = [new("budgets.any", text.Replace('\0', ' ')), new("budgets.any", "half \ufffd a pair"), new("budgets.any", text + " "), new("budgets.any", text.ToUpperInvariant() + "x")];
        var ids = others.Append(id).Distinct().ToArray();
        var version = (await store.AcquireAsync(Owner, Cancel)).Version;
        var write = new LedgerWrite
        {
            Owner = Owner,
            Version = version,
            Accounts = [.. ids.Select(i => Account(i == id ? 90 : 1, isOut: i == id ? 10 : 0, id: i))],
            Leases = [Lease(10, id: id)],
            Suspense = [new(Edge, text, id, 1, 10, At, null)],
            Credits = [new(id, text, 1, 0, 0, At, null, false)],
            Adjustment = new(text, id, 7, "grant", 1, text, text, At),
            Notices = [new(id, 7, 50, 1, 2, At)],
        };
        Assert.Equal(LedgerOutcome.Written, await store.WriteAsync(write, Cancel));
        var read = (await store.ReadAsync(Owner, Cancel))!;
        Assert.Equal(ids.ToHashSet(), read.Accounts.Select(a => a.Account).ToHashSet());
        Assert.Equal((write.Leases[0], write.Suspense[0], write.Credits[0]), (read.Leases[0], read.Suspense[0], read.Credits[0]));
        var history = await ((ILedgerHistory)store).ReadHistoryAsync(new LedgerHistoryQuery(Owner, id), Cancel);
        Assert.Equal((write.Adjustment, write.Notices[0]), (history.Adjustments[0], history.Notices[0]));
        Assert.Equal(id, Assert.Single(history.Accounts).Account);
    }

    [Fact(Timeout = 120_000)]
    public async Task AcquireAsync_OfTenThousandAccounts_ReadsThemAll()
    {
        var store = await OpenAsync();
        var record = await store.AcquireAsync(Owner, Cancel);
        var ids = Enumerable.Range(0, 10_000).Select(i => new AccountId("budgets.per-key", $"acme/key_{i:D5}")).ToArray();
        var write = Write(record.Version, [.. ids.Select((id, i) => Account(i, i, 1, id: id))]) with { Leases = [.. ids.Select((id, i) => Lease(1, number: i + 1, id: id))] };
        Assert.Equal(LedgerOutcome.Written, await store.WriteAsync(write, Cancel));
        var read = await store.AcquireAsync(Owner, Cancel);
        Assert.Equal(write.Accounts, read.Accounts);
        Assert.Equal(write.Leases, read.Leases);
    }

    [Fact(Timeout = 60_000)]
    public async Task AcquireAsync_OfABudgetThatRolls_ReadsAllItsParts()
    {
        var store = await OpenAsync();
        var version = (await store.AcquireAsync(Owner, Cancel)).Version;
        AccountRow[] parts = [Account(60, 10, period: 0) with { End = null }, Account(0, 20, period: 5) with { End = null }, Account(0, 30, period: 9) with { End = null }];
        Assert.Equal(LedgerOutcome.Written, await store.WriteAsync(Write(version, parts), Cancel));
        Assert.Equal(3, (await store.AcquireAsync(Owner, Cancel)).Accounts.Count);
        Assert.Equal(3, (await store.AcquireAsync(Owner, Cancel)).Accounts.Count);
    }

    [Fact(Timeout = 60_000)]
    public async Task WriteAsync_OfALeaseWhosePeriodWasGivenUp_PutsItIntoTheNextOne()
    {
        var store = await OpenAsync();
        var version = (await store.AcquireAsync(Owner, Cancel)).Version;
        Assert.Equal(LedgerOutcome.Written, await store.WriteAsync(Write(version, Account(50, 10, 40)) with { Leases = [Lease(50, 10)] }, Cancel));
        var write = Write(version + 1, Account(0), Account(50, 10, 40, period: 8)) with { Leases = [Lease(50, 10, period: 8)] };
        Assert.Equal(LedgerOutcome.Written, await store.WriteAsync(write, Cancel));
        Assert.Equal(8, Assert.Single((await store.ReadAsync(Owner, Cancel))!.Leases).Period);

        // Numbers of other periods may be lower.
        write = Write(version + 2, Account(0, period: 8), Account(90, 10, period: 3)) with { Leases = [Lease(50, 10, 40, period: 3, state: LeaseState.Closed)] };
        Assert.Equal(LedgerOutcome.Written, await store.WriteAsync(write, Cancel));
        Assert.Contains((await store.AcquireAsync(Owner, Cancel)).Accounts, row => row is { Period: 3, Posted: 10 });
    }

    [Fact(Timeout = 60_000)]
    public async Task WriteAsync_WhenCancelledBefore_WritesNothing()
    {
        var store = await OpenAsync();
        var version = (await store.AcquireAsync(Owner, Cancel)).Version;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await store.WriteAsync(Write(version, Account(1)), new CancellationToken(canceled: true)));
        Assert.Equal(LedgerOutcome.Written, await store.WriteAsync(Write(version, Account(2)), Cancel));
    }

    private static LedgerWrite Wrong(string wrong, long version) => wrong switch
    {
        "available" => Write(version, Account(51, 10, 40) with { Limit = 100 }),
        "lease only" => Write(version) with { Leases = [Lease(51, 10)] },
        "no row" => Write(version) with { Leases = [Lease(1, number: 2, period: 9)] },
        "lease goes back" => Write(version, Account(60, 10, 30)) with { Leases = [Lease(40, 10)] },
        "period changes" => Write(version, Account(90, 10), Account(60, isOut: 40, period: 8)) with { Leases = [Lease(50, 10, period: 8)] },
        "more spent than granted" => Write(version, Account(50, 60, -10)) with { Leases = [Lease(50, 60)] },
        "closed with money out" => Write(version, Account(90, 10)) with { Leases = [Lease(50, 10, state: LeaseState.Closed)] },
        _ => Write(version, Account(7, id: new AccountId("budgets.good", "")), Account(1, 10, 40) with { Limit = 100 }),
    };
}
