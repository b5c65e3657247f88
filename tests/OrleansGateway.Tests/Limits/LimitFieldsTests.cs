using Microsoft.AspNetCore.Http;
using OrleansGateway.Configuration;
using OrleansGateway.Http;
using OrleansGateway.Leases;
using OrleansGateway.Limits;

namespace OrleansGateway.Tests.Limits;

public sealed class LimitFieldsTests
{
    private static readonly DateTimeOffset s_now = new(2026, 11, 22, 12, 0, 0, 250, TimeSpan.Zero);

    private static readonly LimitLevel[] s_levels =
    [
        new("per-key", "acme/k1", Dimension.Requests, Limit: 60, Remaining: 59, Window: TimeSpan.FromMinutes(1), Reset: TimeSpan.FromSeconds(0.5)),
        new("per-tenant", "acme", Dimension.Requests, Limit: 1000, Remaining: 3, Window: TimeSpan.FromHours(1), Reset: TimeSpan.FromMinutes(40)),
        new("tpm", "acme", Dimension.Tokens, Limit: 40_000, Remaining: 39_000, Window: TimeSpan.FromMinutes(1), Reset: TimeSpan.FromSeconds(90)),
        new("output", "", Dimension.OutputTokens, Limit: 8_000, Remaining: 7_000, Window: TimeSpan.FromMinutes(1), Reset: TimeSpan.FromSeconds(8)),
        new("in-flight", "", Dimension.Concurrency, Limit: 10, Remaining: 9, Window: null, Reset: TimeSpan.Zero),
    ];

    [Fact]
    public void Write_OfIetf_ListsEachPolicyAndWhereItStands()
    {
        var headers = Write(Dialect.Problem, RateLimitHeaders.Dialect);
        Assert.Equal(
            """
            "per-key";q=60;w=60;pk=:YWNtZS9rMQ==:, "per-tenant";q=1000;w=3600;pk=:YWNtZQ==:, "tpm";q=40000;qu="tokens";w=60;pk=:YWNtZQ==:, "output";q=8000;qu="output-tokens";w=60, "in-flight";q=10;qu="concurrent-requests"
            """, headers["RateLimit-Policy"]);
        Assert.Equal(
            """
            "per-key";r=59;t=1;pk=:YWNtZS9rMQ==:, "per-tenant";r=3;t=2400;pk=:YWNtZQ==:, "tpm";r=39000;t=90;pk=:YWNtZQ==:, "output";r=7000;t=8, "in-flight";r=9
            """, headers["RateLimit"]);
    }

    [Fact]
    public void Write_OfOpenAI_TellsTheLimitWithTheLeastLeft()
    {
        var headers = Write(Dialect.OpenAI, RateLimitHeaders.Dialect);
        Assert.Equal(("1000", "3", "40m0s"), (headers["x-ratelimit-limit-requests"].ToString(), headers["x-ratelimit-remaining-requests"].ToString(), headers["x-ratelimit-reset-requests"].ToString()));
        Assert.Equal(("8000", "7000", "8s"), (headers["x-ratelimit-limit-tokens"].ToString(), headers["x-ratelimit-remaining-tokens"].ToString(), headers["x-ratelimit-reset-tokens"].ToString()));
        Assert.Equal(6, headers.Count);
    }

    [Fact]
    public void Write_OfAnthropic_TellsInstantsRoundedUpToTheSecond()
    {
        var headers = Write(Dialect.Anthropic, RateLimitHeaders.Dialect);
        Assert.Equal("2026-11-22T12:40:01Z", headers["anthropic-ratelimit-requests-reset"]);
        Assert.Equal(("8000", "7000"), (headers["anthropic-ratelimit-output-tokens-limit"].ToString(), headers["anthropic-ratelimit-output-tokens-remaining"].ToString()));
        Assert.False(headers.ContainsKey("anthropic-ratelimit-input-tokens-limit"));
    }

    [Fact]
    public void Write_OfSeveralWays_WritesAll()
    {
        var headers = Write(Dialect.OpenAI, RateLimitHeaders.Legacy, RateLimitHeaders.Ietf);
        Assert.Equal(("1000", "3"), (headers["X-RateLimit-Limit"].ToString(), headers["X-RateLimit-Remaining"].ToString()));
        Assert.Equal(s_now.AddMinutes(40).ToUnixTimeSeconds() + 1, long.Parse(headers["X-RateLimit-Reset"].ToString(), System.Globalization.CultureInfo.InvariantCulture));
        Assert.True(headers.ContainsKey("RateLimit"));
        Assert.False(headers.ContainsKey("x-ratelimit-limit-requests"));
    }

    [Fact]
    public void Write_WhereTheRouteTellsNothing_WritesNothing() => Assert.Empty(Write(Dialect.OpenAI));

    [Theory]
    [InlineData(0, "0s")]
    [InlineData(0.5, "1ms")]
    [InlineData(20, "20ms")]
    [InlineData(1_000, "1s")]
    [InlineData(1_500, "1.5s")]
    [InlineData(360_000, "6m0s")]
    [InlineData(3_661_001, "1h1m1.001s")]
    public void GoDuration_OfATime_IsAsGoWritesIt(double milliseconds, string text) =>
        Assert.Equal(text, DialectFields.GoDuration(TimeSpan.FromTicks((long)(milliseconds * TimeSpan.TicksPerMillisecond))));

    private static HeaderDictionary Write(Dialect dialect, params RateLimitHeaders[] ways)
    {
        var headers = new HeaderDictionary();
        LimitFields.Write(headers, ways, dialect, s_levels, s_now);
        return headers;
    }
}
