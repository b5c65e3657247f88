using System.Runtime.InteropServices;
using OrleansGateway.Leases;
using OrleansGateway.Leases.Edges;
using OrleansGateway.Leases.Ledger;
using OrleansGateway.Tests.Leases.Edges;
using OrleansGateway.Tests.Leases.Owners;

namespace OrleansGateway.Cluster.Tests;

/// <summary>
/// What is lost when something of a cluster is: never money, never more than a limit, and no longer than it must be. Two silos, an edge, and twenty tenants that go on using what they
/// have.
/// </summary>
public sealed class SiloFaultTests : IAsyncLifetime
{
    private const int Tenants = 20;
    private const string Rate = "rate_limits.bucket";
    private const string Money = "budgets.money";

    private static readonly AdmissionTerms AtOnce = new(1, TimeSpan.Zero);

    private readonly int[] _requests = new int[Tenants];
    private readonly int[] _calls = new int[Tenants];
    private TestCluster _cluster = null!;
    private LeasedAdmissions _edge = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _cluster = await TestCluster.StartAsync(LeaseOwnersContract.Rules, silos: 2, Cancel);
        // Patient: the machine of a test run is busy, and how long a fail-over takes is measured elsewhere.
        _edge = new(
            new() { AnswerWithin = TimeSpan.FromSeconds(30) }, new Guid("33333333-3333-3333-3333-333333333333"), new TestJournal(), _cluster.Owners, new(), TimeProvider.System,
            new ListLogger<LeasedAdmissions>());
    }

    public async ValueTask DisposeAsync()
    {
        await _edge.DisposeAsync();
        await _cluster.DisposeAsync();
    }

    [Fact(Timeout = 180_000)]
    public async Task Kill_OfASilo_LosesNoMoneyAndLetsNobodyOverALimit()
    {
        await UseAsync(times: 3);
        await _cluster.Silos[0].KillAsync(Cancel);
        await UseUpAsync();
    }

    [Fact(Timeout = 180_000)]
    public async Task Standstill_OfASilo_EndsIt_AndItsTwinHasGivenNothing()
    {
        await UseAsync(times: 3);
        var twin = _cluster.Silos[0];
        await TestCluster.SignalAsync(twin, "STOP", Cancel);
        await UseUpAsync();
        await TestCluster.SignalAsync(twin, "CONT", Cancel);

        // It has been declared dead, and finds that out.
        await twin.ExitAsync(Cancel);
        await UseUpAsync();
    }

    [Fact(Timeout = 180_000)]
    public async Task Stop_OfEverySiloInTurn_RefusesNobodyAndForgetsNothing()
    {
        await UseAsync(times: 2);
        for (var i = 0; i < 2; i++)
        {
            await _cluster.AddSiloAsync(Cancel);
            _cluster.Silos[i].Signal(PosixSignal.SIGTERM);
            await UseAsync(times: 2);
            Assert.Equal(0, await _cluster.Silos[i].ExitAsync(Cancel));
            await UseAsync(times: 2);
        }

        Assert.All(_requests, r => Assert.Equal(10, r));
        await UseUpAsync();
        // What the edge had to hand of a rate is lost with the owner that gave it, and no more than that; an owner that had forgotten would give a hundred anew, or none.
        Assert.All(_requests, r => Assert.InRange(r, 20, 100));
    }

    [Fact(Timeout = 180_000)]
    public async Task Death_OfPostgres_StopsMoneyAndNothingElse()
    {
        await UseAsync(times: 3);
        await _cluster.Postgres.KillAsync();
        // What an edge has of money it may use; more than that nobody grants now.
        Assert.NotEqual(Denial.None, (await AdmitAsync(0, Money, new() { Cost = 700 }, _edge.NewHold("none"))).Denial);
        for (var tenant = 0; tenant < Tenants; tenant++) Assert.Equal(Denial.None, await UseRateAsync(tenant));
        await _cluster.Postgres.RestartAsync();
        await UseUpAsync();
    }

    [Fact(Timeout = 180_000)]
    public async Task Death_OfRedis_StopsNothing()
    {
        await UseAsync(times: 3);
        await _cluster.Redis.StopAsync();
        await UseAsync(times: 3);
        await _cluster.Redis.RestartAsync(Cancel);
        await UseUpAsync();
    }

    [Fact(Timeout = 180_000)]
    public async Task Redis_ThatLostAllItHad_HasTheMembersAgain_AndOthersJoinThem()
    {
        await UseAsync(times: 3);
        await _cluster.Redis.StopAsync();
        await _cluster.Redis.RestartAsync(Cancel);
        await Task.WhenAny(_cluster.Silos.Select(s => s.Errors.WaitForAsync("Redis has lost the table of members", Cancel)));
        await _cluster.AddSiloAsync(Cancel);
        var hosts = await _cluster.Grains.GetGrain<IManagementGrain>(0).GetHosts(onlyActive: true, Cancel);
        Assert.Equal(3, hosts.Count);
        await UseUpAsync();
    }

    /// <summary>Every tenant makes so many requests, and calls that cost a tenth of its budget each; none is refused.</summary>
    private Task UseAsync(int times) => Task.WhenAll(Enumerable.Range(0, Tenants).Select(async tenant =>
    {
        for (var i = 0; i < times; i++)
        {
            Assert.Equal(Denial.None, await UseRateAsync(tenant));
            if (_calls[tenant] < 10) Assert.Equal(Denial.None, await UseMoneyAsync(tenant));
        }
    }));

    /// <summary>Every tenant uses all that it can get: of money exactly what it has, of the rate no more.</summary>
    private async Task UseUpAsync()
    {
        await Task.WhenAll(Enumerable.Range(0, Tenants).Select(async tenant =>
        {
            Denial denial;
            // Until it is known that there is no more, whoever cannot say meanwhile.
            while ((denial = await UseMoneyAsync(tenant)) != Denial.Exhausted) Assert.True(denial is Denial.None or Denial.Unavailable, denial.ToString());
            while ((denial = await UseRateAsync(tenant)) != Denial.NotNow) Assert.True(denial is Denial.None or Denial.Unavailable, denial.ToString());
        }));
        Assert.All(_calls, c => Assert.Equal(10, c));
        Assert.All(_requests, r => Assert.InRange(r, 0, 100));
        for (var tenant = 0; tenant < Tenants; tenant++)
        {
            var record = await ReadAsync(OwnerOf(tenant));
            Assert.Equal(1000, record!.Leases.Sum(l => l.Out) + Assert.Single(record.Accounts).Posted);
        }
    }

    private async Task<LedgerRecord?> ReadAsync(string owner)
    {
        while (true)
        {
            try
            {
                return await _cluster.Ledger.ReadAsync(owner, Cancel);
            }
            catch (LedgerException) when (!Cancel.IsCancellationRequested)
            {
                // A connection from before PostgreSQL was killed: each is found out once.
            }
        }
    }

    private async Task<Denial> UseRateAsync(int tenant)
    {
        var denial = await UseAsync(tenant, Rate, new() { Requests = 1 });
        if (denial == Denial.None) Interlocked.Increment(ref _requests[tenant]);
        return denial;
    }

    private async Task<Denial> UseMoneyAsync(int tenant)
    {
        var denial = await UseAsync(tenant, Money, new() { Cost = 100 });
        if (denial == Denial.None) Interlocked.Increment(ref _calls[tenant]);
        return denial;
    }

    private async Task<Denial> UseAsync(int tenant, string rule, Amounts units)
    {
        using var hold = _edge.NewHold("r");
        var admission = await AdmitAsync(tenant, rule, units, hold);
        if (admission.IsGranted) hold.Settle(units);
        return admission.Denial;
    }

    private ValueTask<Admission> AdmitAsync(int tenant, string rule, Amounts units, Hold hold)
    {
        var id = new AccountId(rule, NameOf(tenant));
        return _edge.AdmitAsync(hold, new[] { _edge.Find(OwnerOf(tenant), id, _cluster.SpecOf(id)!)! }, units, AtOnce, Cancel);
    }

    private static string NameOf(int tenant) => string.Create(CultureInfo.InvariantCulture, $"t{tenant}");

    private static string OwnerOf(int tenant) => $"tenant:{NameOf(tenant)}";
}
