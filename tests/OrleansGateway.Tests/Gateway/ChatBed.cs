using System.Net;
using System.Text;
using System.Text.Json;
using OrleansGateway.Tests.Upstreams;

namespace OrleansGateway.Tests.Gateway;

/// <summary>
/// A gateway before two mock providers, one of each dialect. Models: <c>o</c> and <c>a</c> are served by the one of OpenAI's and of Anthropic's dialect,
/// <c>o-then-a</c> falls back from the first to the second, <c>o-renamed</c> is called <c>other</c> at its provider.
/// </summary>
internal sealed class ChatBed : IAsyncDisposable
{
    private ChatBed(GatewayUnderTest gateway, MockUpstream openAI, MockUpstream anthropic, ManualTime time) =>
        (Gateway, OpenAI, Anthropic, Time) = (gateway, openAI, anthropic, time);

    public GatewayUnderTest Gateway { get; }
    public MockUpstream OpenAI { get; }
    public MockUpstream Anthropic { get; }
    public ManualTime Time { get; }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<ChatBed> StartAsync()
    {
        var (openAI, anthropic, time) = (await MockUpstream.StartAsync(), await MockUpstream.StartAsync(), new ManualTime());
        var timeouts = "timeouts: {first_token: 10s, idle: 5s, total: 60s}";
        var gateway = await GatewayUnderTest.StartAsync($$"""
            providers:
              o: {kind: openai, base_url: "{{openAI.V1}}", api_key: provider-key-o, {{timeouts}}}
              a: {kind: anthropic, base_url: "{{anthropic.V1}}", api_key: provider-key-a, headers: {x-extra: added}, {{timeouts}}}
              as-sent: {kind: openai, base_url: "{{openAI.V1}}", stream_usage: as_sent}
              nowhere: {kind: openai, base_url: "http://127.0.0.1:1/v1"}
            models:
              o: {targets: [{provider: o}]}
              a: {targets: [{provider: a}]}
              o-renamed: {targets: [{provider: o, model: "other\"name\""}]}
              o-as-sent: {targets: [{provider: as-sent}]}
              o-then-a: {targets: [{provider: o}], fallbacks: [{provider: a}]}
              nowhere-then-a: {targets: [{provider: nowhere}], fallbacks: [{provider: a}]}
            """, time);
        return new ChatBed(gateway, openAI, anthropic, time);
    }

    /// <summary>Posts a chat in OpenAI's dialect and returns at the head of the answer.</summary>
    public Task<HttpResponseMessage> ChatAsync(string model, string more = "", CancellationToken? cancellation = null) =>
        PostAsync("/v1/chat/completions", $$"""{"model":"{{model}}","messages":[{"role":"user","content":"Hi"}]{{more}}}""", cancellation);

    /// <summary>Posts a chat in Anthropic's dialect.</summary>
    public Task<HttpResponseMessage> MessageAsync(string model, string more = "") =>
        PostAsync("/v1/messages", $$"""{"model":"{{model}}","max_tokens":9,"messages":[{"role":"user","content":"Hi"}]{{more}}}""");

    public Task<HttpResponseMessage> PostAsync(string path, string body, CancellationToken? cancellation = null) => Gateway.Client.SendAsync(
        new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body, Encoding.UTF8, "application/json") },
        HttpCompletionOption.ResponseHeadersRead,
        cancellation ?? Cancellation);

    public static Task<string> TextAsync(HttpResponseMessage answer) => answer.Content.ReadAsStringAsync(Cancellation);

    /// <summary>Status and the error's code or type, from an error in either dialect.</summary>
    public static async Task<(HttpStatusCode Status, string? Error)> ErrorAsync(HttpResponseMessage answer)
    {
        var error = JsonElement.Parse(await TextAsync(answer)).GetProperty("error");
        return (answer.StatusCode, (error.TryGetProperty("code", out var code) ? code : error.GetProperty("type")).GetString());
    }

    public async ValueTask DisposeAsync()
    {
        await Gateway.DisposeAsync();
        await OpenAI.DisposeAsync();
        await Anthropic.DisposeAsync();
    }
}
