using OrleansGateway.Http;
using OrleansGateway.Limits;
using OrleansGateway.Prices;

namespace OrleansGateway.Tests.Limits;

public sealed class WorstCaseTests
{
    private readonly RuleBed _bed = new("");

    [Fact]
    public void Of_ACallWithABound_IsDearestOfAllTargetsAndFallbacks()
    {
        var body = """{"model":"meta/large","max_tokens":50,"n":3,"messages":[{"role":"user","content":"hello"}]}""";
        using var call = _bed.CallOf("meta/large", body);

        var worst = WorstCase.Of(call);

        Assert.Equal((body.Length + 64, 150, 3, true), (worst.InputTokens, worst.OutputTokens, worst.Answers, worst.IsOutputOfClient));
        var (target, fallback) = (3L * worst.InputTokens + 10 * 150, 2L * worst.InputTokens + 20 * 150 + 10_000);
        Assert.Equal(1_000 * Math.Max(target, fallback), worst.Cost);
        // With little output it is the target whose input costs more: but for the fallback's price per call.
        Assert.Equal(1_000 * (2L * worst.InputTokens + 10_000), worst.CostFor(0));
    }

    [Theory]
    [InlineData("""{"model":"small","messages":[]}""", "v1/chat/completions", 100, false)]
    [InlineData("""{"model":"small","messages":[],"n":5}""", "v1/chat/completions", 500, false)]
    [InlineData("""{"model":"small","max_tokens":7,"messages":[],"n":5}""", "v1/messages", 7, true)]
    [InlineData("""{"model":"small","max_tokens":9223372036854775807,"n":9,"messages":[]}""", "v1/chat/completions", long.MaxValue, true)]
    [InlineData("""{"model":"small","input":"x","max_tokens":5}""", "v1/embeddings", 0, true)]
    public void Of_ACall_BoundsItsOutput(string body, string path, long output, bool isOfClient)
    {
        using var call = _bed.CallOf("small", body, path);
        var worst = WorstCase.Of(call);
        Assert.Equal((output, isOfClient), (worst.OutputTokens, worst.IsOutputOfClient));
        Assert.True(worst.Cost > 0);
    }

    // A provider may serve at its standard tier what asked for the cheaper one, and what did not say at the dearer one, where its account says so.
    [Theory]
    [InlineData("")]
    [InlineData(",\"service_tier\":\"auto\"")]
    [InlineData(",\"service_tier\":\"flex\"")]
    [InlineData(",\"service_tier\":\"priority\"")]
    public void Of_ACallToAModelWithServiceTiers_IsOfTheDearestThatMayServeIt(string tier)
    {
        using var call = _bed.CallOf("tiered", "{\"model\":\"tiered\",\"max_tokens\":50,\"messages\":[]" + tier + "}");
        var worst = WorstCase.Of(call);
        Assert.Equal(1_000 * (3L * worst.InputTokens + 20 * 50), worst.Cost);
        var price = Assert.Single(call.Entry.Targets).Price!;
        Assert.Equal(worst.Cost, Cost.Of(price, new TokenUsage { Input = worst.InputTokens, Output = 50 }, "priority").Total);
        Assert.Equal(50, worst.OutputFor(worst.Cost));
    }

    [Fact]
    public void Of_CountingTokens_IsNothing()
    {
        using var call = _bed.CallOf("small", """{"model":"small","messages":[]}""", "v1/messages/count_tokens");
        var worst = WorstCase.Of(call);
        Assert.Equal((0, 0, 0), (worst.InputTokens, worst.OutputTokens, worst.Cost));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void OutputFor_AnyMoney_BuysAsMuchAsCanBePaidWhereverItGoes(int seed)
    {
        var random = new Random(seed);
        using var call = _bed.CallOf("meta/large", """{"model":"meta/large","messages":[{"role":"user","content":"hello"}]}""");
        var worst = WorstCase.Of(call);
        for (var i = 0; i < 1_000; i++)
        {
            var money = random.NextInt64(2 * worst.Cost);
            var tokens = worst.OutputFor(money);
            Assert.True(tokens == 0 || worst.CostFor(tokens) <= money, $"step {i}: {money}");
            Assert.True(worst.CostFor(tokens + 1) > money, $"step {i}: {money}");

            // What it then costs, of whatever classes its tokens are, is never more.
            var read = random.NextInt64(worst.InputTokens + 1);
            var usage = new TokenUsage { Input = worst.InputTokens - read, CacheRead = read, Output = random.NextInt64(tokens + 1) };
            foreach (var target in call.Entry.Targets.Concat(call.Entry.Fallbacks))
            {
                if (tokens > 0) Assert.True(Cost.Of(target.Price!, usage).Total <= money, $"step {i}: {money}");
            }
        }
    }

    [Fact]
    public void With_ASliceOfTheOutput_TakesThatMuch()
    {
        using var call = _bed.CallOf("small", """{"model":"small","messages":[]}""");
        var worst = WorstCase.Of(call);
        var amounts = worst.With(weight: 4, outputTokens: 10);
        Assert.Equal((4, 4, worst.InputTokens, 10, worst.CostFor(10)), (amounts.Requests, amounts.Concurrency, amounts.InputTokens, amounts.OutputTokens, amounts.Cost));
    }
}
