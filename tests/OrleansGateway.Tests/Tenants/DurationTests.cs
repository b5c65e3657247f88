using OrleansGateway.Tenants;

namespace OrleansGateway.Tests.Tenants;

public sealed class DurationTests
{
    [Theory]
    [InlineData("0s", 0)]
    [InlineData("45s", 45)]
    [InlineData("15m", 900)]
    [InlineData("24h", 86_400)]
    [InlineData("30d", 2_592_000)]
    public void TryParse_OfAWrittenDuration_ReadsIt(string text, int seconds)
    {
        Assert.True(Duration.TryParse(text, out var duration));
        Assert.Equal(TimeSpan.FromSeconds(seconds), duration);
    }

    [Theory]
    [InlineData("")]
    [InlineData("h")]
    [InlineData("24")]
    [InlineData("-1h")]
    [InlineData("1.5h")]
    [InlineData("1 h")]
    [InlineData("24H")]
    [InlineData("36501d")]
    [InlineData("99999999999d")]
    public void TryParse_OfAnythingElse_IsFalse(string text) => Assert.False(Duration.TryParse(text, out _));
}
