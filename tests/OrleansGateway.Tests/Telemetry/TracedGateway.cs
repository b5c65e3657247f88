using System.Text;
using OrleansGateway.Tests.Gateway;
using OrleansGateway.Tests.Upstreams;

namespace OrleansGateway.Tests.Telemetry;

/// <summary>A whole gateway that sends its spans to a collector of the test's, before a mock provider of each dialect.</summary>
internal sealed class TracedGateway : IAsyncDisposable
{
    /// <summary>What a client sends: sampled, with a state of its own.</summary>
    public const string ClientTrace = "4bf92f3577b34da6a3ce929d0e0e4736";
    public const string ClientSpan = "00f067aa0ba902b7";
    public const string Prompt = "the-prompt-of-the-client";

    private readonly GatewayUnderTest _gateway;
    private bool _ended;

    private TracedGateway(GatewayUnderTest gateway, OtlpReceiver receiver, MockUpstream openAI, MockUpstream anthropic) =>
        (_gateway, Receiver, OpenAI, Anthropic) = (gateway, receiver, openAI, anthropic);

    public OtlpReceiver Receiver { get; }
    public MockUpstream OpenAI { get; }
    public MockUpstream Anthropic { get; }
    public GatewayUnderTest Gateway => _gateway;

    /// <param name="traces">Settings of <c>telemetry.traces</c> besides the endpoint; none turns tracing off.</param>
    /// <param name="grpc">Whether the collector is reached by gRPC.</param>
    public static async Task<TracedGateway> StartAsync(string? traces = "sample_ratio: 1", bool grpc = false)
    {
        var (receiver, openAI, anthropic) = (await OtlpReceiver.StartAsync(), await MockUpstream.StartAsync(), await MockUpstream.StartAsync());
        var endpoint = grpc ? $"endpoint: \"{receiver.Grpc}\", protocol: grpc" : $"endpoint: \"{receiver.Http}\"";
        var gateway = await GatewayUnderTest.StartAsync(Yaml(traces is null ? null : $"{endpoint}, {traces}", openAI, anthropic));
        return new TracedGateway(gateway, receiver, openAI, anthropic);
    }

    /// <summary>Reloads with other settings of <c>telemetry.traces</c>.</summary>
    public async Task ReloadAsync(string traces)
    {
        Gateway.Write(Yaml($"endpoint: \"{Receiver.Http}\", {traces}", OpenAI, Anthropic));
        Assert.True((await Gateway.Host.Configuration.ReloadAsync(TestContext.Current.CancellationToken)).Changed);
    }

    /// <summary>Posts a chat and reads the answer to its end.</summary>
    public async Task<string> ChatAsync(string model, bool stream = false, string? traceparent = null, string? tracestate = null)
    {
        using var answer = await SendAsync(model, stream, traceparent, tracestate);
        return await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }

    public Task<HttpResponseMessage> SendAsync(string model, bool stream = false, string? traceparent = null, string? tracestate = null)
    {
        var body = $$"""{"model":"{{model}}","stream":{{(stream ? "true" : "false")}},"messages":[{"role":"user","content":"{{Prompt}}"}]}""";
        var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions?key=" + GatewayUnderTest.Key) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        if (traceparent is not null) request.Headers.Add("traceparent", traceparent);
        if (tracestate is not null) request.Headers.Add("tracestate", tracestate);
        return _gateway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
    }

    /// <summary>Stops the gateway, which sends what is left, and returns all spans received.</summary>
    public async Task<IReadOnlyList<ReceivedSpan>> EndAsync()
    {
        _ended = true;
        await _gateway.DisposeAsync();
        return Receiver.Spans;
    }

    private static string Yaml(string? traces, MockUpstream openAI, MockUpstream anthropic) => $$"""
        {{(traces is null ? "" : $"telemetry: {{traces: {{{traces}}}}}")}}
        providers:
          o: {kind: openai, base_url: "{{openAI.V1}}", api_key: provider-key-o}
          a: {kind: anthropic, base_url: "{{anthropic.V1}}", api_key: provider-key-a}
        models:
          o: {targets: [{provider: o, model: gpt-there}]}
          o-then-a: {targets: [{provider: o}], fallbacks: [{provider: a, model: claude-there}]}
        """;

    public async ValueTask DisposeAsync()
    {
        if (!_ended) await _gateway.DisposeAsync();
        await OpenAI.DisposeAsync();
        await Anthropic.DisposeAsync();
        await Receiver.DisposeAsync();
    }
}
