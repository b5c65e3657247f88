using OrleansGateway.Configuration;
using OrleansGateway.Tests.Configuration;

namespace OrleansGateway.Tests.Prices;

/// <summary>Where a target's price comes from, and what a tenant is billed.</summary>
public sealed class PriceLookupTests
{
    private readonly ManualTime _time = new();

    [Theory]
    [InlineData("", "", "", 2_500_000_000L, "openai@")]
    [InlineData(", price: {input: 7}", ", prices: {gpt-4o: {input: 8}}", "", 7_000_000_000L, "config@1-")]
    [InlineData("", ", prices: {\"gpt*\": {input: 8}}", "", 8_000_000_000L, "config@1-")]
    [InlineData("", "", "price_book: {enabled: false}", null, null)]
    [InlineData("", ", vendor: none", "", null, null)]
    [InlineData("", ", base_url: \"http://127.0.0.1:1/v1\"", "", null, null)]
    [InlineData("", ", base_url: \"http://127.0.0.1:1/v1\", vendor: openai", "", 2_500_000_000L, "openai@")]
    public void Price_OfATarget_IsItsOwnThenTheProvidersThenTheBooks(string price, string provider, string more, long? input, string? version)
    {
        var found = Compile($"{{kind: openai{provider}}}", $"{{provider: p, model: gpt-4o{price}}}", more).Models["m"].Targets[0].Price;
        Assert.Equal(input, found?.Rates.Input);
        Assert.Equal(version is not null, found is not null && found.Version.StartsWith(version!, StringComparison.Ordinal));
    }

    [Fact]
    public void Price_ThatChanges_CountsFromItsInstantWithoutAReload()
    {
        var target = Compile("{kind: openai, vendor: google}", "{provider: p, model: gemini-3.8-flash}").Models["m"].Targets[0];
        Assert.Equal(750_000_000, target.Price!.Rates.Input);
        _time.Advance(new DateTimeOffset(2027, 1, 1, 0, 0, 0, TimeSpan.Zero) - _time.GetUtcNow());
        Assert.Equal(1_500_000_000, target.Price!.Rates.Input);
    }

    [Fact]
    public void AsOf_ADay_PinsThePricesThatCountedThen()
    {
        var target = Compile("{kind: openai}", "{provider: p, model: o3}", "price_book: {as_of: 2025-06-09T00:00:00Z}").Models["m"].Targets[0];
        Assert.Equal(10_000_000_000, target.Price!.Rates.Input);
    }

    [Fact]
    public void PricesOf_AProvidersModel_IsTheTargetsOwnOrTheBooks()
    {
        var snapshot = Compile("{kind: openai}", "{provider: p, model: gpt-4o, price: {input: 7}}");
        Assert.Equal(7_000_000_000, snapshot.PricesOf("p", "gpt-4o", "m")!.At(_time.GetUtcNow()).Rates.Input);
        Assert.Equal(2_500_000_000, snapshot.PricesOf("p", "gpt-4o")!.At(_time.GetUtcNow()).Rates.Input);
        Assert.Null(snapshot.PricesOf("q", "gpt-4o"));
    }

    [Fact]
    public void BilledPrice_OfATenant_IsWhatWasAgreedOnElseAShareOfTheCost()
    {
        var snapshot = Compile("{kind: openai}", "{provider: p, model: gpt-4o}", "tenants: {acme: {prices: {percent: 120}}, beta: {prices: {models: {\"m*\": {input: 9}}}}, plain: {}}");
        var target = snapshot.Models["m"].Targets[0];
        Assert.Equal(3_000_000_000, target.BilledPrice(snapshot.TariffOf("acme"), "m")!.Rates.Input);
        Assert.Equal(9_000_000_000, target.BilledPrice(snapshot.TariffOf("beta"), "m")!.Rates.Input);
        Assert.Equal(2_500_000_000, target.BilledPrice(snapshot.TariffOf("beta"), "other")!.Rates.Input);
        Assert.Same(target.Price, target.BilledPrice(snapshot.TariffOf("plain"), "m"));
        Assert.Same(target.Price, target.BilledPrice(snapshot.TariffOf(null), "m"));
    }

    [Theory]
    [InlineData("{kind: openai, vendor: opanai}", "{provider: p}", "", "Did you mean 'openai'?")]
    [InlineData("{kind: openai}", "{provider: p, price: {input: 1, service_tiers: {flex: {}}}}", "", "Neither percent nor prices are given")]
    [InlineData("{kind: openai}", "{provider: p, price: {input: 1, service_tiers: {flex: {percent: 50, input: 1}}}}", "", "Both percent and prices are given")]
    [InlineData("{kind: openai}", "{provider: p, price: {input: 1, long_context: [{above: 5, input: 1}, {above: 5}]}}", "", "the same bound")]
    [InlineData("{kind: openai}", "{provider: p, price: {input: 1, image_output: unlimited}}", "", "A price is a number of USD")]
    [InlineData("{kind: openai}", "{provider: p}", "tenants: {acme: {prices: {percent: 200000}}}", "The percentage is out of range")]
    [InlineData("{kind: openai}", "{provider: p}", "budgets: {all: {limit: 1}}", "it has no price")]
    [InlineData("{kind: openai}", "{provider: p, model: gpt-4o}", "budgets: {all: {limit: 1}}", null)]
    public void Read_OfPrices_FindsWhatIsWrong(string provider, string target, string more, string? message)
    {
        using var folder = new TestFolder();
        var faults = folder.Read(Yaml(provider, target, more)).Faults;
        if (message is null) Assert.Empty(faults);
        else Assert.Contains(message, Assert.Single(faults).Message, StringComparison.Ordinal);
    }

    private Snapshot Compile(string provider, string target, string more = "")
    {
        using var folder = new TestFolder();
        var reading = folder.Read(Yaml(provider, target, more));
        Assert.Empty(reading.Faults);
        return Snapshot.Compile(reading.Settings!, 1, reading.Text, _time);
    }

    private static string Yaml(string provider, string target, string more) => $$"""
        providers: { p: {{provider}} }
        models: { m: { targets: [ {{target}} ] } }
        routes: { default: { path: / } }
        {{more}}
        """;
}
