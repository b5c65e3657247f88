using OrleansGateway.Http;
using OrleansGateway.Prices;
using OrleansGateway.Storage.Usage;

namespace OrleansGateway.Tests.Storage.Usage;

public sealed class SumColumnsTests
{
    [Fact]
    public void Of_ARecordWithEveryFigure_LosesNone()
    {
        var record = new UsageRecords(seed: 1, DateTimeOffset.UnixEpoch, TimeSpan.FromDays(1)).One() with { Tokens = Filled<TokenUsage>(100), Cost = Filled<CostParts>(200) };
        var sums = new long[SumColumns.Count];
        SumColumns.Of(record, sums);
        Assert.Equal((record.Tokens, record.Cost), (SumColumns.Sums(sums).Tokens, SumColumns.Sums(sums).Cost));
        Assert.Equal(record.Cost.Total, SumColumns.Cost(sums));
        Assert.Equal(UsageTruth.Sum([record]), SumColumns.Sums(sums));
    }

    [Fact]
    public void Names_OfSums_AreDifferent() => Assert.Equal(SumColumns.Count, SumColumns.Names.Distinct().Count());

    // A figure that is added to the type and not to the columns comes back as zero.
    private static T Filled<T>(long first) where T : struct
    {
        object filled = default(T);
        foreach (var property in typeof(T).GetProperties().Where(p => p.CanWrite)) property.SetValue(filled, first++);
        return (T)filled;
    }
}
