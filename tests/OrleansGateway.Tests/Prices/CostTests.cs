using OrleansGateway.Configuration;
using OrleansGateway.Http;
using OrleansGateway.Prices;

namespace OrleansGateway.Tests.Prices;

public sealed class CostTests
{
    private static readonly Price Sonnet = PriceOf("3", output: "15", cachedInput: "0.30", cacheWrite: "3.75", cacheWrite1h: "6");

    [Fact]
    public void Of_TokensOfEveryClass_IsWhatTheProviderBills()
    {
        // 1,000 × 3 + 2,000 × 0.30 + 300 × 3.75 + 40 × 6 + 500 × 15 USD per million.
        var usage = new TokenUsage { Input = 1_000, CacheRead = 2_000, CacheWrite = 300, CacheWrite1h = 40, Output = 500, Reasoning = 100 };
        Assert.Equal(12_465_000, Cost.Of(Sonnet, usage).Total);
    }

    [Fact]
    public void Of_ReasoningAndAudio_HasTheirOwnPricesAndCountsThemOnce()
    {
        var price = new Price(new PriceSettings
        {
            Input = Amount("1"), Output = Amount("2"), Reasoning = Amount("3"), AudioInput = Amount("40"), AudioOutput = Amount("80"), Request = Amount("0.01"),
        });
        var usage = new TokenUsage { Input = 1_000_000, AudioInput = 200_000, Output = 1_000_000, AudioOutput = 100_000, Reasoning = 300_000 };
        Assert.Equal((long)((0.8m + 8m + 1.2m + 0.9m + 8m + 0.01m) * 1_000_000_000), Cost.Of(price, usage).Total);
    }

    [Theory]
    [InlineData("0.000000001", 1, 1)]
    [InlineData("0.000000001", 1_000_000, 1)]
    [InlineData("0.000000001", 1_000_001, 2)]
    [InlineData("0.15", 1, 150)]
    [InlineData("0.0375", 1, 38)]
    [InlineData("0", 1_000, 0)]
    public void Of_AFractionOfANanoDollar_IsRoundedUpOnce(string perMillion, long tokens, long nanos) =>
        Assert.Equal(nanos, Cost.Of(PriceOf(perMillion), new TokenUsage { Input = tokens }).Total);

    [Fact]
    public void Of_EveryClass_IsApartAndSumsUpToTheCost()
    {
        var price = new Price(new PriceSettings
        {
            Input = Amount("1"), CachedInput = Amount("0.5"), CacheWrite = Amount("2"), Output = Amount("3"), Reasoning = Amount("4"), AudioInput = Amount("10"), CachedAudio = Amount("5"),
            AudioOutput = Amount("20"), ImageInput = Amount("6"), CachedImage = Amount("7"), ImageOutput = Amount("8"), Request = Amount("0.001"), WebSearch = Amount("10"),
        });
        var cost = Cost.Of(price, new TokenUsage
        {
            Input = 111, AudioInput = 10, ImageInput = 1, CacheRead = 222, AudioCacheRead = 20, ImageCacheRead = 2, CacheWrite = 33, CacheWrite1h = 3,
            Output = 444, Reasoning = 40, AudioOutput = 4, ImageOutput = 100, WebSearches = 2,
        });
        var expected = new CostParts
        {
            Input = 100_000, CacheRead = 100_000, CacheWrite = 72_000, Output = 900_000, Reasoning = 160_000, Audio = 280_000, Image = 820_000, Tools = 20_000_000, Request = 1_000_000,
        };
        Assert.Equal(expected, cost);
    }

    [Fact]
    public void Of_FractionsOfClasses_AddsWhatIsMissingToTheDearest()
    {
        // 37.5 + 3.75 + 150.15 nano-dollars are 191.4: 192.
        var price = PriceOf("0.0375", output: "0.15015", cachedInput: "0.00375");
        var cost = Cost.Of(price, new TokenUsage { Input = 1_000, CacheRead = 1_000, Output = 1_000 });
        Assert.Equal((37_500, 3_750, 150_150), (cost.Input, cost.CacheRead, cost.Output));
        cost = Cost.Of(price, new TokenUsage { Input = 1, CacheRead = 1, Output = 1 });
        Assert.Equal((37, 3, 152), (cost.Input, cost.CacheRead, cost.Output));
    }

