using System.ClientModel;
using System.ClientModel.Primitives;
using System.Text;
using System.Text.Json;
using OpenAI;
using OpenAI.Chat;
using OpenAI.Embeddings;

namespace OrleansGateway.Tests.Sdk;

/// <summary>The official OpenAI SDK for .NET on a server: each method is one scenario and asserts by itself.</summary>
internal sealed class OpenAIDotNet(SdkServer server)
{
    private static readonly ChatMessage[] s_hello = [new SystemChatMessage("Be brief."), new UserChatMessage("Say hello to the whole wide world.")];

    private static readonly ChatTool s_weather = ChatTool.CreateFunctionTool("get_weather", "The weather in a city.", BinaryData.FromString(
        """{"type":"object","properties":{"city":{"type":"string"}},"required":["city"],"additionalProperties":false}"""));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async Task ChatAsync()
    {
        ChatCompletion completion = await Chat("chat").CompleteChatAsync(s_hello, cancellationToken: Cancellation);
        Assert.NotEmpty(Assert.Single(completion.Content).Text);
        Assert.Equal((ChatFinishReason.Stop, ChatMessageRole.Assistant), (completion.FinishReason, completion.Role));
        Assert.True(completion.Usage.InputTokenCount > 0 && completion.Usage.OutputTokenCount > 0);
    }

    public async Task StreamAsync()
    {
        var (text, finish, usage) = (new StringBuilder(), default(ChatFinishReason?), default(ChatTokenUsage));
        await foreach (var update in Chat("chat").CompleteChatStreamingAsync(s_hello, cancellationToken: Cancellation))
        {
            foreach (var part in update.ContentUpdate) text.Append(part.Text);
            finish = update.FinishReason ?? finish;
            // This SDK always asks for it.
            usage = update.Usage ?? usage;
        }

        Assert.NotEqual(0, text.Length);
        Assert.Equal(ChatFinishReason.Stop, finish);
        Assert.True(usage!.TotalTokenCount > 0);
    }

    public async Task ToolsAsync()
    {
        List<ChatMessage> messages = [new UserChatMessage("What is the weather in Paris?")];
        var options = new ChatCompletionOptions { Tools = { s_weather } };
        ChatCompletion asked = await Chat("tools").CompleteChatAsync(messages, options, Cancellation);
        Assert.Equal(ChatFinishReason.ToolCalls, asked.FinishReason);
        var call = Assert.Single(asked.ToolCalls);
        CheckWeatherCall(call.FunctionName, call.FunctionArguments.ToString());
        messages.AddRange([new AssistantChatMessage(asked), new ToolChatMessage(call.Id, "Sunny, 21 °C.")]);
        ChatCompletion told = await Chat("tools").CompleteChatAsync(messages, options, Cancellation);
        Assert.NotEmpty(Assert.Single(told.Content).Text);
    }

    public async Task ToolsStreamAsync()
    {
        var (name, arguments, finish) = ("", new StringBuilder(), default(ChatFinishReason?));
        var options = new ChatCompletionOptions { Tools = { s_weather } };
        await foreach (var update in Chat("tools").CompleteChatStreamingAsync([new UserChatMessage("What is the weather in Paris?")], options, Cancellation))
        {
            finish = update.FinishReason ?? finish;
            foreach (var part in update.ToolCallUpdates)
            {
                name += part.FunctionName;
                arguments.Append(part.FunctionArgumentsUpdate);
            }
        }

        Assert.Equal(ChatFinishReason.ToolCalls, finish);
        CheckWeatherCall(name, arguments.ToString());
    }

    public async Task EmbeddingsAsync()
    {
        var embedder = Client().GetEmbeddingClient(server.Model("embed"));
        OpenAIEmbeddingCollection vectors = await embedder.GenerateEmbeddingsAsync(["a first text", "a second text"], cancellationToken: Cancellation);
        Assert.Equal([0, 1], vectors.Select(vector => vector.Index));
        Assert.All(vectors, vector => Assert.False(vector.ToFloats().IsEmpty));
    }

    public async Task EmbeddingsRefusedAsync()
    {
        var embedder = Client().GetEmbeddingClient(server.Model("embed"));
        var error = await Assert.ThrowsAsync<ClientResultException>(() => embedder.GenerateEmbeddingsAsync(["a text"], cancellationToken: Cancellation));
        Assert.Equal(400, error.Status);
    }

    public async Task ModelsAsync()
    {
        var models = await Client().GetOpenAIModelClient().GetModelsAsync(Cancellation);
        Assert.Contains(server.Model("chat"), models.Value.Select(model => model.Id));
    }

    public async Task AbortAsync()
    {
        using var aborting = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var update in Chat("slow").CompleteChatStreamingAsync(s_hello, cancellationToken: aborting.Token))
            {
                if (update.ContentUpdate.Any(part => part.Text.Length > 0)) await aborting.CancelAsync();
            }
        });
        Assert.True(aborting.IsCancellationRequested);
    }

    /// <summary>Of two calls the server fails at least one once; the SDK's own retry must make both succeed.</summary>
    public async Task RetryAsync()
    {
        var chat = Client(retries: 2).GetChatClient(server.Model("flaky"));
        for (var call = 0; call < 2; call++)
        {
            ChatCompletion completion = await chat.CompleteChatAsync(s_hello, cancellationToken: Cancellation);
            Assert.NotEmpty(completion.Content);
        }
    }

    public async Task ErrorsAsync()
    {
        await AssertRefusedAsync(400, "status-400");
        await AssertRefusedAsync(401, "chat", apiKey: "wrong-key");
        await AssertRefusedAsync(403, "forbidden");
        await AssertRefusedAsync(404, "no-such-model");
        await AssertRefusedAsync(429, "status-429");
        await AssertRefusedAsync(500, "status-500");
    }

    private async Task AssertRefusedAsync(int status, string model, string? apiKey = null)
    {
        var chat = Client(apiKey: apiKey).GetChatClient(server.Model(model));
        var error = await Assert.ThrowsAsync<ClientResultException>(() => chat.CompleteChatAsync(s_hello, cancellationToken: Cancellation));
        Assert.Equal(status, error.Status);
        var fault = JsonElement.Parse(error.GetRawResponse()!.Content).GetProperty("error");
        Assert.NotEqual("", fault.GetProperty("message").GetString());
        Assert.NotEqual("", fault.GetProperty("type").GetString());
        Assert.True(error.GetRawResponse()!.Headers.TryGetValue("x-request-id", out _), "x-request-id");
    }

    private static void CheckWeatherCall(string name, string arguments)
    {
        Assert.Equal("get_weather", name);
        Assert.Equal(JsonValueKind.String, JsonElement.Parse(arguments).GetProperty("city").ValueKind);
    }

    private ChatClient Chat(string model) => Client().GetChatClient(server.Model(model));

    private OpenAIClient Client(int retries = 0, string? apiKey = null) => new(
        new ApiKeyCredential(apiKey ?? server.ApiKey),
        new OpenAIClientOptions { Endpoint = server.V1, RetryPolicy = new ClientRetryPolicy(retries) });
}
