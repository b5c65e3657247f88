using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using OrleansGateway.Tests.Gateway;
using OrleansGateway.Usage;

namespace OrleansGateway.Tests.Budgets;

/// <summary>
/// A gateway with limits before a provider that bills by its own count. Models: <c>o</c> speaks OpenAI's dialect, <c>a</c> Anthropic's; input costs 1 USD and output 10 USD for a
/// million tokens. <c>nowhere</c> cannot be reached; <c>cheap</c> costs a ten-thousandth.
/// </summary>
internal sealed class LimitBed : IAsyncDisposable
{
    /// <summary>A tenant with a key of the name <c>test</c>.</summary>
    public const string Callers = "tenants: {acme: {}}\nkeys: {test: {tenant: acme, secret: " + GatewayUnderTest.Key + "}}\n";

    private LimitBed(GatewayUnderTest gateway, TokenMill mill) => (Gateway, Mill) = (gateway, mill);

    public GatewayUnderTest Gateway { get; }

    public TokenMill Mill { get; }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <param name="rules">The sections <c>rate_limits</c> and <c>budgets</c>.</param>
    /// <param name="time">A clock of the test's own.</param>
    /// <param name="callers">The sections <c>tenants</c> and <c>keys</c>.</param>
    /// <param name="usage">Takes usage records in place of the gateway's log.</param>
    /// <param name="isKept">Whether the gateway keeps its usage, in its own log and store.</param>
    /// <param name="replace">Puts parts of the test's own in.</param>
    public static async Task<LimitBed> StartAsync(string rules, TimeProvider? time = null, string callers = Callers, IUsageLog? usage = null, bool isKept = false,
        Action<IServiceCollection>? replace = null)
    {
        var mill = await TokenMill.StartAsync();
        var gateway = await GatewayUnderTest.StartWholeAsync(Yaml(mill, rules, callers), time, replace: services =>
        {
            if (usage is not null) services.AddSingleton(usage);
            replace?.Invoke(services);
            if (isKept) services.AddSingleton<IUsageLog>(provider => provider.GetRequiredService<UsageLog>());
        });
        return new LimitBed(gateway, mill);
    }

    /// <summary>The same callers with more settings, as YAML in flow style.</summary>
    public static string CallersWith(string tenant = "", string key = "") =>
        $"tenants: {{acme: {{{tenant}}}}}\nkeys: {{test: {{tenant: acme, secret: {GatewayUnderTest.Key}{(key.Length > 0 ? ", " + key : "")}}}}}\n";

    /// <summary>Has other rules, or callers, in force when it returns.</summary>
    public async Task ChangeAsync(string rules, string callers = Callers)
    {
        await File.WriteAllTextAsync(Path.Combine(Gateway.Folder, "gateway.yaml"), Yaml(Mill, rules, callers), Cancellation);
        await Gateway.Host.ReloadAsync(Cancellation);
        Assert.Empty(Gateway.Host.Configuration.LastFaults);
    }

    private static string Yaml(TokenMill mill, string rules, string callers)
    {
        const string Price = "price: {input: 1, output: 10}";
        return callers + $$$"""
            listeners: {data: ["127.0.0.1:0"], admin: "127.0.0.1:0"}
            access_log: {output: access.log}
            routes: {default: {path: /}}
            providers:
              o: {kind: openai, base_url: "{{{mill.V1}}}", api_key: provider-key-o, timeouts: {first_token: 20s}}
              a: {kind: anthropic, base_url: "{{{mill.V1}}}", api_key: provider-key-a}
              nowhere: {kind: openai, base_url: "http://127.0.0.1:1/v1"}
            models:
              o: {targets: [{provider: o, {{{Price}}}}]}
              a: {targets: [{provider: a, {{{Price}}}}]}
              gpt-4o: {targets: [{provider: o, {{{Price}}}}]}
              cheap: {targets: [{provider: o, model: cheap-one, price: {input: 0.0001, output: 0.001}}]}
              nowhere: {targets: [{provider: nowhere, {{{Price}}}}]}
              o-then-a: {targets: [{provider: o, {{{Price}}}}], fallbacks: [{provider: a, {{{Price}}}}]}
              nowhere-then-o: {targets: [{provider: nowhere, {{{Price}}}}], fallbacks: [{provider: o, {{{Price}}}}]}

            """ + rules;
    }

    public Task<HttpResponseMessage> ChatAsync(string model, string more = "", CancellationToken? cancellation = null) =>
        PostAsync("/v1/chat/completions", ChatBody(model, more), cancellation);

    public Task<HttpResponseMessage> MessageAsync(string model, string more = "") => PostAsync("/v1/messages", ChatBody(model, more));

    public Task<HttpResponseMessage> PostAsync(string path, string body, CancellationToken? cancellation = null) => Gateway.Client.SendAsync(
        new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body, Encoding.UTF8, "application/json") },
        HttpCompletionOption.ResponseHeadersRead,
        cancellation ?? Cancellation);

    /// <summary>
    /// Of each account of the key and the model <c>o</c>, by its rule: what is used, which is what it has less than its limit and gateways do not have in advance; and what these have.
    /// </summary>
    public async Task<Dictionary<string, (long Used, long Out)>> LevelsAsync()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(Gateway.AdminAddress, "/admin/v1/limits/explain?key=test&model=o"));
        request.Headers.Authorization = new("Bearer", Gateway.AdminToken);
        using var answer = await Gateway.Client.SendAsync(request, Cancellation);
        var accounts = JsonElement.Parse(await answer.Content.ReadAsStringAsync(Cancellation)).GetProperty("accounts");
        return accounts.EnumerateArray().ToDictionary(
            a => a.GetProperty("rule").GetString()!,
            a => (a.GetProperty("limit").GetInt64() - a.GetProperty("remaining").GetInt64() - a.GetProperty("out").GetInt64(), a.GetProperty("out").GetInt64()));
    }

    public static string ChatBody(string model, string more = "") => $$$"""{"model":"{{{model}}}","messages":[{"role":"user","content":"Hi"}]{{{more}}}}""";

    public static Task<string> TextAsync(HttpResponseMessage answer) => answer.Content.ReadAsStringAsync(Cancellation);

    /// <summary>Status, and the error's code, type and message.</summary>
    public static async Task<(HttpStatusCode Status, string? Code, string? Type, string? Message)> ErrorAsync(HttpResponseMessage answer)
    {
        var error = JsonElement.Parse(await TextAsync(answer)).GetProperty("error");
        return (answer.StatusCode, error.TryGetProperty("code", out var code) ? code.GetString() : null, error.GetProperty("type").GetString(), error.GetProperty("message").GetString());
    }

    public static string? Header(HttpResponseMessage answer, string name) => answer.Headers.TryGetValues(name, out var values) ? string.Join(", ", values) : null;

    public async ValueTask DisposeAsync()
    {
        await Gateway.DisposeAsync();
        await Mill.DisposeAsync();
    }
}
