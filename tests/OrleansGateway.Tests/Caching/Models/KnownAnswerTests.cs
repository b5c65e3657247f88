using System.Text;
using System.Text.Json;
using OrleansGateway.Caching.Models;
using OrleansGateway.Configuration;
using OrleansGateway.Http;
using OrleansGateway.Tests.Gateway;
using OrleansGateway.Tests.Transcripts;

namespace OrleansGateway.Tests.Caching.Models;

/// <summary>Only a whole, good answer may be stored; each can be given again with another id, and in its other form.</summary>
public sealed class KnownAnswerTests
{
    [Theory]
    [InlineData(nameof(Dialect.OpenAI))] [InlineData(nameof(Dialect.Anthropic))]
    public void Read_OfRecordedAnswersCutAtAnyByte_IsNone(string named)
    {
        var (dialect, read) = (Enum.Parse<Dialect>(named), 0);
        foreach (var answer in Answers(dialect))
        {
            if (Read(dialect, answer, answer.Response) is null) continue;
            // Space after the last word is no part of it, of a whole; of a stream the blank line is.
            var needed = answer.IsStream ? answer.Response.Length : answer.Response.AsSpan().TrimEnd(" \t\r\n"u8).Length;
            // Long ones at their beginning, at their end, and at places in between.
            for (var cut = 0; cut < needed; cut += cut < 300 || needed - cut < 300 || needed < 4_000 ? 1 : 97)
                Assert.True(Read(dialect, answer, answer.Response[..cut]) is null, $"{answer} cut at {cut} of {answer.Response.Length}");
            read++;
        }

        Assert.True(read > 40, $"{read} answers");
    }

    [Theory]
    [InlineData(nameof(Dialect.OpenAI))] [InlineData(nameof(Dialect.Anthropic))]
    public void Copy_OfRecordedAnswers_DiffersInItsIdOnly(string named)
    {
        var (dialect, read) = (Enum.Parse<Dialect>(named), 0);
        foreach (var answer in Answers(dialect))
        {
            if (Read(dialect, answer, answer.Response) is not { IdLength: > 0 } known) continue;
            read++;
            var copy = answer.Response.AsSpan().ToArray();
            FreshId.Write(copy, known.IdsAt, known.IdLength, new Random(read));
            var (before, after) = (Encoding.UTF8.GetString(answer.Response, known.IdsAt[0], known.IdLength), Encoding.UTF8.GetString(copy, known.IdsAt[0], known.IdLength));
            Assert.NotEqual(before, after);
            // Where nothing else of the answer is the same text.
            if (Encoding.UTF8.GetString(answer.Response).Split($"\"{before}\"").Length - 1 != known.IdsAt.Length) continue;
            Assert.Equal(Encoding.UTF8.GetString(answer.Response).Replace($"\"{before}\"", $"\"{after}\"", StringComparison.Ordinal), Encoding.UTF8.GetString(copy));
        }

        Assert.True(read > 40, $"{read} answers");
    }

    [Theory]
    [InlineData(nameof(Dialect.OpenAI))] [InlineData(nameof(Dialect.Anthropic))]
    public void ToWhole_OfRecordedStreams_SaysTheSame(string named)
    {
        var (dialect, read) = (Enum.Parse<Dialect>(named), 0);
        foreach (var answer in Answers(dialect).Where(a => a.IsStream && Read(dialect, a, a.Response) is not null))
        {
            var whole = AnswerForms.ToWhole(dialect, answer.Response);
            Assert.NotNull(KnownAnswer.Read(dialect, isChat: true, isStream: false, whole));
            Assert.Equal(Conversation.Of(dialect, answer.Response, stream: true), Conversation.Of(dialect, whole, stream: false));
            read++;
        }

        Assert.True(read > 5, $"{read} streams");
    }

