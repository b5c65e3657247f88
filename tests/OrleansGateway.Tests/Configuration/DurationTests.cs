using OrleansGateway.Configuration;

namespace OrleansGateway.Tests.Configuration;

public sealed class DurationTests
{
    [Theory]
    [InlineData("500ms", "00:00:00.5")]
    [InlineData("30s", "00:00:30")]
    [InlineData("10m", "00:10:00")]
    [InlineData("2h", "02:00:00")]
    [InlineData("1d", "1.00:00:00")]
    [InlineData("1m30s", "00:01:30")]
    [InlineData("1d2h3m4s5ms", "1.02:03:04.005")]
    [InlineData("90s", "00:01:30")]
    [InlineData("0s", "00:00:00")]
    public void TryParse_WhenWrittenRight_ReadsIt(string text, string expected)
    {
        Assert.True(Duration.TryParse(text, out var duration));
        Assert.Equal(TimeSpan.Parse(expected, CultureInfo.InvariantCulture), duration);
    }

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("s")]
    [InlineData("1.5s")]
    [InlineData("-1s")]
    [InlineData("30s1m")]
    [InlineData("1s1s")]
    [InlineData("1 s")]
    [InlineData("1S")]
    [InlineData("1s\n")]
    [InlineData("999999999d")]
    [InlineData("9999999999s")]
    public void TryParse_WhenWrittenWrong_RefusesIt(string text) => Assert.False(Duration.TryParse(text, out _));

    [Theory]
    [InlineData(1)] [InlineData(2)]
    public void Write_OfAnyDuration_IsReadBackTheSame(int seed)
    {
        var random = new Random(seed);
        for (var i = 0; i < 1_000; i++)
        {
            var duration = TimeSpan.FromMilliseconds(random.NextInt64(1L << random.Next(1, 50)));
            Assert.True(Duration.TryParse(Duration.Write(duration), out var read), Duration.Write(duration));
            Assert.Equal(duration, read);
        }
    }
}
