using OrleansGateway.Configuration;

namespace OrleansGateway.Tests.Prices;

public sealed class PriceBookTests
{
    public static TheoryData<string> Vendors => [.. PriceBook.Shipped.Vendors];

    [Theory]
    [MemberData(nameof(Vendors))]
    public void Vendor_OfTheBook_NamesItsSourcesAndEachModelOnce(string name)
    {
        var vendor = PriceBook.Shipped.Find(name)!;

        Assert.Equal(name, vendor.Settings.Vendor);
        Assert.NotEmpty(vendor.Settings.Hosts);
        Assert.Contains("2026", vendor.Settings.Checked, StringComparison.Ordinal);
        Assert.All(vendor.Settings.Fallbacks, f => Assert.NotNull(PriceBook.Shipped.Find(f)));
        var names = vendor.Settings.Models.SelectMany(m => m.Value.Names.Where(n => n != m.Key).Prepend(m.Key)).ToList();
        Assert.Equal(names.Count, names.Distinct(StringComparer.OrdinalIgnoreCase).Count());
        Assert.All(vendor.All, m => Assert.Equal(m.Prices.Prices.Select(p => p.From).Order(), m.Prices.Prices.Select(p => p.From)));
    }

    [Theory]
    [InlineData("openai", "gpt-4o", "2.5")]
    [InlineData("openai", "gpt-4o-2024-05-13", "5")]
    [InlineData("openai", "gpt-4o-2031-01-01", "2.5")]
    [InlineData("openai", "gpt-4o-mini-2024-07-18", "0.15")]
    [InlineData("openai", "gpt-5-pro", "15")]
    [InlineData("openai", "gpt-5-unheard-of", null)]
    [InlineData("openai", "ft:gpt-4o-2024-08-06:acme::x", "3.75")]
    [InlineData("anthropic", "claude-sonnet-4-20250514", "3")]
    [InlineData("anthropic", "claude-opus-4-8", "5")]
    [InlineData("google", "gemini-2.0-flash-001", "0.1")]
    [InlineData("google", "claude-sonnet-4@20250514", "3")]
    [InlineData("bedrock", "eu.amazon.nova-lite-v1:0", "0.06")]
    [InlineData("azure", "gpt-4.1", "2")]
    [InlineData("groq", "meta-llama/Llama-4-Scout-17B-16E-Instruct", "0.11")]
    [InlineData("nobody", "gpt-4o", null)]
    public void Find_OfAModel_TakesItsNameThenThatWithoutItsDateThenTheLongestPattern(string vendor, string model, string? input)
    {
        var found = PriceBook.Shipped.Find(vendor, model)?.At(new DateTimeOffset(2026, 11, 22, 0, 0, 0, TimeSpan.Zero));
        Assert.Equal(input is null ? null : (long)(decimal.Parse(input, CultureInfo.InvariantCulture) * 1_000_000_000), found?.Rates.Input);
    }

    [Theory]
    [InlineData("api.openai.com", "openai")]
    [InlineData("eu.api.openai.com", "openai")]
    [InlineData("api.anthropic.com", "anthropic")]
    [InlineData("api.groq.com", "groq")]
    [InlineData("acme.openai.azure.com", "azure")]
    [InlineData("bedrock-runtime.us-east-1.amazonaws.com", "bedrock")]
    [InlineData("europe-west4-aiplatform.googleapis.com", "google")]
    [InlineData("127.0.0.1", null)]
    [InlineData("api.openai.com.evil.example", null)]
    public void VendorAt_AHost_IsWhoseItIs(string host, string? vendor) => Assert.Equal(vendor, PriceBook.Shipped.VendorAt(host));

    [Theory]
    [InlineData("2025-06-09T23:59:59Z", 10)]
    [InlineData("2025-06-10T00:00:00Z", 2)]
    public void At_AnInstant_IsThePriceThatCountedThen(string at, long usd) =>
        Assert.Equal(usd * 1_000_000_000, PriceBook.Shipped.Find("openai", "o3")!.At(DateTimeOffset.Parse(at, CultureInfo.InvariantCulture)).Rates.Input);

    [Fact]
    public void Read_OfAWrongFile_SaysWhatIsWrong()
    {
        var fault = Assert.Throws<InvalidOperationException>(() => PriceBook.Read("vendor: x\nversion: 2026\nmodels: {m: {prize: {input: 1}}}\n", "x.yaml"));
        Assert.Contains("prize", fault.Message, StringComparison.Ordinal);
        Assert.Contains("version", fault.Message, StringComparison.Ordinal);
    }
}