    [Fact]
    public void Of_ACallOfATierOrALongContext_HasItsPrices()
    {
        var price = new Price(new PriceSettings
        {
            Input = Amount("2"), CachedInput = Amount("1"), Output = Amount("10"),
            LongContext = [new LongContextPrices { Above = 100, Input = Amount("4") }],
            ServiceTiers = new Dictionary<string, ServiceTierPrices> { ["batch"] = new() { Percent = 50 }, ["priority"] = new() { Input = Amount("3"), Output = Amount("20") } },
        });
        Assert.Equal(200_000 + 10_000, Of(100, 1, null));
        Assert.Equal(404_000 + 10_000, Of(101, 1, null));
        Assert.Equal(202_000 + 5_000, Of(101, 1, "batch"));
        Assert.Equal(303_000 + 20_000, Of(101, 1, "priority"));
        Assert.Equal(200_000, Of(100, 0, "unheard_of"));
        // A class that goes by input goes by that of the tier; one with a price of its own keeps it.
        Assert.Equal((4_000_000_000, 1_000_000_000), (price.For(101).ImageInput, price.For(101).CacheRead));

        long Of(long input, long output, string? tier) => Cost.Of(price, new TokenUsage { Input = input, Output = output }, tier).Total;
    }

    [Theory]
    [InlineData("120", 12)]
    [InlineData("90", 9)]
    [InlineData("112.5", 12)]
    [InlineData("0", 0)]
    public void Times_AShareOfAPrice_IsRoundedUp(string percent, long nanos)
    {
        var tiers = new Dictionary<string, ServiceTierPrices> { ["flex"] = new() { Percent = 50 } };
        var price = new Price(new PriceSettings { Input = Amount("0.01"), Request = Amount("0.00000001"), ServiceTiers = tiers });
        var share = price.Times(Amount(percent));
        Assert.Equal(nanos, share.Request);
        Assert.Equal((long)Math.Ceiling(decimal.Parse(percent, System.Globalization.CultureInfo.InvariantCulture) * 100_000), share.Rates.Input);
        Assert.True(share.Of("flex").Rates.Input * 2 >= share.Rates.Input);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void AtMost_OfAnyPriceAndTokens_IsNeverBelowWhatItCosts(int seed)
    {
        var random = new Random(seed);
        for (var i = 0; i < 2_000; i++)
        {
            var price = new Price(new PriceSettings
            {
                Input = Some(), Output = random.Next(4) == 0 ? null : Some(), CachedInput = Maybe(), CacheWrite = Maybe(), CacheWrite1h = Maybe(), Reasoning = Maybe(),
                AudioInput = Maybe(), AudioOutput = Maybe(), Request = Maybe(), WebSearch = Maybe(), CachedAudio = Maybe(), ImageInput = Maybe(), CachedImage = Maybe(), ImageOutput = Maybe(),
                LongContext = [.. Enumerable.Range(1, random.Next(3)).Select(n => new LongContextPrices { Above = n * 500_000, Input = Maybe(), Output = Maybe(), CacheWrite = Maybe() })],
                ServiceTiers = new Dictionary<string, ServiceTierPrices> { ["batch"] = new() { Percent = random.Next(200) }, ["priority"] = new() { Input = Maybe(), ImageOutput = Maybe() } },
            });
            var usage = new TokenUsage
            {
                ImageInput = random.Next(500_000), ImageOutput = random.Next(50_000), AudioCacheRead = random.Next(500_000), ImageCacheRead = random.Next(500_000), WebSearches = random.Next(5),
                Input = random.NextInt64(1_000_000), CacheRead = random.Next(1_000_000), CacheWrite = random.Next(1_000), CacheWrite1h = random.Next(1_000),
                Output = random.Next(100_000), Reasoning = random.Next(150_000), AudioInput = random.Next(1_000_000), AudioOutput = random.Next(100_000),
            };
            var bound = Cost.AtMost(price, usage.TotalInput, usage.Output, usage.WebSearches);
            foreach (var tier in new[] { null, "batch", "priority", "other" })
            {
                var cost = Cost.Of(price, usage, tier);
                Assert.True(cost.Total <= bound, $"step {i}: {tier} {usage}");
                var parts = new[] { cost.Input, cost.CacheRead, cost.CacheWrite, cost.Output, cost.Reasoning, cost.Audio, cost.Image, cost.Tools, cost.Request };
                Assert.True(parts.All(p => p >= 0), $"step {i}: {cost}");
            }

            // More input is never cheaper to hold, though a longer context were.
            Assert.True(Cost.AtMost(price, random.NextInt64(usage.TotalInput + 1), usage.Output, usage.WebSearches) <= bound, $"step {i}");

            // What money buys can be paid, and one token more cannot.
            var money = random.NextInt64(2 * bound + 1);
            var tokens = Cost.OutputFor(price, money, usage.TotalInput, usage.WebSearches);
            if (tokens == 0) continue;
            if (tokens < long.MaxValue) Assert.True(Cost.AtMost(price, usage.TotalInput, tokens + 1, usage.WebSearches) > money, $"step {i}");
            Assert.True(tokens == long.MaxValue || Cost.AtMost(price, usage.TotalInput, tokens, usage.WebSearches) <= money, $"step {i}");
        }

        Quantity Some() => Amount(((decimal)random.NextInt64(100_000_000_000) / 1_000_000_000).ToString(System.Globalization.CultureInfo.InvariantCulture));
        Quantity? Maybe() => random.Next(2) == 0 ? null : Some();
    }

    [Fact]
    public void Of_AndAtMost_AllocateNothing()
    {
        var tiers = new Dictionary<string, ServiceTierPrices> { ["flex"] = new() { Percent = 50 } };
        var price = new Price(new PriceSettings { Input = Amount("1"), Output = Amount("2"), ServiceTiers = tiers });
        var usage = new TokenUsage { Input = 1_000, Output = 10 };
        Reckon();
        var before = GC.GetAllocatedBytesForCurrentThread();
        Reckon();
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        void Reckon() => _ = Cost.Of(price, usage, "flex").Total + Cost.AtMost(price, 1_000, 10) + Cost.OutputFor(price, 1_000_000, 1_000);
    }

    [Fact]
    public void Of_MoreThanFits_IsTheMost() =>
        Assert.Equal(long.MaxValue, Cost.Of(PriceOf("9000000000"), new TokenUsage { Input = long.MaxValue }).Total);

    [Theory]
    [InlineData("gpt-4.1", "1")]
    [InlineData("gpt-4.1-mini", "2")]
    [InlineData("gpt-4.1-nano", "3")]
    [InlineData("gpt-5", "4")]
    [InlineData("o3", null)]
    public void Find_OfPrices_TakesTheNameThenTheLongestBeginning(string model, string? input)
    {
        var prices = new Dictionary<string, string> { ["gpt-4.1"] = "1", ["gpt-4.1-m*"] = "2", ["gpt-4.1*"] = "3", ["gpt*"] = "4" }
            .ToDictionary(p => p.Key, p => new PriceSettings { Input = Amount(p.Value) });
        Assert.Equal(input, Price.Find(prices, model)?.Input?.ToString());
    }

    [Theory]
    [InlineData("0", 0)]
    [InlineData("12.50", 12_500_000_000)]
    [InlineData("0.000000001", 1)]
    [InlineData("9000000000", 9_000_000_000_000_000_000)]
    public void Quantity_AsWritten_IsExact(string text, long nanos)
    {
        Assert.True(Quantity.TryParse(text, out var quantity));
        Assert.Equal(nanos, quantity.Nanos);
        Assert.True(Quantity.TryParse(quantity.ToString(), out var again) && again == quantity);
    }

    [Theory]
    [InlineData("")]
    [InlineData(".5")]
    [InlineData("5.")]
    [InlineData("-1")]
    [InlineData("+1")]
    [InlineData("1e3")]
    [InlineData("1,000")]
    [InlineData(" 1")]
    [InlineData("0.0000000001")]
    [InlineData("9000000001")]
    [InlineData("Unlimited")]
    public void Quantity_WrittenWrong_IsRefused(string text) => Assert.False(Quantity.TryParse(text, out _));

    private static Price PriceOf(string input, string? output = null, string? cachedInput = null, string? cacheWrite = null, string? cacheWrite1h = null) => new(new PriceSettings
    {
        Input = Amount(input),
        Output = output is null ? null : Amount(output),
        CachedInput = cachedInput is null ? null : Amount(cachedInput),
        CacheWrite = cacheWrite is null ? null : Amount(cacheWrite),
        CacheWrite1h = cacheWrite1h is null ? null : Amount(cacheWrite1h),
    });

    private static Quantity Amount(string text) => Quantity.TryParse(text, out var quantity) ? quantity : throw new ArgumentException(text);
}
