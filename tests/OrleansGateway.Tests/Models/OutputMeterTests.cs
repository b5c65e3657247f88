using System.Text;
using OrleansGateway.Http;
using OrleansGateway.Models.Relays;

namespace OrleansGateway.Tests.Models;

public sealed class OutputMeterTests : IDisposable
{
    private readonly OutputText _said = new();

    public void Dispose() => _said.Dispose();

    [Theory]
    [InlineData("""{"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}""", 0)]
    [InlineData("""{"id":"a long name","choices":[{"index":0,"delta":{"content":"Hello"},"finish_reason":null}]}""", 5)]
    [InlineData("""{"choices":[{"delta":{"content":"é"}}]}""", 2)]
    [InlineData("""{"choices":[{"delta":{"reasoning_content":"ab","content":"c"}},{"delta":{"content":"d"}}]}""", 4)]
    [InlineData("""{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}}]}}]}""", 5)]
    [InlineData("""{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hallo"}}""", 5)]
    [InlineData("""{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"AAAAAAAAAAAAAAAAAAAA"}}""", 0)]
    [InlineData("""{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t1","name":"f","input":{}}}""", 3)]
    [InlineData("[DONE]", 0)]
    [InlineData("", 0)]
    [InlineData("{broken", 7)]
    public void Take_OfAnEvent_CountsABytePerToken(string data, long tokens)
    {
        var meter = new OutputMeter(_said);
        meter.Take(Encoding.UTF8.GetBytes(data), usage: null);
        Assert.Equal(tokens, meter.Tokens);
    }

    [Fact]
    public void Tokens_OnceTheProviderReportsSome_AreItsCountAndTheBytesSince()
    {
        var meter = new OutputMeter(_said);
        meter.Take(Piece(100), usage: null);
        meter.Take(Piece(10), new TokenUsage { Output = 30 });
        Assert.Equal(30, meter.Tokens);
        meter.Take(Piece(7), new TokenUsage { Output = 30 });
        Assert.Equal(37, meter.Tokens);
    }

    private static byte[] Piece(int bytes) => Encoding.UTF8.GetBytes($$$"""{"choices":[{"delta":{"content":"{{{new string('x', bytes)}}}"}}]}""");
}
