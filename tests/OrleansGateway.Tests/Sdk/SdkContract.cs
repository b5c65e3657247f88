namespace OrleansGateway.Tests.Sdk;

/// <summary>
/// What every SDK must get from a server that offers the models of tests/sdk/README.md. One derived class per server, which brings it up in
/// <see cref="StartAsync"/> and down in <see cref="StopAsync"/>.
/// </summary>
public abstract class SdkContract : IAsyncLifetime
{
    /// <summary>For a server that never answers, or never ends. Milliseconds; above the programs' own deadline.</summary>
    private const int Deadline = 330_000;

    private SdkServer _server = null!;

    private protected SdkServer Server => _server;

    /// <summary>Whether the server has embeddings; one that has none refuses them with a 400.</summary>
    internal virtual bool HasEmbeddings => true;

    /// <summary>Scenarios of the <c>openai</c> program that this server need not pass, each with a reason beside it.</summary>
    internal virtual IReadOnlyList<string> ExceptOpenAI => [];

    /// <summary>The same for the <c>anthropic</c> program.</summary>
    internal virtual IReadOnlyList<string> ExceptAnthropic => [];

    /// <summary>The same for the <c>ai-sdk</c> program.</summary>
    internal virtual IReadOnlyList<string> ExceptAiSdk => [];

    internal abstract Task<SdkServer> StartAsync();

    internal abstract ValueTask StopAsync();

    public async ValueTask InitializeAsync() => _server = await StartAsync();

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await StopAsync();
    }

    [Fact(Timeout = Deadline)]
    public async Task OpenAINode_EveryScenario_Passes() => (await NodeProgram.RunAllAsync("openai", _server, ExceptOpenAI)).AssertPassed();

    [Fact(Timeout = Deadline)]
    public async Task AnthropicNode_EveryScenario_Passes() => (await NodeProgram.RunAllAsync("anthropic", _server, ExceptAnthropic)).AssertPassed();

    [Fact(Timeout = Deadline)]
    public async Task AiSdkNode_EveryScenario_Passes() => (await NodeProgram.RunAllAsync("ai-sdk", _server, ExceptAiSdk)).AssertPassed();

    [Fact(Timeout = Deadline)]
    public Task OpenAIDotNet_Chat_Answers() => new OpenAIDotNet(_server).ChatAsync();

    [Fact(Timeout = Deadline)]
    public Task OpenAIDotNet_Stream_CarriesTextFinishAndUsage() => new OpenAIDotNet(_server).StreamAsync();

    [Fact(Timeout = Deadline)]
    public Task OpenAIDotNet_Tools_AreCalledAndTheirResultsTaken() => new OpenAIDotNet(_server).ToolsAsync();

    [Fact(Timeout = Deadline)]
    public Task OpenAIDotNet_ToolsStreamed_AreCalled() => new OpenAIDotNet(_server).ToolsStreamAsync();

    [Fact(Timeout = Deadline)]
    public Task OpenAIDotNet_Embeddings_AreDecodedOrRefused() =>
        HasEmbeddings ? new OpenAIDotNet(_server).EmbeddingsAsync() : new OpenAIDotNet(_server).EmbeddingsRefusedAsync();

    [Fact(Timeout = Deadline)]
    public Task OpenAIDotNet_Models_AreListed() => new OpenAIDotNet(_server).ModelsAsync();

    [Fact(Timeout = Deadline)]
    public Task OpenAIDotNet_Abort_EndsTheStream() => new OpenAIDotNet(_server).AbortAsync();

    [Fact(Timeout = Deadline)]
    public Task OpenAIDotNet_Retry_GetsTheAnswer() => new OpenAIDotNet(_server).RetryAsync();

    [Fact(Timeout = Deadline)]
    public Task OpenAIDotNet_Errors_CarryStatusAndReason() => new OpenAIDotNet(_server).ErrorsAsync();

    [Fact(Timeout = Deadline)]
    public Task AnthropicDotNet_Create_Answers() => new AnthropicDotNet(_server).CreateAsync();

    [Fact(Timeout = Deadline)]
    public Task AnthropicDotNet_Stream_CarriesTextStopReasonAndUsage() => new AnthropicDotNet(_server).StreamAsync();

    [Fact(Timeout = Deadline)]
    public Task AnthropicDotNet_Tools_AreCalled() => new AnthropicDotNet(_server).ToolsAsync();

    [Fact(Timeout = Deadline)]
    public Task AnthropicDotNet_ToolsStreamed_AreCalled() => new AnthropicDotNet(_server).ToolsStreamAsync();

    [Fact(Timeout = Deadline)]
    public Task AnthropicDotNet_Abort_EndsTheStream() => new AnthropicDotNet(_server).AbortAsync();

    [Fact(Timeout = Deadline)]
    public Task AnthropicDotNet_Retry_GetsTheAnswer() => new AnthropicDotNet(_server).RetryAsync();

    [Fact(Timeout = Deadline)]
    public Task AnthropicDotNet_Errors_AreOfTheirOwnType() => new AnthropicDotNet(_server).ErrorsAsync();

    [Fact(Timeout = Deadline)]
    public Task AnthropicDotNet_ErrorMidStream_IsThrown() => new AnthropicDotNet(_server).ErrorMidStreamAsync();
}
