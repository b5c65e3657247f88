using OrleansGateway.Caching.Terms;
using OrleansGateway.Configuration;
using OrleansGateway.Invalidation;

namespace OrleansGateway.Tests.Caching.Terms;

/// <summary>How long an answer is fresh, how old it is, and what is done then (RFC 9111 §4.2, §5.2.1); cc-freshness, expires, age-parse, heuristic and stale of the public suite.</summary>
public sealed class FreshnessTests
{
    [Theory]
    [InlineData("Cache-Control: max-age=60", 60)]
    [InlineData("Cache-Control: MaX-aGe=60", 60)]
    [InlineData("Cache-Control: max-age=\"60\"", 60)]
    [InlineData("Cache-Control: max-age=060", 60)]
    [InlineData("Cache-Control: max-age=99999999999", 2147483648)]
    [InlineData("Cache-Control: max-age=-1", 0)]
    [InlineData("Cache-Control: max-age=1.5", 0)]
    [InlineData("Cache-Control: max-age=60a", 0)]
    [InlineData("Cache-Control: max-age=", 0)]
    [InlineData("Cache-Control: max-age", 0)]
    [InlineData("Cache-Control: max-age=60, max-age=1", 1)]
    [InlineData("Cache-Control: max-age=1\nCache-Control: max-age=60", 1)]
    [InlineData("Cache-Control: max-age=60, s-maxage=5", 5)]
    [InlineData("Cache-Control: max-age=1, s-maxage=50", 50)]
    [InlineData("Cache-Control: max-age=1\nExpires: Fri, 02 Jan 2026 04:04:05 GMT", 1)]
    [InlineData("Cache-Control: x=\"max-age=60\"", 0)]
    [InlineData("CDN-Cache-Control: max-age=5\nCache-Control: max-age=60", 5)]
    [InlineData("CDN-Cache-Control: public\nExpires: Fri, 02 Jan 2026 04:04:05 GMT", 0)]
    [InlineData("Expires: Fri, 02 Jan 2026 03:04:35 GMT", 30)]
    [InlineData("Expires: Friday, 02-Jan-26 03:04:35 GMT", 30)]
    [InlineData("Expires: Fri Jan  2 03:04:35 2026", 30)]
    [InlineData("Expires: Fri, 02 Jan 2026 03:04:35 GMT\nDate: Fri, 02 Jan 2026 03:04:05 GMT", 30)]
    [InlineData("Expires: Fri, 02 Jan 2026 03:04:35 GMT\nDate: Fri, 02 Jan 2026 03:03:05 GMT", 90)]
    [InlineData("Expires: 0", 0)]
    [InlineData("Expires: Fri, 32 Jan 2026 03:04:35 GMT", 0)]
    [InlineData("Expires: Fri, 02 Jan 2026 03:04:35", 0)]
    [InlineData("Expires: Fri, 02 Jan 2026 03:04:35 UTC", 0)]
    [InlineData("Expires: Fri, 2 Jan 2026 03:04:35 GMT", 0)]
    [InlineData("Expires: Fri, 02 Jan 2026 03:04:35 GMT\nExpires: Fri, 02 Jan 2026 03:04:35 GMT", 0)]
    [InlineData("Last-Modified: Fri, 02 Jan 2026 03:02:25 GMT", 10)]
    [InlineData("Last-Modified: Sat, 03 Jan 2026 03:02:25 GMT", 0)]
    [InlineData("Last-Modified: Thu, 02 Jan 2020 03:02:25 GMT", 86400)]
    public void Lifetime_IsWhatTheOriginSaysOrATenth(string fields, double seconds) => Assert.Equal(seconds, new Answered(fields).Terms.Lifetime.TotalSeconds);

    [Theory]
    [InlineData(200, HeuristicUse.None, 0)]
    [InlineData(404, HeuristicUse.Success, 0)]
    [InlineData(404, HeuristicUse.All, 10)]
    [InlineData(403, HeuristicUse.All, 0)]
    [InlineData(206, HeuristicUse.Success, 10)]
    public void Lifetime_IsGuessedOnlyForStatusesThatAreGuessed(int status, HeuristicUse use, double seconds) =>
        Assert.Equal(seconds, new Answered("Last-Modified: Fri, 02 Jan 2026 03:02:25 GMT", status: status, settings: new CacheSettings { Heuristics = use }).Terms.Lifetime.TotalSeconds);