    [Theory]
    [InlineData(nameof(Dialect.OpenAI))] [InlineData(nameof(Dialect.Anthropic))]
    public void ToStream_OfRecordedWholes_AndBack_IsTheSameJson(string named)
    {
        var (dialect, read) = (Enum.Parse<Dialect>(named), 0);
        foreach (var answer in Answers(dialect).Where(a => !a.IsStream && Read(dialect, a, a.Response) is not null))
        {
            var stream = AnswerForms.ToStream(dialect, answer.Response);
            Assert.NotNull(KnownAnswer.Read(dialect, isChat: true, isStream: true, stream));
            Assert.Equal(Conversation.Of(dialect, answer.Response, stream: false), Conversation.Of(dialect, stream, stream: true));
            var back = AnswerForms.ToWhole(dialect, stream);
            Assert.True(JsonElement.DeepEquals(Bare(answer.Response), Bare(back)), $"{answer}:\n{Encoding.UTF8.GetString(answer.Response)}\n{Encoding.UTF8.GetString(back)}");
            read++;
        }

        Assert.True(read > 40, $"{read} answers");
    }

    [Theory]
    [InlineData("stop", nameof(StoredFinish.Stop))]
    [InlineData("length", nameof(StoredFinish.Length))]
    [InlineData("tool_calls", nameof(StoredFinish.ToolCalls))]
    [InlineData("content_filter", null)]
    [InlineData("never_heard_of", null)]
    public void Read_OfAFinish_KnowsIt(string reason, string? expected)
    {
        var known = KnownAnswer.Read(Dialect.OpenAI, true, false, Encoding.UTF8.GetBytes(Said.OpenAIWhole.Replace("\"stop\"", $"\"{reason}\"", StringComparison.Ordinal)));
        Assert.Equal(expected, known?.Finishes.Single().ToString());
    }

    [Fact]
    public void Read_OfTwoChoicesOfWhichOneHasNotEnded_IsNone()
    {
        var whole = Said.OpenAIWhole.Replace("\"choices\":[", "\"choices\":[{\"index\":1,\"message\":{\"role\":\"assistant\",\"content\":\"He\"},\"finish_reason\":null},", StringComparison.Ordinal);
        Assert.Null(KnownAnswer.Read(Dialect.OpenAI, true, false, Encoding.UTF8.GetBytes(whole)));
    }

    [Theory]
    [InlineData("""data: {"error":{"message":"overloaded"}}""")]
    [InlineData("data: {")]
    [InlineData("data: [DONE]")]
    public void Read_OfAStreamWithSomethingWrongInIt_IsNone(string wrong)
    {
        var stream = string.Concat(Said.OpenAIStream[..3]) + wrong + "\n\n" + string.Concat(Said.OpenAIStream[3..]);
        Assert.Null(KnownAnswer.Read(Dialect.OpenAI, true, true, Encoding.UTF8.GetBytes(stream)));
    }

    [Theory]
    [InlineData("""{"object":"list","data":[{"embedding":[0.1]}]}""", true)]
    [InlineData("""{"object":"list","data":[]}""", false)]
    [InlineData("""{"data":[{}],"error":{"message":"no"}}""", false)]
    public void Read_OfEmbeddings_WantsSome(string body, bool isGood) =>
        Assert.Equal(isGood, KnownAnswer.Read(Dialect.OpenAI, isChat: false, isStream: false, Encoding.UTF8.GetBytes(body)) is not null);

    private static KnownAnswer? Read(Dialect dialect, Transcript answer, byte[] body) => KnownAnswer.Read(dialect, isChat: true, answer.IsStream, body);

    private static IEnumerable<Transcript> Answers(Dialect dialect) =>
        (dialect == Dialect.OpenAI ? TranscriptFiles.OpenAIChat() : TranscriptFiles.AnthropicMessages()).Where(t => t.Status == 200);

    /// <summary>Without what says nothing: members that are null, which some servers leave out, and the places of calls in their list.</summary>
    private static JsonElement Bare(byte[] body)
    {
        var json = System.Text.Json.Nodes.JsonNode.Parse(body)!;
        Strip(json);
        return JsonElement.Parse(json.ToJsonString());
    }

    private static void Strip(System.Text.Json.Nodes.JsonNode? node)
    {
        if (node is System.Text.Json.Nodes.JsonArray list)
        {
            foreach (var item in list) Strip(item);
        }

        if (node is not System.Text.Json.Nodes.JsonObject members) return;
        foreach (var name in members.Where(m => m.Value is null).Select(m => m.Key).ToList()) members.Remove(name);
        foreach (var call in (members["tool_calls"] as System.Text.Json.Nodes.JsonArray ?? []).OfType<System.Text.Json.Nodes.JsonObject>()) call.Remove("index");
        foreach (var (_, value) in members) Strip(value);
    }
}
