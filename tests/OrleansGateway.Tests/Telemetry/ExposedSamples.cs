using System.Text;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using OrleansGateway.Telemetry;
using OrleansGateway.Tests.Forwarding;
using OrleansGateway.Tests.Gateway;

namespace OrleansGateway.Tests.Telemetry;

/// <summary>What a gateway exposes to Prometheus once everything has happened to it.</summary>
internal static partial class ExposedSamples
{
    /// <summary>Names of the samples of a gateway that everything has happened to, with their labels.</summary>
    public static async Task<Dictionary<string, HashSet<string>>> OfAGatewayAsync()
    {
        await using var origin = await OriginServer.StartAsync(static http =>
        {
            http.Response.Headers.CacheControl = "max-age=60";
            return http.Response.WriteAsync("cached");
        }, HttpProtocols.Http1);
        var metrics = new GatewayMetrics();
        var disk = new DiskMetrics(metrics);
        await using var gateway = await GatewayUnderTest.StartWholeAsync(replace: services => services.AddSingleton(metrics).AddSingleton(disk), yaml: $$"""
            listeners: {data: ["127.0.0.1:0"], admin: "127.0.0.1:0"}
            access_log: {output: access.log}
            telemetry: {traces: {endpoint: "http://127.0.0.1:1"} }
            tenants: {acme: { } }
            keys: {test: {tenant: acme, secret: {{GatewayUnderTest.Key}} } }
            providers: {fake: {kind: fake, fake: {input_tokens: 3} } }
            models: {real: {targets: [{provider: fake, price: {input: 1, output: 1} }]} }
            upstreams: {shop: {targets: [{url: "http://127.0.0.1:1"}]}, cached: {targets: [{url: "{{origin.Url}}"}]} }
            routes: {default: {path: /, model_cache: {ttl: 1h} }, shop: {path: /shop, upstream: shop}, cached: {path: /cached, upstream: cached, cache: tenant} }
            budgets: {all: {per: [tenant], limit: 1} }
            invalidation: {sources: {plain: {tenants: [acme]} } }
            """);
        using var unreachable = await gateway.Client.GetAsync("/shop", TestContext.Current.CancellationToken);
        for (var i = 0; i < 2; i++) Assert.Equal("cached", await gateway.Client.GetStringAsync("/cached", TestContext.Current.CancellationToken));
        using var admin = new HttpClient { BaseAddress = gateway.AdminAddress };
        admin.DefaultRequestHeaders.Authorization = new("Bearer", gateway.AdminToken);
        foreach (var message in (string[])["""{"tags":["a"],"occurred_at":"2026-01-01T00:00:00Z"}""", "{}"])
        {
            using var content = new StringContent(message);
            using var answer = await admin.PostAsync("/admin/v1/events?source=plain", content, TestContext.Current.CancellationToken);
        }

        foreach (var model in (string[])["real", "real", "none"])
        {
            using var content = new StringContent($$"""{"model":"{{model}}","temperature":0,"messages":[{"role":"user","content":"Hi"}]}""", Encoding.UTF8, "application/json");
            using var answer = await gateway.Client.PostAsync("/v1/chat/completions", content, TestContext.Current.CancellationToken);
            await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        }

        // What needs hours, a full disk or a broker.
        metrics.LimitDecided("budgets.all", "uncounted");
        metrics.HoldOverrun("budgets.all", 1);
        metrics.WebhookSent("down", "dead");
        disk.Failed();
        new BrokerMetrics(metrics).Connected("queue", "backend", 0);

        var text = await gateway.Client.GetStringAsync(new Uri(gateway.AdminAddress, "/metrics"), TestContext.Current.CancellationToken);
        return Exposition.Parse(text).Samples.Keys.GroupBy(series => series.Split('{')[0])
            .ToDictionary(g => g.Key, g => g.SelectMany(series => Label().Matches(series).Select(m => m.Groups[1].Value)).ToHashSet());
    }

    [GeneratedRegex("""([a-zA-Z_]\w*)\s*(?:=~|!~|!=|=)\s*["]""")]
    private static partial Regex Label();
}
