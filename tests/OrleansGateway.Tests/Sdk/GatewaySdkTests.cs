using OrleansGateway.Tests.Gateway;
using OrleansGateway.Tests.Topologies;
using OrleansGateway.Tests.Upstreams;

namespace OrleansGateway.Tests.Sdk;

/// <summary>The SDKs talking to the gateway, which asks one kind of provider.</summary>
public abstract class GatewaySdkTests(string prefix) : SdkContract
{
    private readonly string _capture = Path.GetTempFileName();
    private MockUpstream _upstream = null!;
    private GatewayUnderTest _gateway = null!;

    internal override async Task<SdkServer> StartAsync()
    {
        _upstream = await MockUpstream.StartAsync(new ReferenceProvider().Handle);
        _gateway = await GatewayUnderTest.StartWholeAsync(SdkGatewayYaml.Of(_upstream.V1));
        return new SdkServer(_gateway.Url, SdkGatewayYaml.ApiKey, prefix)
        {
            Environment = new Dictionary<string, string> { ["CAPTURE"] = _capture },
        };
    }

    internal override async ValueTask StopAsync()
    {
        await _gateway.DisposeAsync();
        await _upstream.DisposeAsync();
        File.Delete(_capture);
    }

    /// <summary>All that the gateway answered to the OpenAI clients, judged by OpenAI's own description.</summary>
    [Fact]
    public async Task Answers_ToOpenAIClients_SatisfyOpenAIsDescription()
    {
        (await NodeProgram.RunAsync("openai", Server, "chat", "stream", "tools", "tools-stream", "structured", "models", "error-401", "error-404", "error-mid-stream")).AssertPassed();
        await OpenAISchema.AssertValidAsync(await File.ReadAllLinesAsync(_capture, TestContext.Current.CancellationToken));
    }
}

/// <summary>By the built-in provider. Each node of a cluster has one of its own, so that what is tried again may come to one that has not failed yet.</summary>
public sealed class FakeProviderSdkTests() : GatewaySdkTests("fake-")
{
    private static readonly string[] s_retries = Topology.IsCluster ? ["retry", "retry-limited"] : [];

    internal override IReadOnlyList<string> ExceptOpenAI => s_retries;
    internal override IReadOnlyList<string> ExceptAnthropic => s_retries;
    internal override IReadOnlyList<string> ExceptAiSdk => [.. s_retries.Take(1)];
}

/// <summary>By an OpenAI-compatible provider: OpenAI's clients pass through, Anthropic's are translated. It does not count tokens.</summary>
public sealed class OpenAIProviderSdkTests() : GatewaySdkTests("openai-")
{
    internal override IReadOnlyList<string> ExceptAnthropic => ["count-tokens"];
}

/// <summary>By Anthropic: Anthropic's clients pass through, OpenAI's are translated. It has no embeddings.</summary>
public sealed class AnthropicProviderSdkTests() : GatewaySdkTests("anthropic-")
{
    internal override IReadOnlyList<string> ExceptOpenAI => ["embeddings"];
    internal override IReadOnlyList<string> ExceptAiSdk => ["embed"];
    internal override bool HasEmbeddings => false;
}
