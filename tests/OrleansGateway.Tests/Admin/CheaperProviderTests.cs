using OrleansGateway.Admin.Insights;
using OrleansGateway.Configuration;
using OrleansGateway.Http;
using OrleansGateway.Prices;
using OrleansGateway.Tests.Configuration;
using OrleansGateway.Tests.Usage;
using OrleansGateway.Usage;

namespace OrleansGateway.Tests.Admin;

/// <summary>The same model for less at another provider: reckoned from the very tokens, and only what can be compared.</summary>
public sealed class CheaperProviderTests
{
    private static readonly DateTimeOffset s_at = new(2026, 10, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("us.anthropic.claude-sonnet-4-5-20250929-v1:0", "claude-sonnet-4-5")]
    [InlineData("claude-sonnet-4-5@20250929", "claude-sonnet-4.5")]
    [InlineData("meta.llama3-3-70b-instruct-v1:0", "llama-3.3-70b-versatile")]
    [InlineData("accounts/fireworks/models/llama-v3p3-70b-instruct", "meta-llama/Llama-3.3-70B-Instruct")]
    [InlineData("openai.gpt-5.4", "gpt-5.4-2026-03-05")]
    [InlineData("accounts/fireworks/models/deepseek-v3p2", "deepseek-v3.2")]
    public void Common_OfOneModelAtTwoVendors_IsTheSame(string one, string other) => Assert.Equal(ModelNames.Common(one), ModelNames.Common(other));

    [Theory]
    [InlineData("meta-llama/Llama-3.3-70B-Instruct-Turbo", "llama-3.3-70b-versatile")]
    [InlineData("gpt-5.4", "gpt-5.4-mini")]
    [InlineData("gpt-5.4", "gpt-5")]
    [InlineData("llama-3.1-8b-instant", "llama-3.1-70b-versatile")]
    [InlineData("claude-opus-4-1", "claude-opus-4")]
    [InlineData("deepseek-v3", "deepseek-v3.2")]
    public void Common_OfTwoModels_Differs(string one, string other) => Assert.NotEqual(ModelNames.Common(one), ModelNames.Common(other));

    [Fact]
    public void Of_AModelThatTheBookHasForLessElsewhere_PricesEachCallsTokensThere()
    {
        // Regional prices of Bedrock are a tenth above Anthropic's: 3.3, 0.33, 4.125 and 16.5 USD per million to 3, 0.3, 3.75 and 15.
        var call = Call("aws", "us.anthropic.claude-sonnet-4-5-20250929-v1:0", new TokenUsage { Input = 1_000, CacheRead = 2_000, CacheWrite = 400, Output = 100 }, cost: 7_260_000);
        var found = Assert.Single(CheaperProviders.Of([call, call, Call("aws", "unheard-of", call.Tokens, 9)], Compile()));
        Assert.Equal(("cheaper_provider", 2 * (7_260_000L - 6_600_000)), (found.Kind, found.SavingNanoUsd));
        Assert.Equal((2, 14_520_000, 13_200_000), (found.Figures["attempts"], found.Figures["cost_nano_usd"], found.Figures["cheaper_cost_nano_usd"]));
        Assert.Equal((2_000, 4_000, 800, 0, 200), (found.Figures["input_tokens"], found.Figures["cache_read_tokens"], found.Figures["cache_write_tokens"], found.Figures["cache_write_1h_tokens"], found.Figures["output_tokens"]));
        Assert.Contains("at its standard prices.", found.Finding, StringComparison.Ordinal);
        Assert.Contains("by the price book (", found.Finding, StringComparison.Ordinal);
        Assert.Empty(CheaperProviders.Of([call], Compile("price_book: {enabled: false}")));
    }

    [Fact]
    public void Of_WhatCannotBeCompared_SaysNothing()
    {
        var call = Call("aws", "openai.gpt-5.4", new TokenUsage { Input = 1_000_000, Output = 1_000 }, cost: 30_000_000_000);
        Assert.NotEmpty(CheaperProviders.Of([call], Compile()));
        UsageRecord[] others =
        [
            call with { ServiceTier = "unheard-of" }, call with { Tokens = call.Tokens with { WebSearches = 1 } }, call with { Tokens = call.Tokens with { AudioInput = 1 } },
            call with { Tokens = call.Tokens with { CacheWrite1h = 1 } }, call with { Source = UsageSource.Bound }, call with { Source = UsageSource.Estimated }, call with { Kind = UsageKind.Correction },
            // What it costs there already is not less.
            call with { Cost = new CostParts { Input = 1_000_000 } },
        ];
        Assert.All(others, other => Assert.Empty(CheaperProviders.Of([other], Compile())));
    }

    [Fact]
    public void Of_LongContextsAndTiers_SaysWhichPricesCount()
    {
        // 272,000 tokens and more are 5 and 22.5 USD at OpenAI; flex is half of it.
        var call = Call("aws", "openai.gpt-5.4", new TokenUsage { Input = 300_000, Output = 1_000 }, cost: 9_000_000_000) with { ServiceTier = "flex" };
        var found = Assert.Single(CheaperProviders.Of([call], Compile()));
        Assert.Equal(((1_500_000_000 + 22_500_000) / 2, 1), (found.Figures["cheaper_cost_nano_usd"], found.Figures["long_context_attempts"]));
        Assert.EndsWith("at its prices for flex, 1 at those of long contexts.", found.Finding, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_AProviderOfTheConfiguration_IsComparedByWhatIsStated()
    {
        const string Models = """
            models:
              large: {targets: [{provider: aws, model: anthropic.claude-sonnet-4-5-20250929-v1:0}]}
              other: {targets: [{provider: house, model: claude-sonnet-4-5, price: {input: 1, output: 2}}]}
            """;
        var call = Call("aws", "anthropic.claude-sonnet-4-5-20250929-v1:0", new TokenUsage { Input = 1_000, Output = 1_000 }, cost: 19_800_000) with { Model = "large" };
        var found = Assert.Single(CheaperProviders.Of([call], Compile(Models)));
        Assert.Equal(19_800_000 - 3_000_000, found.SavingNanoUsd);
        Assert.Contains("claude-sonnet-4-5 at house, a provider of the configuration", found.Finding, StringComparison.Ordinal);
        // Those that the model names itself are the other insight's.
        var own = Models.Replace("v1:0}]}", "v1:0}, {provider: house, model: claude-sonnet-4-5, price: {input: 1, output: 2}}]}", StringComparison.Ordinal);
        Assert.DoesNotContain(CheaperProviders.Of([call], Compile(own)), i => i.Subject.Contains("house", StringComparison.Ordinal));
    }

    private static UsageRecord Call(string provider, string target, TokenUsage tokens, long cost) => TestRecords.Usual(new Guid(1, 2, 3, new byte[8])) with
    {
        At = s_at, Provider = provider, TargetModel = target, Tokens = tokens, Cost = new CostParts { Input = cost }, Model = "large", ServiceTier = null,
    };

    private static Snapshot Compile(string more = "")
    {
        using var folder = new TestFolder();
        var reading = folder.Read($$"""
            routes: {default: {path: /} }
            providers:
              aws: {kind: openai, base_url: "https://bedrock-runtime.us-east-1.amazonaws.com", vendor: bedrock, api_key: 0123456789abcdef}
              house: {kind: openai, base_url: "https://models.example.com/v1", vendor: none, api_key: 0123456789abcdef}
            {{more}}
            """);
        Assert.Empty(reading.Faults);
        return Snapshot.Compile(reading.Settings!, 1, reading.Text);
    }
}
