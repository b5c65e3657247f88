using System.Buffers;
using System.Text;
using System.Text.Json;
using OrleansGateway.Http;

namespace OrleansGateway.Tests.Http;

public sealed class ErrorBodyTests
{
    private static readonly Refusal s_money = new(429, "insufficient_quota", "Used up.") { Type = ErrorBody.InsufficientQuota, Rule = "team-month", IsFinal = true };

    private static readonly Refusal s_rate = new(429, "rate_limit_exceeded", "Too many.") { Rule = "per-key" };

    [Fact]
    public void Write_OfUsedUpMoney_HasTheTypeThatClientsKnow()
    {
        Assert.Equal("insufficient_quota", Error(Dialect.OpenAI, s_money).GetProperty("type").GetString());
        Assert.Equal("insufficient_quota", Error(Dialect.OpenAI, s_money).GetProperty("code").GetString());
        Assert.Equal("billing_error", Error(Dialect.Anthropic, s_money).GetProperty("type").GetString());
    }

    [Fact]
    public void Write_OfARateLimit_HasTheTypeThatClientsKnow()
    {
        Assert.Equal("rate_limit_error", Error(Dialect.OpenAI, s_rate).GetProperty("type").GetString());
        Assert.Equal("rate_limit_error", Error(Dialect.Anthropic, s_rate).GetProperty("type").GetString());
    }

    [Fact]
    public void Write_OfALimitToPlainHttp_NamesThePolicyThatIsViolated()
    {
        var problem = Write(Dialect.Problem, s_rate);
        Assert.Equal("https://iana.org/assignments/http-problem-types#quota-exceeded", problem.GetProperty("type").GetString());
        Assert.Equal("per-key", Assert.Single(problem.GetProperty("violated-policies").EnumerateArray()).GetString());
        Assert.Equal("about:blank", Write(Dialect.Problem, Refusal.BadGateway("x")).GetProperty("type").GetString());
    }

    private static JsonElement Error(Dialect dialect, Refusal refusal) => Write(dialect, refusal).GetProperty("error");

    private static JsonElement Write(Dialect dialect, Refusal refusal)
    {
        var output = new ArrayBufferWriter<byte>();
        ErrorBody.Write(dialect, refusal, "req_1", output);
        return JsonElement.Parse(Encoding.UTF8.GetString(output.WrittenSpan));
    }
}
