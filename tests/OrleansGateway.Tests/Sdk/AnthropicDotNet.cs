using System.Text;
using System.Text.Json;
using Anthropic;
using Anthropic.Exceptions;
using Anthropic.Models.Messages;

namespace OrleansGateway.Tests.Sdk;

/// <summary>The official Anthropic SDK for .NET on a server, its own validation of answers on: each method is one scenario and asserts by itself.</summary>
internal sealed class AnthropicDotNet(SdkServer server)
{
    private static readonly Tool s_weather = new()
    {
        Name = "get_weather",
        InputSchema = new InputSchema
        {
            Properties = new Dictionary<string, JsonElement> { ["city"] = JsonElement.Parse("""{"type":"string"}""") },
            Required = ["city"],
        },
    };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async Task CreateAsync()
    {
        var message = await Client().Messages.Create(Ask("chat"), Cancellation);
        Assert.NotEmpty(TextOf(message));
        Assert.Equal(StopReason.EndTurn, message.StopReason!.Value());
        Assert.True(message.Usage.InputTokens > 0 && message.Usage.OutputTokens > 0);
    }

    public async Task StreamAsync()
    {
        var (text, last) = (new StringBuilder(), default(RawMessageDeltaEvent));
        await foreach (var streamed in Client().Messages.CreateStreaming(Ask("chat"), Cancellation))
        {
            if (streamed.TryPickContentBlockDelta(out var delta) && delta.Delta.TryPickText(out var part)) text.Append(part.Text);
            if (streamed.TryPickDelta(out var end)) last = end;
        }

        Assert.NotEqual(0, text.Length);
        Assert.Equal(StopReason.EndTurn, last!.Delta.StopReason!.Value());
        Assert.True(last.Usage.OutputTokens > 0);
    }

    public async Task ToolsAsync()
    {
        var message = await Client().Messages.Create(Ask("tools") with { Tools = [s_weather] }, Cancellation);
        Assert.Equal(StopReason.ToolUse, message.StopReason!.Value());
        var use = message.Content.Select(block => block.TryPickToolUse(out var use) ? use : null).Single(use => use is not null)!;
        Assert.Equal("get_weather", use.Name);
        Assert.Equal(JsonValueKind.String, use.Input["city"].ValueKind);
    }

    public async Task ToolsStreamAsync()
    {
        var (json, reason) = (new StringBuilder(), default(StopReason?));
        await foreach (var streamed in Client().Messages.CreateStreaming(Ask("tools") with { Tools = [s_weather] }, Cancellation))
        {
            if (streamed.TryPickContentBlockDelta(out var delta) && delta.Delta.TryPickInputJson(out var part)) json.Append(part.PartialJson);
            if (streamed.TryPickDelta(out var end)) reason = end.Delta.StopReason!.Value();
        }

        Assert.Equal(StopReason.ToolUse, reason);
        Assert.Equal(JsonValueKind.String, JsonElement.Parse(json.ToString()).GetProperty("city").ValueKind);
    }

    public async Task AbortAsync()
    {
        using var aborting = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var streamed in Client().Messages.CreateStreaming(Ask("slow"), aborting.Token))
            {
                if (streamed.TryPickContentBlockDelta(out _)) await aborting.CancelAsync();
            }
        });
        Assert.True(aborting.IsCancellationRequested);
    }

    /// <summary>Of two calls the server fails at least one once; the SDK's own retry must make both succeed.</summary>
    public async Task RetryAsync()
    {
        for (var call = 0; call < 2; call++) Assert.NotEmpty(TextOf(await Client(retries: 2).Messages.Create(Ask("flaky"), Cancellation)));
    }

    public async Task ErrorsAsync()
    {
        await AssertRefusedAsync<AnthropicBadRequestException>("invalid_request_error", "status-400");
        await AssertRefusedAsync<AnthropicUnauthorizedException>("authentication_error", "chat", apiKey: "wrong-key");
        await AssertRefusedAsync<AnthropicForbiddenException>("permission_error", "forbidden");
        await AssertRefusedAsync<AnthropicNotFoundException>("not_found_error", "no-such-model");
        await AssertRefusedAsync<AnthropicRateLimitException>("rate_limit_error", "status-429");
        await AssertRefusedAsync<Anthropic5xxException>("api_error", "status-500");
    }

    public async Task ErrorMidStreamAsync()
    {
        var ended = false;
        var error = await Assert.ThrowsAsync<AnthropicSseException>(async () =>
        {
            await foreach (var streamed in Client().Messages.CreateStreaming(Ask("broken-stream"), Cancellation)) ended |= streamed.TryPickStop(out _);
        });
        Assert.NotEmpty(error.Message);
        Assert.False(ended, "a cut stream came to a proper end");
    }

    private async Task AssertRefusedAsync<TException>(string type, string model, string? apiKey = null)
        where TException : AnthropicApiException
    {
        var error = await Assert.ThrowsAnyAsync<AnthropicApiException>(() => Client(apiKey: apiKey).Messages.Create(Ask(model), Cancellation));
        Assert.IsAssignableFrom<TException>(error);
        Assert.Equal(type, JsonElement.Parse(error.ResponseBody).GetProperty("error").GetProperty("type").GetString());
        Assert.False(string.IsNullOrEmpty(error.RequestID), "request-id");
    }

    private MessageCreateParams Ask(string model) => new()
    {
        Model = server.Model(model),
        MaxTokens = 256,
        Messages = [new UserMessageParam("Say hello to the whole wide world.")],
    };

    private static string TextOf(Message message) => string.Concat(message.Content.Select(block => block.TryPickText(out var text) ? text.Text : ""));

    private AnthropicClient Client(int retries = 0, string? apiKey = null) =>
        new() { BaseUrl = server.Url.ToString(), ApiKey = apiKey ?? server.ApiKey, MaxRetries = retries, ResponseValidation = true };
}
