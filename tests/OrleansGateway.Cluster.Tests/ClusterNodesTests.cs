using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace OrleansGateway.Cluster.Tests;

/// <summary>What nodes tell of themselves, and that one can be told to leave.</summary>
public sealed class ClusterNodesTests
{
    private const string Rules = $$"""
        access_log: { output: "off" }
        tenants: { acme: {} }
        keys: { test: { tenant: acme, secret: {{ClusterGateway.Key}} } }
        providers: { fake: { kind: fake } }
        models: { free: { targets: [ { provider: fake } ] } }
        routes: { default: { path: / } }
        rate_limits:
          per-key: { per: [key], limit: 1000000, window: 7d, algorithm: token_bucket }
        """;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = 300_000)]
    public async Task Nodes_OfEveryRole_AreShown_AndLeaveWhenTold()
    {
        await using var cluster = await TestCluster.StartAsync(Rules, silos: 0, Cancel);
        var gateway = await cluster.AddGatewayAsync("both", Cancel);
        var silo = await cluster.AddSiloAsync(Cancel);
        var edge = await cluster.AddGatewayAsync("edge", Cancel);
        await UntilAsync(gateway, all => all.Length == 3 && all.All(n => Text(n, "state") == "ready"));
        // A lease that is not used goes back.
        var nodes = await UntilAsync(gateway, all => all.Sum(Leases) > 0, () => CallAsync(edge));
        Assert.Equal(["both", "edge", "silo"], nodes.Select(n => Text(n, "role")).Order());
        Assert.All(nodes, n => Assert.Equal(Text(n, "role") != "edge", n.TryGetProperty("silo", out var s) && s.GetProperty("may_grant").GetBoolean()));
        Assert.All(nodes, n => Assert.Equal(Text(n, "role") != "silo", n.TryGetProperty("edge", out var e) && e.GetProperty("may_serve_cached").GetBoolean()));

        using (var none = await gateway.Admin.PostAsync("/admin/v1/cluster/nodes/node_none/drain", null, Cancel)) Assert.Equal(HttpStatusCode.NotFound, none.StatusCode);
        var table = await cluster.ManageAsync(gateway, Cancel, "cluster", "status");
        Assert.Contains("cluster test, 3 nodes, 3 ready", table, StringComparison.Ordinal);
        Assert.Contains("RENEWALS/S", table, StringComparison.Ordinal);
        Assert.Equal(2, (await cluster.ManageAsync(gateway, Cancel, "cluster", "top", "--count", "2", "--every", "1", "--json")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);

        await cluster.ManageAsync(gateway, Cancel, "cluster", "drain", Text(nodes.Single(n => Text(n, "role") == "silo"), "address"));
        Assert.Equal(0, await silo.ExitAsync(Cancel));
        await cluster.ManageAsync(gateway, Cancel, "cluster", "drain", Text(nodes.Single(n => Text(n, "role") == "edge"), "id"));
        Assert.Equal(0, await edge.Process.ExitAsync(Cancel));
        Assert.Equal("both", Text(Assert.Single(await ListAsync(gateway)), "role"));
        using var audit = JsonDocument.Parse(await gateway.Admin.GetStringAsync("/admin/v1/audit?action=cluster.drain", Cancel));
        Assert.Equal(2, audit.RootElement.GetProperty("records").GetArrayLength());
    }

    [Fact(Timeout = 300_000)]
    public async Task Silo_WithoutAnEdge_SaysHowItIs_AndNothingElse()
    {
        await using var cluster = await TestCluster.StartAsync(Rules, silos: 0, Cancel);
        var silo = await cluster.AddSiloAsync(Cancel);
        var edge = await cluster.AddGatewayAsync("edge", Cancel);
        var told = await silo.Output.WaitForAsync("Operators call ", Cancel);
        using var operators = new HttpClient { BaseAddress = new Uri(told["Operators call ".Length..].Split(' ')[0]) };
        Assert.Equal("ok", await operators.GetStringAsync("/livez", Cancel));
        Assert.Equal("""{"status":"ready"}""", await operators.GetStringAsync("/readyz", Cancel));
        await CallAsync(edge);
        var metrics = (await operators.GetStringAsync("/metrics", Cancel)).Split('\n');
        Assert.Contains("gateway_owners_count 1", metrics);
        Assert.Contains("gateway_owners_may_grant 1", metrics);
        Assert.Contains("gateway_ready 1", metrics);
        Assert.Contains(metrics, l => l.StartsWith("gateway_owners_renewals_total ", StringComparison.Ordinal) && !l.EndsWith(" 0", StringComparison.Ordinal));
        using (var api = await operators.GetAsync("/admin/v1/status", Cancel)) Assert.Equal(HttpStatusCode.NotFound, api.StatusCode);

        // With neither of the two nobody can say whose the owners are.
        await cluster.Postgres.KillAsync();
        await cluster.Redis.StopAsync();
        while (!(await operators.GetStringAsync("/readyz", Cancel)).Contains("grant nothing", StringComparison.Ordinal)) await Task.Delay(TimeSpan.FromMilliseconds(100), Cancel);
        await cluster.Redis.RestartAsync(Cancel);
        await cluster.Postgres.RestartAsync();
        while ((await operators.GetStringAsync("/readyz", Cancel)).Contains("grant nothing", StringComparison.Ordinal)) await Task.Delay(TimeSpan.FromMilliseconds(100), Cancel);
    }

    [Fact(Timeout = 300_000)]
    public async Task Node_ThatIsKilled_IsUnheard_AndTheRestIsShownAsItIs()
    {
        await using var cluster = await TestCluster.StartAsync(Rules, silos: 0, Cancel);
        var gateway = await cluster.AddGatewayAsync("both", Cancel);
        var edge = await cluster.AddGatewayAsync("edge", Cancel);
        await UntilAsync(gateway, all => all.Length == 2 && all.All(n => n.GetProperty("ready").GetBoolean()));
        await edge.Process.KillAsync(Cancel);

        var nodes = await UntilAsync(gateway, all => all.Any(n => Text(n, "state") == "unheard"));
        Assert.Equal("edge", Text(Assert.Single(nodes, n => !n.GetProperty("ready").GetBoolean()), "role"));
        // The first token is looked up in the database; those of admins are known.
        var viewer = await AdminAsync(gateway);
        await cluster.Postgres.KillAsync();
        using var asked = new HttpRequestMessage(HttpMethod.Get, "/admin/v1/cluster") { Headers = { Authorization = new("Bearer", viewer) } };
        using var unknown = await gateway.Admin.SendAsync(asked, Cancel);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, unknown.StatusCode);
        await cluster.Postgres.RestartAsync();
    }

    private static async Task<string> AdminAsync(ClusterGateway gateway)
    {
        using var made = await gateway.Admin.PostAsJsonAsync("/admin/v1/admins", new { role = "viewer" }, Cancel);
        using var admin = JsonDocument.Parse(await made.Content.ReadAsStringAsync(Cancel));
        return admin.RootElement.GetProperty("token").GetString()!;
    }

    private static async Task CallAsync(ClusterGateway gateway)
    {
        using var used = await gateway.Client.PostAsync("/v1/chat/completions", new StringContent("""{"model":"free","messages":[{"role":"user","content":"Hello"}]}"""), Cancel);
        Assert.Equal(HttpStatusCode.OK, used.StatusCode);
    }

    private static async Task<JsonElement[]> UntilAsync(ClusterGateway gateway, Func<JsonElement[], bool> holds, Func<Task>? meanwhile = null)
    {
        while (true)
        {
            if (meanwhile is not null) await meanwhile();
            var nodes = await ListAsync(gateway);
            if (holds(nodes)) return nodes;
        }
    }

    private static async Task<JsonElement[]> ListAsync(ClusterGateway gateway)
    {
        using var cluster = JsonDocument.Parse(await gateway.Admin.GetStringAsync("/admin/v1/cluster", Cancel));
        return [.. cluster.RootElement.GetProperty("nodes").EnumerateArray().Select(static n => n.Clone())];
    }

    private static string Text(JsonElement node, string name) => node.GetProperty(name).GetString()!;

    private static int Leases(JsonElement node) => node.TryGetProperty("silo", out var silo) && silo.TryGetProperty("leases", out var leases) ? leases.GetInt32() : 0;
}
