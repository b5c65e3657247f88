using OrleansGateway.Configuration;
using OrleansGateway.Leases;
using OrleansGateway.Leases.Edges;
using OrleansGateway.Leases.Journal;
using OrleansGateway.Leases.Ledger;
using OrleansGateway.Limits;
using OrleansGateway.Tests.Configuration;
using OrleansGateway.Tests.Leases.Edges;
using OrleansGateway.Tests.Limits;

namespace OrleansGateway.Tests.Leases.Owners;

/// <summary>
/// What owners promise to edges, behind a lock in this process or behind grains elsewhere. Each engine runs it, with the real clock. Every test has a tenant of its own.
/// </summary>
public abstract class LeaseOwnersContract
{
    /// <summary>The rules that the owners go by. What comes back with time comes so slowly that no test sees it.</summary>
    public const string Rules = """
        tenants: { acme: {} }
        routes: { default: { path: / } }
        rate_limits:
          bucket: { per: [tenant], limit: 100, window: 7d, algorithm: token_bucket }
          narrow: { per: [tenant], limit: 1, window: 7d, algorithm: token_bucket }
          window: { per: [tenant], limit: 100, window: 9m, algorithm: fixed_window, align: first_use }
          sliding: { per: [tenant], limit: 100, window: 9m, algorithm: sliding_window }
          slots: { per: [tenant], limit: 100, count: concurrency }
        budgets:
          money: { per: [tenant], limit: 0.000001, period: lifetime }

        """;

    private static readonly AdmissionTerms AtOnce = new(1, TimeSpan.Zero);

    private protected RuleTable Table { get; } = TableOf(Rules);

    private protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static string Tenant => TestContext.Current.TestMethod!.MethodName + TestContext.Current.Test!.TestDisplayName.GetHashCode(StringComparison.Ordinal);

    private protected abstract ILeaseOwners Owners { get; }

    private protected abstract IOwnerViews Views { get; }

    private protected abstract IBudgets Budgets { get; }

    private protected abstract ILedgerStore Ledger { get; }

    private protected abstract IOwnerEngine Engine { get; }

    [Fact(Timeout = 120_000)]
    public async Task Budget_OfTenWorstCases_AdmitsTenOfFiveHundredAtTwoEdges_AndThenWhatComesBack()
    {
        await using var one = NewEdge();
        await using var two = NewEdge();
        LeasedAdmissions[] edges = [one, two];
        var holds = Enumerable.Range(0, 500).Select(i => (Edge: edges[i % 2], Hold: edges[i % 2].NewHold($"r{i}"))).ToArray();
        var admissions = await Task.WhenAll(holds.Select(h => Task.Run(async () => await AdmitAsync(h.Edge, h.Hold, new() { Cost = 100 }, "budgets.money"), Cancel)));
        Assert.Equal(10, admissions.Count(a => a.IsGranted));

        for (var i = 0; i < holds.Length; i++)
        {
            if (admissions[i].IsGranted) holds[i].Hold.Settle(new() { Cost = 37 });
        }

        await two.StopAsync(Cancel);
        Assert.Equal(Denial.None, (await AdmitAsync(one, one.NewHold("rest"), new() { Cost = 630 }, "budgets.money")).Denial);
        Assert.False((await AdmitAsync(one, one.NewHold("more"), new() { Cost = 1 }, "budgets.money")).IsGranted);
    }

    [Theory(Timeout = 120_000)]
    [InlineData("rate_limits.bucket")] [InlineData("rate_limits.window")] [InlineData("rate_limits.sliding")] [InlineData("rate_limits.slots")]
    public async Task Limit_OfAHundred_AdmitsExactlyAHundredOfAThousandAtTwoEdges(string rule)
    {
        await using var one = NewEdge();
        await using var two = NewEdge();
        LeasedAdmissions[] edges = [one, two];
        var amount = new Amounts { Requests = 1, Concurrency = 1 };
        var admissions = await Task.WhenAll(Enumerable.Range(0, 1_000).Select(
            i => Task.Run(async () => await AdmitAsync(edges[i % 2], edges[i % 2].NewHold($"r{i}"), amount, rule), Cancel)));

        Assert.DoesNotContain(admissions, a => a.Denial == Denial.Unavailable);
        // An edge keeps to hand what the other would take: the last ones may have to be asked for again.
        var granted = admissions.Count(a => a.IsGranted);
        for (var i = 0; granted < 100 && i < 100; i++)
        {
            foreach (var edge in edges) granted += (await AdmitAsync(edge, edge.NewHold($"again{i}"), amount, rule)).IsGranted ? 1 : 0;
        }

        Assert.Equal(100, granted);
        foreach (var edge in edges) Assert.False((await AdmitAsync(edge, edge.NewHold("over"), amount, rule)).IsGranted);
    }

