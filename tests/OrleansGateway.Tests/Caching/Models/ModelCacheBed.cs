using System.Net;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using OrleansGateway.Caching.Models;
using OrleansGateway.Invalidation;
using OrleansGateway.Telemetry;
using OrleansGateway.Tests.Gateway;
using OrleansGateway.Tests.Upstreams;
using OrleansGateway.Tests.Usage;
using OrleansGateway.Usage;

namespace OrleansGateway.Tests.Caching.Models;

/// <summary>
/// A gateway whose only route caches models' answers, before a mock provider of each dialect. Keys: <c>one</c> and <c>two</c> of the tenant <c>acme</c>, users alice and bob;
/// <c>other</c> of <c>globex</c>. Models <c>o</c> and <c>a</c>, as in <see cref="ChatBed"/>.
/// </summary>
internal sealed class ModelCacheBed : IAsyncDisposable
{
    public const string One = "test-key-one-0123456789-0123456789";
    public const string Two = "test-key-two-0123456789-0123456789";
    public const string Other = "test-key-other-0123456789-0123456789";

    private ModelCacheBed(GatewayUnderTest gateway, MockUpstream openAI, MockUpstream anthropic, ManualTime time, UsageBook book, ModelCache cache, InvalidationTable invalidations) =>
        (Gateway, OpenAI, Anthropic, Time, Book, Cache, Invalidations) = (gateway, openAI, anthropic, time, book, cache, invalidations);

    public GatewayUnderTest Gateway { get; }
    public MockUpstream OpenAI { get; }
    public MockUpstream Anthropic { get; }
    public ManualTime Time { get; }
    public UsageBook Book { get; }
    public ModelCache Cache { get; }
    public InvalidationTable Invalidations { get; }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <param name="cache">Settings of <c>model_cache</c>, in flow style.</param>
    /// <param name="more">Other sections.</param>
    public static async Task<ModelCacheBed> StartAsync(string cache = "", string more = "")
    {
        var (openAI, anthropic, time, book) = (await MockUpstream.StartAsync(), await MockUpstream.StartAsync(), new ManualTime(), new UsageBook());
        var (table, made) = (new InvalidationTable(), (ModelCache?)null);
        var gateway = await GatewayUnderTest.StartWholeAsync($$$"""
            listeners: {data: ["127.0.0.1:0"], admin: "127.0.0.1:0"}
            access_log: {output: access.log}
            tenants:
              acme: {teams: {t: {users: {alice: {}, bob: {} } } } }
              globex: {}
            keys:
              one: {tenant: acme, team: t, user: alice, secret: {{{One}}}}
              two: {tenant: acme, team: t, user: bob, secret: {{{Two}}}}
              other: {tenant: globex, secret: {{{Other}}}}
            routes: {default: {path: /, model_cache: { {{{cache}}} } } }
            providers:
              o: {kind: openai, base_url: "{{{openAI.V1}}}", api_key: provider-key-o}
              a: {kind: anthropic, base_url: "{{{anthropic.V1}}}", api_key: provider-key-a}
            models:
              o: {targets: [{provider: o, price: {input: 1, output: 10}}]}
              a: {targets: [{provider: a, price: {input: 1, output: 10}}]}
              o-then-a: {targets: [{provider: o, price: {input: 1, output: 10}}], fallbacks: [{provider: a, price: {input: 1, output: 10}}]}

            """ + more, time, replace: services =>
        {
            services.AddSingleton<IUsageLog>(book);
            services.AddSingleton(table);
            services.AddSingleton(provider => made = new ModelCache(1 << 20, provider.GetRequiredService<ModelCacheMetrics>(), new Random(1), time));
        });
        return new ModelCacheBed(gateway, openAI, anthropic, time, book, made!, table);
    }

    /// <summary>Posts a chat in OpenAI's dialect that is not drawn at random, and returns at the head of the answer.</summary>
    public Task<HttpResponseMessage> ChatAsync(string model = "o", string more = "", string key = One, params (string Name, string Value)[] headers) =>
        PostAsync("/v1/chat/completions", $$"""{"model":"{{model}}","temperature":0,"messages":[{"role":"user","content":"Hi"}]{{more}}}""", key, headers);

    /// <summary>Posts a chat in Anthropic's dialect.</summary>
    public Task<HttpResponseMessage> MessageAsync(string model = "a", string more = "", string key = One) =>
        PostAsync("/v1/messages", $$"""{"model":"{{model}}","temperature":0,"max_tokens":9,"messages":[{"role":"user","content":"Hi"}]{{more}}}""", key, []);

    public async Task<HttpResponseMessage> PostAsync(string path, string body, string key, (string Name, string Value)[] headers, CancellationToken? cancellation = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.Authorization = new("Bearer", key);
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        return await Gateway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation ?? Cancellation);
    }

    /// <summary>The answer's text, and what its <c>Cache-Status</c> says.</summary>
    public static async Task<(string Text, string Status)> ReadAsync(Task<HttpResponseMessage> asked)
    {
        using var answer = await asked;
        var text = await answer.Content.ReadAsStringAsync(Cancellation);
        Assert.True(answer.StatusCode == HttpStatusCode.OK, $"{answer.StatusCode}: {text}");
        return (text, StatusOf(answer));
    }

    public static string StatusOf(HttpResponseMessage answer) => answer.Headers.TryGetValues("Cache-Status", out var values) ? string.Join(", ", values) : "";

    public async ValueTask DisposeAsync()
    {
        await Gateway.DisposeAsync();
        await OpenAI.DisposeAsync();
        await Anthropic.DisposeAsync();
    }
}