    [Theory]
    [InlineData("", 0)]
    [InlineData("Age: 5", 5)]
    [InlineData("Age: 5, 10", 5)]
    [InlineData("Age: 5\nAge: 10", 5)]
    [InlineData("Age: \nAge: 3", 3)]
    [InlineData("Age: -5", 0)]
    [InlineData("Age: 1.5", 0)]
    [InlineData("Age: x", 0)]
    [InlineData("Age: 99999999999", 2147483648)]
    [InlineData("Date: Fri, 02 Jan 2026 03:04:00 GMT", 5)]
    [InlineData("Date: Fri, 02 Jan 2026 03:04:00 GMT\nAge: 2", 5)]
    [InlineData("Date: Fri, 02 Jan 2026 03:04:00 GMT\nAge: 7", 7)]
    [InlineData("Date: Fri, 02 Jan 2026 03:05:00 GMT", 0)]
    [InlineData("Date: nonsense", 0)]
    public void Age_IsTheGreaterOfWhatIsSaidAndWhatIsSeen(string fields, double seconds) => Assert.Equal(seconds, new Answered(fields).Age);

    [Theory]
    [InlineData("max-age=10", "", 9, "Fresh")]
    [InlineData("max-age=10", "", 10, "Validate")]
    [InlineData("max-age=10, no-cache", "", 1, "Validate")]
    [InlineData("max-age=10", "no-cache", 1, "Validate")]
    [InlineData("max-age=10", "max-age=5", 5, "Fresh")]
    [InlineData("max-age=10", "max-age=5", 6, "Validate")]
    [InlineData("max-age=10", "min-fresh=5", 5, "Fresh")]
    [InlineData("max-age=10", "min-fresh=5", 6, "Validate")]
    [InlineData("max-age=10", "max-stale", 1000, "Fresh")]
    [InlineData("max-age=10", "max-stale=5", 15, "Fresh")]
    [InlineData("max-age=10", "max-stale=5", 16, "Validate")]
    [InlineData("max-age=10, must-revalidate", "max-stale", 11, "Validate")]
    [InlineData("max-age=10, proxy-revalidate", "max-stale", 11, "Validate")]
    [InlineData("s-maxage=10", "max-stale", 11, "Validate")]
    [InlineData("max-age=10, stale-while-revalidate=5", "", 14, "StaleAndRefresh")]
    [InlineData("max-age=10, stale-while-revalidate=5", "", 16, "Validate")]
    [InlineData("max-age=10, stale-while-revalidate=5, must-revalidate", "", 11, "Validate")]
    [InlineData("max-age=10, stale-while-revalidate=5", "max-age=20", 11, "Validate")]
    [InlineData("max-age=10, stale-while-revalidate=50", "max-stale=1", 20, "Validate")]
    public void Reuse_OfAnAgedAnswer_IsAsBothSay(string answer, string request, double age, string reuse) =>
        Assert.Equal(reuse, new Answered($"Cache-Control: {answer}", $"Cache-Control: {request}").At(age).ToString());

    [Fact]
    public void Reuse_OfWhatHasBeenInvalidated_IsNone()
    {
        var answer = new Answered("Cache-Control: max-age=10, stale-while-revalidate=5");
        Assert.Equal(Reuse.Gone, answer.At(0, Standing.Gone));
        Assert.Equal(Reuse.StaleAndRefresh, answer.At(0, Standing.Soft));
        Assert.Equal(Reuse.Validate, new Answered("Cache-Control: max-age=10", "Cache-Control: max-stale").At(0, Standing.Soft));
        Assert.Equal(Reuse.Validate, new Answered("Cache-Control: max-age=10, stale-while-revalidate=5", "Cache-Control: min-fresh=1").At(0, Standing.Soft));
    }
}
