using OrleansGateway.Budgets;

namespace OrleansGateway.Tests.Budgets;

public sealed class OutputPlanTests
{
    [Theory]
    [InlineData(100L, null, 1_000_000, 100)]    // what is asked for, within reason
    [InlineData(4_096L, null, 10, 4_096)]       // as much as is usual, whatever the share
    [InlineData(null, null, 1_000_000, 4_096)]  // nothing stated: what is usual
    [InlineData(null, null, 500, 500)]          // or its share of a small account
    [InlineData(null, null, 3, 16)]             // but enough for an answer
    [InlineData(100_000L, null, 50_000, 50_000)] // much stated: its share
    [InlineData(20_000L, null, 50_000, 20_000)] // or all, where the account is large
    [InlineData(null, 256L, 3, 256)]            // a slice
    [InlineData(100L, 256L, 3, 100)]            // or less, if less is asked for
    [InlineData(1_000_000L, 256L, 3, 256)]
    public void Tokens_OfACall_AreWhatItMayHoldFirst(long? stated, long? slice, long share, long tokens) =>
        Assert.Equal(tokens, OutputPlan.Of(stated, usual: 4_096, slice, share).Tokens);

    [Theory]
    [InlineData(5L, 5)] [InlineData(100L, 16)] [InlineData(null, 16)]
    public void Least_OfACall_IsEnoughForAnAnswer(long? stated, long least) => Assert.Equal(least, OutputPlan.Of(stated, usual: 4_096, slice: null, share: 10).Least);
}
