using OrleansGateway.Leases;
using OrleansGateway.Leases.Edges;
using OrleansGateway.Leases.Owners;

namespace OrleansGateway.Tests.Leases.Edges;

/// <summary>The edge on the owners that it has in the gateway.</summary>
public sealed class EdgeWithOwnersTests : IAsyncDisposable
{
    private const string OwnerName = "tenant:acme";

    private static readonly AdmissionTerms AtOnce = new(1, TimeSpan.Zero);

    private readonly ManualTime _time = new();
    private readonly Dictionary<AccountId, AccountSpec> _specs = [];
    private readonly MemoryLedger _ledger = new();
    private readonly EmbeddedOwners _owners;
    private readonly LeasedAdmissions _edge;

    public EdgeWithOwnersTests()
    {
        _owners = new(_ledger, id => _specs.GetValueOrDefault(id), _time, new ListLogger<EmbeddedOwners>(), new(), levelsFile: null);
        _edge = new(new(), new Guid("22222222-2222-2222-2222-222222222222"), new TestJournal(), _owners, new(), _time, new ListLogger<LeasedAdmissions>());
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await _edge.DisposeAsync();
        await _owners.DisposeAsync();
    }

    [Fact(Timeout = 60_000)]
    public async Task Budget_OfTenWorstCases_AdmitsTenOfFiveHundredAtOnce_AndThenWhatComesBack()
    {
        var budget = Find("budget", new() { Kind = AccountKind.Budget, Dimension = Dimension.Cost, Limit = 1_000 });
        var holds = Enumerable.Range(0, 500).Select(i => _edge.NewHold($"r{i}")).ToArray();
        var admissions = await Task.WhenAll(holds.Select(h => Task.Run(async () => await AdmitAsync(h, new() { Cost = 100 }, budget), Cancellation)));
        Assert.Equal(10, admissions.Count(a => a.IsGranted));

        // Each of the ten cost 37: 630 are left, to the last of them.
        for (var i = 0; i < holds.Length; i++)
        {
            if (admissions[i].IsGranted) holds[i].Settle(new() { Cost = 37 });
        }

        Assert.Equal(Denial.None, (await AdmitAsync(_edge.NewHold("rest"), new() { Cost = 630 }, budget)).Denial);
        Assert.False((await AdmitAsync(_edge.NewHold("more"), new() { Cost = 1 }, budget)).IsGranted);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("Bucket")] [InlineData("SlidingWindow")] [InlineData("Concurrency")]
    public async Task Limit_OfAHundred_AdmitsExactlyAHundredOfAThousandAtOnce(string kindName)
    {
        var kind = Enum.Parse<AccountKind>(kindName);
        var dimension = kind == AccountKind.Concurrency ? Dimension.Concurrency : Dimension.Requests;
        var account = Find("limit", new() { Kind = kind, Dimension = dimension, Limit = 100, Refill = 100, Time = TimeSpan.FromMinutes(1) });
        var admissions = await Task.WhenAll(Enumerable.Range(0, 1_000).Select(
            i => Task.Run(async () => await AdmitAsync(_edge.NewHold($"r{i}"), EdgeRig.Amount(dimension, 1), account), Cancellation)));

        Assert.Equal(100, admissions.Count(a => a.IsGranted));
    }

    [Fact(Timeout = 60_000)]
    public async Task Refused_ByTheNarrowestOfTwelve_ChangesNoneOfTheOthers()
    {
        var accounts = Enumerable.Range(0, 12)
            .Select(i => Find($"limit{i}", new() { Kind = AccountKind.Bucket, Dimension = Dimension.Requests, Limit = i == 7 ? 1 : 1_000, Refill = 1, Time = TimeSpan.FromDays(1) }))
            .ToArray();
        Assert.True((await AdmitAsync(_edge.NewHold("first"), EdgeRig.Requests(1), accounts)).IsGranted);
        for (var i = 0; i < 10_000; i++)
        {
            using var hold = _edge.NewHold("refused");
            Assert.Equal(accounts[7], (await AdmitAsync(hold, EdgeRig.Requests(1), accounts)).Binding);
        }

        for (var i = 0; i < 12; i++)
        {
            if (i != 7) Assert.True((await AdmitAsync(_edge.NewHold("all"), EdgeRig.Requests(999), accounts[i])).IsGranted, $"account {i}");
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task RetryAfter_IsTrue()
    {
        var account = Find("limit", new() { Kind = AccountKind.Bucket, Dimension = Dimension.Requests, Limit = 10, Refill = 10, Time = TimeSpan.FromMinutes(1) });
        Assert.True((await AdmitAsync(_edge.NewHold("a"), EdgeRig.Requests(10), account)).IsGranted);
        for (var i = 0; i < 20; i++)
        {
            var hold = _edge.NewHold("b");
            var refused = await AdmitAsync(hold, EdgeRig.Requests(3), account);
            Assert.Equal(Denial.NotNow, refused.Denial);
            // No tick on the way: a lease that the edge asked for then would end within this one step, and what is left of a rate's lease is lost.
            _time.Leap(refused.RetryAfter);
            Assert.True((await AdmitAsync(hold, EdgeRig.Requests(3), account)).IsGranted, $"round {i}");
            hold.Settle(EdgeRig.Requests(3));
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Stop_LeavesALedgerInWhichOnlyWhatWasSpentIsGone()
    {
        var budget = Find("budget", new() { Kind = AccountKind.Budget, Dimension = Dimension.Cost, Limit = 1_000_000 });
        for (var i = 0; i < 100; i++)
        {
            using var hold = _edge.NewHold($"r{i}");
            Assert.True((await AdmitAsync(hold, new() { Cost = 1_000 }, budget)).IsGranted);
            hold.Settle(new() { Cost = 123 });
        }

        await _edge.StopAsync(Cancellation);
        var record = await _ledger.ReadAsync(OwnerName, Cancellation);
        var row = Assert.Single(record!.Accounts);

        Assert.Equal((12_300, 1_000_000 - 12_300), (row.Posted, row.Available));
    }

    private Account Find(string rule, AccountSpec spec)
    {
        var id = new AccountId(rule, "");
        _specs[id] = spec;
        return _edge.Find(OwnerName, id, spec)!;
    }

    private ValueTask<Admission> AdmitAsync(Hold hold, Amounts units, params Account[] accounts) => _edge.AdmitAsync(hold, accounts, units, AtOnce, Cancellation);
}
