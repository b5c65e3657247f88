using OrleansGateway.Configuration;
using OrleansGateway.Http;
using OrleansGateway.Prices;

namespace OrleansGateway.Tests.Prices;

/// <summary>
/// What calls cost by the price book, to the nano-dollar: <c>costs.csv</c>, reckoned with decimals from prices written out by hand, by another program. Parts (audio, images,
/// reasoning) are within their wholes, as in <see cref="TokenUsage"/>.
/// </summary>
public sealed class CostTableTests
{
    public static TheoryData<string> Cases => [.. File.ReadLines(Repository.PathOf("tests/OrleansGateway.Tests/Prices/costs.csv")).Skip(1)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Of_AListedCall_IsWhatAnotherProgramReckoned(string line)
    {
        var cells = line.Split(',');
        var prices = PriceBook.Shipped.Find(cells[0], cells[1]);
        Assert.NotNull(prices);

        var cost = Cost.Of(prices.At(Vendor.InstantOf(cells[2])), UsageOf([.. cells[4..17].Select(c => long.Parse(c, CultureInfo.InvariantCulture))]), cells[3]);

        Assert.Equal(long.Parse(cells[17], CultureInfo.InvariantCulture), cost.Total);
    }

    [Fact]
    public void Cases_AreOfEveryVendor() => Assert.Equal(PriceBook.Shipped.Vendors, Cases.Select(c => ((string)c).Split(',')[0]).Distinct().Order(StringComparer.Ordinal));

    private static TokenUsage UsageOf(long[] n) => new()
    {
        Input = n[0], CacheRead = n[1], CacheWrite = n[2], CacheWrite1h = n[3], Output = n[4], Reasoning = n[5], AudioInput = n[6], AudioCacheRead = n[7], AudioOutput = n[8],
        ImageInput = n[9], ImageCacheRead = n[10], ImageOutput = n[11], WebSearches = n[12],
    };
}
