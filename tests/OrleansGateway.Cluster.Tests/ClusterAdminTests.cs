using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace OrleansGateway.Cluster.Tests;

/// <summary>What an admin makes by way of one node is so on all.</summary>
public sealed class ClusterAdminTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = 180_000)]
    public async Task Key_MadeAndRevokedOnOneNode_IsAcceptedAndRefusedOnAll_WithoutTheStoreToo()
    {
        await using var cluster = await TestCluster.StartAsync($$"""
            access_log: { output: "off" }
            tenants: { acme: {} }
            keys: { test: { tenant: acme, secret: {{ClusterGateway.Key}} } }
            providers: { fake: { kind: fake } }
            models: { free: { targets: [ { provider: fake } ] } }
            routes: { default: { path: / } }
            """, silos: 0, Cancel);
        ClusterGateway[] gateways = [await cluster.AddGatewayAsync("both", Cancel), await cluster.AddGatewayAsync("edge", Cancel)];
        var (id, secret) = await MakeAsync(gateways[0]);
        var (_, kept) = await MakeAsync(gateways[1]);
        foreach (var gateway in gateways)
        {
            await UntilAsync(gateway, secret, HttpStatusCode.OK);
            await UntilAsync(gateway, kept, HttpStatusCode.OK);
        }

        using (var revoked = await gateways[0].Admin.PostAsync($"/admin/v1/keys/{id}/revoke", null, Cancel)) Assert.True(revoked.IsSuccessStatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, await CallAsync(gateways[0], secret));
        await UntilAsync(gateways[1], secret, HttpStatusCode.Unauthorized);

        await cluster.Postgres.KillAsync();
        while (!(await gateways[1].Admin.GetStringAsync("/readyz", Cancel)).Contains("cannot be read", StringComparison.Ordinal)) await Task.Yield();
        foreach (var gateway in gateways)
        {
            Assert.Equal(HttpStatusCode.OK, await CallAsync(gateway, kept));
            Assert.Equal(HttpStatusCode.Unauthorized, await CallAsync(gateway, secret));
            using var refused = await gateway.Admin.GetAsync("/admin/v1/keys", Cancel);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
            Assert.Contains("store_unavailable", await refused.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
            using var shown = await gateway.Admin.GetAsync("/admin/v1/upstreams", Cancel);
            Assert.Equal(HttpStatusCode.OK, shown.StatusCode);
        }

        await cluster.Postgres.RestartAsync();
    }

    private static async Task<(string Id, string Secret)> MakeAsync(ClusterGateway gateway)
    {
        using var made = await gateway.Admin.PostAsJsonAsync("/admin/v1/keys", new { tenant = "acme" }, Cancel);
        var text = await made.Content.ReadAsStringAsync(Cancel);
        Assert.True(made.IsSuccessStatusCode, text);
        using var key = JsonDocument.Parse(text);
        return (key.RootElement.GetProperty("id").GetString()!, key.RootElement.GetProperty("key").GetString()!);
    }

    private static async Task UntilAsync(ClusterGateway gateway, string key, HttpStatusCode status)
    {
        while (await CallAsync(gateway, key) != status) await Task.Yield();
    }

    private static async Task<HttpStatusCode> CallAsync(ClusterGateway gateway, string key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions")
        {
            Content = JsonContent.Create(new { model = "free", max_tokens = 10, messages = new[] { new { role = "user", content = "Hello" } } }),
            Headers = { Authorization = new("Bearer", key) },
        };
        using var response = await gateway.Client.SendAsync(request, Cancel);
        return response.StatusCode;
    }
}
