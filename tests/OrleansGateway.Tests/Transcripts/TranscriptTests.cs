using System.Text.Json;
using OrleansGateway.Tests.Upstreams;

namespace OrleansGateway.Tests.Transcripts;

/// <summary>The recorded exchanges are read whole and replayed as recorded.</summary>
public sealed class TranscriptTests
{
    [Fact]
    public void OpenAIChat_WhenRead_HoldsWholesStreamsAndErrorsOfManyProviders()
    {
        var all = TranscriptFiles.OpenAIChat().ToList();
        Assert.True(all.Count > 200, $"{all.Count}");
        Assert.Equal(6, all.Select(each => each.Provider).Distinct().Count());
        Assert.Contains(all, each => each.IsStream);
        Assert.Contains(all, each => each.Status == 400);
        Assert.All(all, each => Assert.Equal(JsonValueKind.Array, JsonElement.Parse(each.Request).GetProperty("messages").ValueKind));
        Assert.Equal(all.Count, all.Select(each => (each.Provider, each.Id)).Distinct().Count());
    }

    [Fact]
    public void AnthropicMessages_WhenRead_HoldWholesStreamsAndErrors()
    {
        var all = TranscriptFiles.AnthropicMessages().ToList();
        Assert.True(all.Count > 150, $"{all.Count}");
        Assert.Contains(all, each => each.IsStream);
        Assert.Contains(all, each => each.Status == 404);
        Assert.All(all.Where(each => !each.IsStream), each => Assert.NotEmpty(JsonElement.Parse(each.Response).GetProperty("type").GetString()!));
    }

    [Fact]
    public void Parse_OfBinaryAnswer_IsItsBytes()
    {
        var transcript = Transcript.Parse("""
            {"id":"i","provider":"p","method":"GET","path":"/a?b=c#2","request":null,"status":200,"content_type":null,"response_base64":"AAH/"}
            """);
        Assert.Equal([0, 1, 255], transcript.Response);
        Assert.Equal(("/a?b=c", "/a", ""), (transcript.Path, transcript.PathOnly, Convert.ToHexString(transcript.Request)));
    }

    [Theory]
    [InlineData(1)] [InlineData(2)]
    public async Task Replay_OfStreamsSplitAnywhere_GivesTheSameBytes(int seed)
    {
        var streams = TranscriptFiles.OpenAIChat().Concat(TranscriptFiles.AnthropicMessages()).Where(each => each.IsStream).Take(6).ToList();
        await using var upstream = await MockUpstream.StartAsync();
        using var client = new HttpClient();
        foreach (var stream in streams)
        {
            upstream.Enqueue(Answer.From(stream, bytes => Splits.Random(seed, bytes)));
            using var answer = await client.GetAsync(upstream.Url, TestContext.Current.CancellationToken);
            Assert.Equal(stream.ContentType, answer.Content.Headers.ContentType!.ToString());
            Assert.Equal(stream.Response, await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        }
    }

    [Theory]
    [InlineData(1)] [InlineData(2)] [InlineData(3)]
    public void Random_OverAnyBytes_LosesNoneAndRepeatsItself(int seed)
    {
        var bytes = new byte[1_000];
        new Random(seed).NextBytes(bytes);
        var chunks = Splits.Random(seed, bytes).Select(chunk => chunk.ToArray()).ToList();
        Assert.Equal(bytes, chunks.SelectMany(chunk => chunk));
        Assert.Equal(chunks, Splits.Random(seed, bytes).Select(chunk => chunk.ToArray()));
        Assert.Equal(bytes, Splits.EveryByte(bytes).Select(chunk => Assert.Single(chunk.ToArray())));
        Assert.Equal(bytes, Splits.At(seed, bytes).SelectMany(chunk => chunk.ToArray()));
    }
}
