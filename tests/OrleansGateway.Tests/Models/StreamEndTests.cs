using System.Buffers;
using System.Text;
using OrleansGateway.Http;
using OrleansGateway.Models;
using OrleansGateway.Models.Anthropic;
using OrleansGateway.Models.OpenAI;
using OrleansGateway.Models.Relays;
using OrleansGateway.Tests.Gateway;

namespace OrleansGateway.Tests.Models;

/// <summary>A stream that is ended here because its tokens are used up looks to the client as if its provider had ended it for that reason.</summary>
public sealed class StreamEndTests
{
    private static readonly TokenUsage s_usage = new() { Input = 3, Output = 64 };

    [Theory]
    [InlineData(false)] [InlineData(true)]
    public void EndAtLimit_OfAnOpenAIStream_EndsWithLengthAndTheUsageThatWasAskedFor(bool takeOutUsage)
    {
        var text = End(new OpenAIPassThrough(takeOutUsage, mayEnd: true), Said.OpenAIStream[..2]);
        Assert.StartsWith(string.Concat(Said.OpenAIStream[..2]), text);
        Assert.Contains("""data: {"id":"c1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"length"}]}""", text);
        Assert.Equal(!takeOutUsage, text.Contains("\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":64,\"total_tokens\":67", StringComparison.Ordinal));
        Assert.EndsWith("data: [DONE]\n\n", text);
    }

    [Theory]
    [InlineData(2, 0)] [InlineData(3, 1)] [InlineData(4, 1)] [InlineData(5, 1)]
    public void EndAtLimit_OfAnAnthropicStream_ClosesWhatIsOpenAndEndsWithMaxTokens(int events, int closes)
    {
        var text = End(new AnthropicPassThrough(), Said.AnthropicStream[..events]);
        // The block that begins with the third event is closed once, by the fifth or by us.
        Assert.Equal(closes, Count(text, "event: content_block_stop"));
        Assert.Contains("event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"max_tokens\",\"stop_sequence\":null},\"usage\":{\"input_tokens\":3,", text);
        Assert.Contains("\"output_tokens\":64", text);
        Assert.EndsWith("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n", text);
    }

    [Fact]
    public void EndAtLimit_OfATranslatedStream_SpeaksTheClientsDialect()
    {
        var request = new ChatRequest { IncludeUsage = true };
        var toOpenAI = End(new Translation(new AnthropicAnswerReader(), new OpenAIAnswerWriter(request, DateTimeOffset.UnixEpoch), Dialect.OpenAI), Said.AnthropicStream[..4]);
        Assert.Contains("\"finish_reason\":\"length\"", toOpenAI);
        Assert.Contains("\"completion_tokens\":64", toOpenAI);
        Assert.EndsWith("data: [DONE]\n\n", toOpenAI);
        var toAnthropic = End(new Translation(new OpenAIAnswerReader(), new AnthropicAnswerWriter(), Dialect.Anthropic), Said.OpenAIStream[..2]);
        Assert.Contains("\"stop_reason\":\"max_tokens\"", toAnthropic);
        Assert.Equal(1, Count(toAnthropic, "event: content_block_stop"));
        Assert.EndsWith("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n", toAnthropic);
    }

    private static string End(IEventRelay relay, string[] events)
    {
        var output = new ArrayBufferWriter<byte>();
        using var reader = new SseReader();
        foreach (var text in events)
        {
            var bytes = Encoding.UTF8.GetBytes(text);
            bytes.CopyTo(reader.Free());
            reader.Advance(bytes.Length);
            while (reader.TryRead(out var sse)) relay.Take(sse, output);
        }

        relay.EndAtLimit(s_usage, output);
        Assert.True(relay.IsComplete);
        Assert.Equal(s_usage, relay.Usage);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    private static int Count(string text, string part) => text.Split(part).Length - 1;
}
