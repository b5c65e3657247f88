using OrleansGateway.Tests.Configuration;

namespace OrleansGateway.Tests.Limits;

/// <summary>What is valid but hardly meant so gives a warning, and no fault.</summary>
public sealed class FeasibilityTests
{
    private const string Base =
        """
        tenants: { acme: {} }
        providers:
          fake: { kind: fake, prices: { "*": { input: 1, output: 2 } } }
        models: { m: { targets: [ { provider: fake } ], request_weight: 3 }, n: { targets: [ { provider: fake, price: { input: 0, output: 0, request: 0.01 } } ] } }
        routes: { default: { path: / }, heavy: { path: /heavy/, request_weight: 10 } }

        """;

    [Theory]
    [InlineData("{ limit: 9 }", "rate_limits.r.limit: A request on the route heavy counts 10, and never fits into 9.")]
    [InlineData("{ limit: 60, burst: 9 }", "rate_limits.r.burst: A request on the route heavy counts 10, and never fits into 9.")]
    [InlineData("{ limit: 60, algorithm: gcra }", "rate_limits.r.burst: A request on the route heavy counts 10, and never fits into 1.")]
    [InlineData("{ limit: 29, match: { models: [m] } }", "rate_limits.r.limit: A request to the model m on the route heavy counts 30, and never fits into 29.")]
    [InlineData("{ limit: 9, count: concurrency }", "rate_limits.r.limit: A request on the route heavy counts 10, and never fits into 9.")]
    [InlineData("{ limit: 0, count: concurrency }", "rate_limits.r.limit: With no slots every request is refused; write unlimited if there is to be no bound.")]
    [InlineData("{ limit: 119, count: tokens }", "rate_limits.r.limit: The shortest call of the model m is reckoned with 120 tokens, and never fits into 119.")]
    [InlineData("{ limit: 118, count: input_tokens }", "rate_limits.r.limit: The shortest call of the model m is reckoned with 119 tokens, and never fits into 118.")]
    [InlineData("{ limit: 0.00012, count: cost }",
        "rate_limits.r.limit: The cheapest call with max_tokens 1, of the model m, can cost 0.000121 USD, and never fits into 0.00012.")]
    [InlineData("{ per: [team], limit: 101 }", "rate_limits.r.limit: Each team may have 101, which is more than its whole tenant may by whole: 100.")]
    public void Read_WhenNothingFitsIntoARateLimit_WarnsAndIsValid(string limit, string warning) => Assert.Equal([warning], WarningsOf($"rate_limits: {{ {Whole}, r: {limit} }}\n"));

    [Theory]
    [InlineData("{ limit: 10 }")]
    [InlineData("{ limit: 0 }")]
    [InlineData("{ limit: unlimited, count: concurrency }")]
    [InlineData("{ limit: 9, match: { routes: [default] } }")]
    [InlineData("{ limit: 30, match: { models: [m] } }")]
    [InlineData("{ limit: 120, count: tokens }")]
    [InlineData("{ limit: 119, count: input_tokens }")]
    [InlineData("{ limit: 0.000121, count: cost }")]
    [InlineData("{ per: [team], limit: 100 }")]
    [InlineData("{ per: [team], limit: 101, window: 1s }")]
    public void Read_WhenSomethingFitsIntoARateLimit_WarnsOfNothing(string limit) => Assert.Empty(WarningsOf($"rate_limits: {{ {Whole}, r: {limit} }}\n"));

    [Theory]
    [InlineData("{ limit: 0.00012 }", "budgets.b.limit: The cheapest call with max_tokens 1, of the model m, can cost 0.000121 USD, and never fits into 0.00012.")]
    [InlineData("{ limit: 0.009, match: { models: [n] } }",
        "budgets.b.limit: The cheapest call with max_tokens 1, of the model n, can cost 0.01 USD, and never fits into 0.009.")]
    [InlineData("{ per: [user], limit: 100.01 }", "budgets.b.limit: Each user may have 100.01, which is more than its whole tenant may by whole: 100.")]
    public void Read_WhenNothingFitsIntoABudget_WarnsAndIsValid(string budget, string warning) => Assert.Equal([warning], WarningsOf($"budgets: {{ {Whole}, b: {budget} }}\n"));

    [Theory]
    [InlineData("{ limit: 0.000121 }")]
    [InlineData("{ limit: 0 }")]
    [InlineData("{ per: [user], limit: 100 }")]
    [InlineData("{ per: [user], limit: 1000, period: year }")]
    public void Read_WhenSomethingFitsIntoABudget_WarnsOfNothing(string budget) => Assert.Empty(WarningsOf($"budgets: {{ {Whole}, b: {budget} }}\n"));

    private const string Whole = "whole: { per: [tenant], limit: 100 }";

    private static string[] WarningsOf(string more)
    {
        using var folder = new TestFolder();
        var reading = folder.Read(Base + more);
        Assert.Empty(reading.Faults);
        return [.. reading.Findings.Warnings.Select(w => $"{w.Path}: {w.Message}")];
    }
}
