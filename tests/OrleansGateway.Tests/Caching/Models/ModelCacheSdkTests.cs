using System.ClientModel;
using System.Text;
using Anthropic;
using Anthropic.Models.Messages;
using OpenAI;
using OpenAI.Chat;
using OrleansGateway.Tests.Gateway;
using OrleansGateway.Tests.Upstreams;

namespace OrleansGateway.Tests.Caching.Models;

/// <summary>The vendors' own SDKs take stored answers like any other, in both forms.</summary>
public sealed class ModelCacheSdkTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)] [InlineData(false)]
    public async Task OpenAI_OfAStoredAnswer_ReadsWholeAndStream(bool isStreamFirst)
    {
        await using var bed = await ModelCacheBed.StartAsync();
        bed.OpenAI.Enqueue(isStreamFirst ? Answer.Stream(Said.OpenAIStream) : Answer.Json(Said.OpenAIWhole));
        var client = new ChatClient("o", new ApiKeyCredential(ModelCacheBed.One), new OpenAIClientOptions { Endpoint = new Uri(bed.Gateway.Url, "/v1") });
        var options = new ChatCompletionOptions { Temperature = 0 };
        for (var round = 0; round < 2; round++)
        {
            var (streamed, usage) = (new StringBuilder(), (ChatTokenUsage?)null);
            if (isStreamFirst || round > 0)
            {
                await foreach (var update in client.CompleteChatStreamingAsync([new UserChatMessage("Hi")], options, Cancellation))
                {
                    foreach (var part in update.ContentUpdate) streamed.Append(part.Text);
                    usage = update.Usage ?? usage;
                }

                Assert.Equal(("Hello", 5), (streamed.ToString(), usage!.TotalTokenCount));
            }

            ChatCompletion whole = await client.CompleteChatAsync([new UserChatMessage("Hi")], options, Cancellation);
            Assert.Equal(("Hello", ChatFinishReason.Stop, 5), (whole.Content[0].Text, whole.FinishReason, whole.Usage.TotalTokenCount));
        }

        Assert.Single(bed.OpenAI.Requests);
    }

    [Theory]
    [InlineData(true)] [InlineData(false)]
    public async Task Anthropic_OfAStoredAnswer_ReadsWholeAndStream(bool isStreamFirst)
    {
        // This SDK knows no temperature.
        await using var bed = await ModelCacheBed.StartAsync("sampled: true");
        bed.Anthropic.Enqueue(isStreamFirst ? Answer.Stream(Said.AnthropicStream) : Answer.Json(Said.AnthropicWhole));
        var client = new AnthropicClient { ApiKey = ModelCacheBed.One, BaseUrl = bed.Gateway.Url.ToString(), MaxRetries = 0, ResponseValidation = true };
        var ask = new MessageCreateParams { Model = "a", MaxTokens = 9, Messages = [new UserMessageParam("Hi")] };
        for (var round = 0; round < 2; round++)
        {
            if (isStreamFirst || round > 0)
            {
                var text = new StringBuilder();
                await foreach (var streamed in client.Messages.CreateStreaming(ask, Cancellation))
                {
                    if (streamed.TryPickContentBlockDelta(out var delta) && delta.Delta.TryPickText(out var part)) text.Append(part.Text);
                }

                Assert.Equal("Hallo", text.ToString());
            }

            var whole = await client.Messages.Create(ask, Cancellation);
            Assert.True(whole.Content[0].TryPickText(out var said));
            Assert.Equal(("Hallo", 2), (said!.Text, whole.Usage.OutputTokens));
        }

        Assert.Single(bed.Anthropic.Requests);
    }
}
