using System.Text;
using OrleansGateway.Models;

namespace OrleansGateway.Tests.Models;

public sealed class RequestEnvelopeTests
{
    [Theory]
    [InlineData("""{"model":"m","stream":true}""", "m", true, false)]
    [InlineData("""{"stream":null,"model":"m"}""", "m", false, false)]
    [InlineData("""{"messages":[{"model":"other","stream":true}],"model":"m"}""", "m", false, false)]
    [InlineData("""{"model":"\u006d","stream_options":{"x":[1],"include_usage":true},"stream":true}""", "m", true, true)]
    [InlineData("""{"model":"m","stream_options":null}""", "m", false, false)]
    public void Read_OfABody_FindsWhatItAsks(string json, string model, bool stream, bool usage)
    {
        Assert.Null(RequestEnvelope.Read(Encoding.UTF8.GetBytes(json), out var envelope));
        Assert.Equal((model, stream, usage), (envelope.Model, envelope.Stream, envelope.IncludeUsage));
        Assert.Equal('"', json[envelope.ModelAt][0]);
    }

    [Theory]
    [InlineData(40)] [InlineData(200)]
    public void Read_OfManyFields_FindsTheOneThatStandsTwice(int count)
    {
        var fields = string.Concat(Enumerable.Range(0, count).Select(i => $",\"f{i}\":{i}"));
        Assert.Null(RequestEnvelope.Read(Encoding.UTF8.GetBytes($$"""{"model":"m"{{fields}}}"""), out _));
        Assert.Equal("duplicate_field", RequestEnvelope.Read(Encoding.UTF8.GetBytes($$"""{"model":"m"{{fields}},"f3":0}"""), out _)?.Code);
    }

    [Theory]
    [InlineData("", "invalid_json")]
    [InlineData("[]", "invalid_json")]
    [InlineData("""{"model":"m"} x""", "invalid_json")]
    [InlineData("""{"model":"m","a":}""", "invalid_json")]
    [InlineData("""{"model":7}""", "invalid_field")]
    [InlineData("""{"model":""}""", "invalid_field")]
    [InlineData("""{}""", "invalid_field")]
    [InlineData("""{"model":"m","stream":"yes"}""", "invalid_field")]
    [InlineData("""{"model":"m","model":"n"}""", "duplicate_field")]
    [InlineData("""{"model":"m","\u006dodel":"n"}""", "duplicate_field")]
    [InlineData("""{"model":"m","stream":true,"stream":false}""", "duplicate_field")]
    [InlineData("""{"model":"m","max_tokens":1,"max_tokens":2}""", "duplicate_field")]
    [InlineData("""{"model":"m","é":1,"\u00e9":2}""", "duplicate_field")]
    public void Read_OfABadBody_SaysWhatIsWrong(string json, string code) =>
        Assert.Equal(code, RequestEnvelope.Read(Encoding.UTF8.GetBytes(json), out _)?.Code);
}