    [Fact(Timeout = 120_000)]
    public async Task Refused_ByTheNarrowest_ChangesNoneOfTheOthers()
    {
        await using var edge = NewEdge();
        string[] both = ["rate_limits.bucket", "rate_limits.narrow"];
        Assert.True((await AdmitAsync(edge, edge.NewHold("first"), new() { Requests = 1 }, both)).IsGranted);
        for (var i = 0; i < 500; i++)
        {
            using var hold = edge.NewHold("refused");
            Assert.Equal("rate_limits.narrow", (await AdmitAsync(edge, hold, new() { Requests = 1 }, both)).Binding?.Id.Rule);
        }

        Assert.True((await AdmitAsync(edge, edge.NewHold("rest"), new() { Requests = 99 }, "rate_limits.bucket")).IsGranted);
    }

    [Fact(Timeout = 120_000)]
    public async Task Stop_OfAnEdge_LeavesALedgerInWhichOnlyWhatWasSpentIsGone()
    {
        await using var edge = NewEdge();
        for (var i = 0; i < 20; i++)
        {
            using var hold = edge.NewHold($"r{i}");
            Assert.True((await AdmitAsync(edge, hold, new() { Cost = 50 }, "budgets.money")).IsGranted);
            hold.Settle(new() { Cost = 13 });
        }

        await edge.StopAsync(Cancel);
        var row = Assert.Single((await Ledger.ReadAsync(OwnerName, Cancel))!.Accounts);
        Assert.Equal((260, 740), (row.Posted, row.Available));
    }

    [Fact(Timeout = 120_000)]
    public async Task SendAsync_OfTheSameRequestAgain_TakesOnce()
    {
        var session = new Guid("77777777-0000-0000-0000-000000000001");
        var epoch = (await Owners.SendAsync(OwnerName, Request(session, 1, epoch: 0, units: 0), Cancel)).Epoch;
        var request = Request(session, 1, epoch, units: 40);
        var first = await Owners.SendAsync(OwnerName, request, Cancel);
        var again = await Owners.SendAsync(OwnerName, request, Cancel);

        Assert.Equal(Denial.None, Assert.Single(first.Takes).Denial);
        Assert.Equal(first.Takes, again.Takes);
        Assert.Equal(first.Grants, again.Grants);
        var account = Assert.Single((await Views.ViewAsync(OwnerName, Cancel)).Accounts, a => a.Id == Id("rate_limits.bucket"));
        Assert.Equal((40, 60, session), (account.Out, account.Level, Assert.Single(account.Holders).Session));
    }

    [Theory(Timeout = 120_000)]
    [InlineData(79, 0)]
    [InlineData(80, 1)]
    [InlineData(100, 1)]
    public async Task NearAsync_OfWhatIsTaken_NamesAccountsFromThatShareOn(int units, int near)
    {
        var session = new Guid("77777777-0000-0000-0000-000000000013");
        var epoch = (await Owners.SendAsync(OwnerName, Request(session, 1, epoch: 0, units: 0), Cancel)).Epoch;
        await Owners.SendAsync(OwnerName, Request(session, 1, epoch, units), Cancel);
        var slice = await Views.NearAsync(OwnerName, from: 0, percent: 80, most: 10, Cancel);
        Assert.Equal((near, 1, null), (slice.Accounts.Count, slice.Looked, slice.Next));
        Assert.All(slice.Accounts, a => Assert.Equal((Id("rate_limits.bucket"), 100, 100 - units, units), (a.Id, a.Limit, a.Level, a.Out)));
        Assert.Empty((await Views.NearAsync(OwnerName, from: 1, percent: 0, most: 10, Cancel)).Accounts);
        Assert.Empty((await Views.NearAsync(OwnerName, from: 0, percent: 0, most: 0, Cancel)).Accounts);
    }

