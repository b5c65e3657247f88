using System.Diagnostics.Metrics;
using OrleansGateway.Leases;
using OrleansGateway.Limits;
using OrleansGateway.Telemetry;

namespace OrleansGateway.Tests.Limits;

/// <summary>What is spent of budgets, as a scrape sees it.</summary>
public sealed class BudgetGaugeTests : IDisposable
{
    private readonly GatewayMetrics _metrics = new();
    private readonly ManualTime _time = new();
    private List<BudgetShare> _inMemory = [];

    public BudgetGaugeTests()
    {
        var bed = new RuleBed("""
            budgets:
              team: { per: [team], limit: 10 }
              all: { limit: 10, mode: soft }
            """);
        new BudgetGauge(new RuleTables(() => bed.Snapshot, bed.Book, _time), _time).Watch(_metrics, () => _inMemory);
    }

    [Fact]
    public void Scrape_WithSeveralAccountsOfATenant_ShowsTheGreatestShare()
    {
        _inMemory = [Share("team", "acme/red", 2), Share("team", "acme/blue", 5), Share("team", "beta/red", 1), Share("all", "", 9), Share("all+beyond", "", 9)];
        Assert.Equal([(0.9, "budgets.all", null), (0.5, "budgets.team", "acme"), (0.1, "budgets.team", "beta")], Scrape());
    }

    [Fact]
    public void Scrape_OfABudgetThatHasLeftMemory_ShowsItUntilItsPeriodEnds()
    {
        _inMemory = [Share("all", "", 9)];
        Assert.Single(Scrape());
        _inMemory = [];
        Assert.Equal([(0.9, "budgets.all", null)], Scrape());
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Empty(Scrape());
    }

    [Fact]
    public void Scrape_OfVeryManyBudgets_ShowsThoseWithTheGreatestShares()
    {
        _inMemory = [.. Enumerable.Range(1, 1_500).Select(i => new BudgetShare(new AccountId("budgets.team", $"t{i}/red"), i, 1_500, null))];
        var shown = Scrape();
        Assert.Equal((1_000, 501 / 1_500d), (shown.Count, shown.Min(s => s.Share)));
    }

    public void Dispose() => _metrics.Dispose();

    private BudgetShare Share(string budget, string scope, long posted) => new(new AccountId("budgets." + budget, scope), posted, 10, _time.GetUtcNow().AddHours(1));

    private List<(double Share, string? Rule, string? Tenant)> Scrape()
    {
        var shown = new List<(double Share, string? Rule, string? Tenant)>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, to) =>
        {
            if (instrument.Meter == _metrics.Meter && instrument.Name == "gateway.budget.used.ratio") to.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<double>((_, value, tags, _) => shown.Add((value, (string?)tags[0].Value, (string?)tags[1].Value)));
        listener.Start();
        listener.RecordObservableInstruments();
        return shown;
    }
}
