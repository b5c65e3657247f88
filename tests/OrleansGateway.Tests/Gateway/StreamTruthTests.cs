using System.Net;
using OrleansGateway.Tests.Upstreams;

namespace OrleansGateway.Tests.Gateway;

/// <summary>A stream that breaks never looks like one that ended, and a client that goes away takes its provider's work with it.</summary>
public sealed class StreamTruthTests
{
    private const string Stream = ""","stream":true""";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(nameof(AnswerEnd.Cut))] [InlineData(nameof(AnswerEnd.Proper))]
    public async Task Chat_WhenTheProviderStopsShort_EndsWithAnErrorEvent(string end)
    {
        await using var bed = await ChatBed.StartAsync();
        bed.OpenAI.Enqueue(Answer.Stream(Said.OpenAIStream).EndAfter(3, Enum.Parse<AnswerEnd>(end)));
        using var answer = await bed.ChatAsync("o", Stream);
        var text = await ChatBed.TextAsync(answer);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.StartsWith(string.Concat(Said.OpenAIStream.Take(3)), text);
        Assert.Contains("\ndata: {\"error\":{\"message\":\"The provider", text);
        Assert.DoesNotContain("[DONE]", text);
    }

    [Theory]
    [InlineData(nameof(AnswerEnd.Cut))] [InlineData(nameof(AnswerEnd.Proper))]
    public async Task Message_WhenTheProviderStopsShort_EndsWithAnErrorEvent(string end)
    {
        await using var bed = await ChatBed.StartAsync();
        bed.Anthropic.Enqueue(Answer.Stream(Said.AnthropicStream).EndAfter(4, Enum.Parse<AnswerEnd>(end)));
        using var answer = await bed.MessageAsync("a", Stream);
        var text = await ChatBed.TextAsync(answer);
        Assert.StartsWith(string.Concat(Said.AnthropicStream.Take(4)), text);
        Assert.Contains("\nevent: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"api_error\"", text);
        Assert.DoesNotContain("message_stop", text);
    }

    [Theory]
    [InlineData("o")] [InlineData("a")]
    public async Task Chat_WhenAnEventIsCutInTheMiddle_DoesNotShowTheHalf(string model)
    {
        await using var bed = await ChatBed.StartAsync();
        var (upstream, whole, half) = model == "o" ? (bed.OpenAI, Said.OpenAIStream, "data: {\"id\":\"half") : (bed.Anthropic, Said.AnthropicStream, "event: content_block_delta\ndata: {\"half");
        upstream.Enqueue(Answer.Stream([.. whole.Take(4), half]).EndAfter(5, AnswerEnd.Cut));
        using var answer = await bed.ChatAsync(model, Stream);
        var text = await ChatBed.TextAsync(answer);
        Assert.DoesNotContain("half", text);
        Assert.Contains("\"error\"", text);
        Assert.DoesNotContain("[DONE]", text);
    }

    [Theory]
    [InlineData("o")] [InlineData("a")]
    public async Task Chat_WhenTheProviderFallsSilent_EndsWithAnErrorEvent(string model)
    {
        await using var bed = await ChatBed.StartAsync();
        var (upstream, whole) = model == "o" ? (bed.OpenAI, Said.OpenAIStream) : (bed.Anthropic, Said.AnthropicStream);
        upstream.Enqueue(Answer.Stream(whole).EndAfter(4, AnswerEnd.Stall));
        using var answer = await bed.ChatAsync(model, Stream);
        var reading = ChatBed.TextAsync(answer);
        await AdvanceUntilAsync(bed, TimeSpan.FromSeconds(6), reading);
        Assert.Contains("fell silent in the middle of its answer", await reading);
        Assert.DoesNotContain("[DONE]", await reading);
    }

    [Theory]
    [InlineData("o", nameof(AnswerEnd.Stall))] [InlineData("o", nameof(AnswerEnd.Cut))] [InlineData("a", nameof(AnswerEnd.Stall))] [InlineData("a", nameof(AnswerEnd.Cut))]
    public async Task Chat_WhenTheProviderIsDoneButItsConnectionIsNot_EndsProperly(string model, string end)
    {
        await using var bed = await ChatBed.StartAsync();
        var (upstream, whole) = model == "o" ? (bed.OpenAI, Said.OpenAIStream) : (bed.Anthropic, Said.AnthropicStream);
        upstream.Enqueue(Answer.Stream(whole).EndAfter(whole.Length, Enum.Parse<AnswerEnd>(end)));
        using var answer = await bed.ChatAsync(model, Stream);
        var text = await ChatBed.TextAsync(answer);
        Assert.EndsWith("data: [DONE]\n\n", text);
        Assert.DoesNotContain("error", text);
    }

    [Fact]
    public async Task Message_WhenTheProviderClosesAfterItsFinishReasonWithoutDone_EndsProperly()
    {
        await using var bed = await ChatBed.StartAsync();
        bed.OpenAI.Enqueue(Answer.Stream(Said.OpenAIStream[..^1]));
        using var answer = await bed.MessageAsync("o", Stream);
        var text = await ChatBed.TextAsync(answer);
        Assert.EndsWith("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n", text);
        Assert.Contains("\"output_tokens\":2", text);
    }

    [Fact]
    public async Task Chat_WhenTheProviderNamesItsAccountInTheStream_DoesNotShowIt()
    {
        await using var bed = await ChatBed.StartAsync();
        bed.Anthropic.Enqueue(Answer.Stream([.. Said.AnthropicStream.Take(4), "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"authentication_error\",\"message\":\"key sk-secret\"}}\n\n"]));
        using var answer = await bed.MessageAsync("a", Stream);
        var text = await ChatBed.TextAsync(answer);
        Assert.DoesNotContain("sk-secret", text);
        Assert.Contains("event: error", text);
    }

    [Fact]
    public async Task Chat_WhenAnErrorStandsBesideTheChoices_IsNoNormalEnd()
    {
        await using var bed = await ChatBed.StartAsync();
        const string last = "data: {\"id\":\"c1\",\"error\":{\"code\":502,\"message\":\"gone\"},\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\"},\"finish_reason\":\"error\"}]}\n\n";
        bed.OpenAI.Enqueue(Answer.Stream([.. Said.OpenAIStream.Take(3), last, "data: [DONE]\n\n"]));
        using var answer = await bed.ChatAsync("o", Stream);
        Assert.EndsWith(last, await ChatBed.TextAsync(answer));
    }

    [Fact]
    public async Task Chat_WhenTheClientGoes_CancelsTheProvider()
    {
        await using var bed = await ChatBed.StartAsync();
        bed.OpenAI.Enqueue(Answer.Stream(Said.OpenAIStream).EndAfter(2, AnswerEnd.Stall));
        using (var answer = await bed.ChatAsync("o", Stream))
        {
            await using var body = await answer.Content.ReadAsStreamAsync(Cancellation);
            Assert.NotEqual(0, await body.ReadAsync(new byte[1], Cancellation));
        }

        var request = await bed.OpenAI.NextRequestAsync(Cancellation);
        await request.Aborted.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
    }

    [Fact]
    public async Task Chat_WhenTheClientGoesBeforeTheAnswer_CancelsTheProvider()
    {
        await using var bed = await ChatBed.StartAsync();
        bed.OpenAI.Enqueue(Answer.Silence);
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var asking = bed.ChatAsync("o", "", leaving.Token);
        var request = await bed.OpenAI.NextRequestAsync(Cancellation);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        await request.Aborted.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
    }

    [Fact]
    public async Task Chat_WhenAWholeAnswerIsCut_IsA502()
    {
        await using var bed = await ChatBed.StartAsync();
        bed.OpenAI.Enqueue(Answer.Json(Said.OpenAIWhole) with { ContentLength = Said.OpenAIWhole.Length + 10 });
        using var answer = await bed.ChatAsync("o");
        Assert.Equal((HttpStatusCode.BadGateway, "upstream_error"), await ChatBed.ErrorAsync(answer));
    }

    [Fact]
    public async Task Chat_WhenALargeAnswerIsCutAfterPartOfItIsOut_BreaksTheConnection()
    {
        await using var bed = await ChatBed.StartAsync();
        var large = "{\"x\":\"" + new string('a', 300_000);
        bed.OpenAI.Enqueue(Answer.Json(large) with { ContentLength = large.Length + 10 });
        await Assert.ThrowsAnyAsync<HttpRequestException>(async () =>
        {
            using var answer = await bed.ChatAsync("o");
            await ChatBed.TextAsync(answer);
        });
    }

    [Fact]
    public async Task Chat_OfALargeAnswer_ComesWholeWithItsUsageSeen()
    {
        await using var bed = await ChatBed.StartAsync();
        var large = Said.OpenAIWhole.Replace("Hello", new string('é', 200_000), StringComparison.Ordinal);
        bed.OpenAI.Enqueue(Answer.Json(large));
        using var answer = await bed.ChatAsync("o");
        Assert.Equal(large, await ChatBed.TextAsync(answer));
    }

    /// <summary>Moves the clock until the gateway has seen it: it may not yet be waiting when the clock first moves.</summary>
    internal static async Task AdvanceUntilAsync(ChatBed bed, TimeSpan by, Task done)
    {
        while (!done.IsCompleted)
        {
            bed.Time.Advance(by);
            await Task.WhenAny(done, Task.Delay(20, Cancellation));
        }
    }
}