    [Fact(Timeout = 120_000)]
    public async Task SendAsync_OfAFormerLife_MustRegister()
    {
        var reply = await Owners.SendAsync(OwnerName, Request(new Guid("77777777-0000-0000-0000-000000000002"), 1, epoch: 1_000_000, units: 1), Cancel);
        Assert.True(reply.MustRegister);
        Assert.Empty(reply.Takes);
    }

    [Fact(Timeout = 120_000)]
    public async Task ActAsync_Twice_IsDoneOnce()
    {
        var act = new BudgetAct($"{Tenant}-1", BudgetActKind.Adjust, Id("budgets.money"), 50, "admin", "why not");
        Assert.Equal(1050, (await Budgets.ActAsync(OwnerName, act, Cancel)).After!.Limit);
        Assert.Equal(1050, (await Budgets.ActAsync(OwnerName, act, Cancel)).After!.Limit);
        Assert.Equal(1100, (await Budgets.ActAsync(OwnerName, act with { Id = $"{Tenant}-2" }, Cancel)).After!.Limit);
        Assert.Equal(1100, Assert.Single((await Budgets.ReadAsync(OwnerName, Cancel))!.Accounts).Limit);
        Assert.NotNull((await Budgets.ActAsync(OwnerName, act with { Id = $"{Tenant}-3", Account = Id("budgets.nobody") }, Cancel)).Fault);
    }

    [Fact(Timeout = 120_000)]
    public async Task RecoverAsync_OfASession_PostsWhatItsJournalProvesAndFreesTheRest()
    {
        var session = new Guid("77777777-0000-0000-0000-000000000003");
        var account = Id("budgets.money");
        var epoch = (await Owners.SendAsync(OwnerName, Request(session, 1, epoch: 0, units: 0), Cancel)).Epoch;
        var taken = await Owners.SendAsync(OwnerName, Money(session, 1, epoch, 300), Cancel);
        Assert.Equal(Denial.None, Assert.Single(taken.Takes).Denial);
        var granted = Assert.Single(taken.Grants).Granted;

        var findings = new JournalFindings(session, IsWhole: true, [new FoundLease(account, 1, 0, 120)], []);
        await Engine.RecoverAsync(findings, Cancel);
        await Engine.RecoverAsync(findings, Cancel);

        Assert.True(granted >= 300);
        var row = Assert.Single((await Ledger.ReadAsync(OwnerName, Cancel))!.Accounts);
        Assert.Equal((120, 880), (row.Posted, row.Available));
    }

    private protected static string OwnerName => $"tenant:{Tenant}";

    private protected static AccountId Id(string rule) => new(rule, Tenant);

    /// <summary>The rules of a configuration, as owners ask them.</summary>
    private protected static RuleTable TableOf(string text)
    {
        using var folder = new TestFolder();
        var reading = folder.Read(text);
        Assert.Empty(reading.Faults);
        return new RuleTable(Snapshot.Compile(reading.Settings!, 1, reading.Text).Settings, new AccountBook(), DateTimeOffset.UtcNow);
    }

    private protected LeasedAdmissions NewEdge() =>
        new(new() { AnswerWithin = TimeSpan.FromSeconds(20) }, NewSession(), new TestJournal(), Owners, new(), TimeProvider.System, new ListLogger<LeasedAdmissions>());

    private protected ValueTask<Admission> AdmitAsync(LeasedAdmissions edge, Hold hold, Amounts units, params string[] rules) =>
        edge.AdmitAsync(hold, Array.ConvertAll(rules, r => edge.Find(OwnerName, Id(r), Table.SpecOf(Id(r))!)!), units, AtOnce, Cancel);

    private static Guid NewSession() => new(System.Security.Cryptography.RandomNumberGenerator.GetBytes(16));

    private static LeaseRequest Request(Guid session, long number, long epoch, long units) => Asking(session, number, epoch, Id("rate_limits.bucket"), units);

    private static LeaseRequest Money(Guid session, long number, long epoch, long units) => Asking(session, number, epoch, Id("budgets.money"), units);

    private static LeaseRequest Asking(Guid session, long number, long epoch, AccountId account, long units) => new()
    {
        Session = session,
        Number = number,
        Epoch = epoch,
        Registers = number == 1,
        Reports = [new LeaseReport(account, 1, 0, 0, 0, 1, false)],
        Takes = units == 0 ? [] : [new TakeRequest(1, [new TakeItem(account, 1, units)])],
    };
}
