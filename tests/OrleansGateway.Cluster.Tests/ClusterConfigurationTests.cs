using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using OrleansGateway.Tests.Storage;

namespace OrleansGateway.Cluster.Tests;

/// <summary>One configuration for all nodes, on real processes.</summary>
public sealed class ClusterConfigurationTests
{
    private const string Rules = """
        # What all nodes are configured with.
        access_log: { output: "off" }
        routes: { default: { path: /, auth: [anonymous], respond: { status: 200, body: first } } }
        """;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = 240_000)]
    public async Task Put_OnOneNode_IsServedByAll_AndWhatIsInvalidOrStaleByNone()
    {
        await using var cluster = await TestCluster.StartAsync(Rules, silos: 0, Cancel);
        ClusterGateway[] nodes = [await cluster.AddGatewayAsync("both", Cancel), await cluster.AddGatewayAsync("both", Cancel), await cluster.AddGatewayAsync("edge", Cancel)];
        var first = await VersionAsync(nodes[0]);
        Assert.StartsWith("1-", first, StringComparison.Ordinal);
        foreach (var node in nodes) Assert.Equal((first, "cluster"), await InForceAsync(node));

        var began = Stopwatch.GetTimestamp();
        var second = await AppliedAsync(nodes[1], With("one"), first);
        foreach (var node in nodes) await UntilServedAsync(node, second, cluster);
        TestContext.Current.TestOutputHelper?.WriteLine($"Served by all after {Stopwatch.GetElapsedTime(began).TotalMilliseconds:0} ms");
        foreach (var node in nodes) Assert.Equal("one", await SayAsync(node));

        using (var invalid = await PutAsync(nodes[2], With("two") + "\nrouts: {}\n", second))
        {
            Assert.Equal(HttpStatusCode.UnprocessableEntity, invalid.StatusCode);
            var error = (await ReadAsync(invalid)).GetProperty("errors")[0];
            Assert.Equal(("routs", 4), (error.GetProperty("path").GetString(), error.GetProperty("line").GetInt32()));
        }

        using (var stale = await PutAsync(nodes[0], With("two"), first)) Assert.Equal(HttpStatusCode.PreconditionFailed, stale.StatusCode);
        foreach (var node in nodes) Assert.Equal((second, "cluster"), await InForceAsync(node));

        var restarted = nodes[1] = await cluster.RestartAsync(nodes[1], "both", Cancel);
        Assert.Equal((second, "cluster"), await InForceAsync(restarted));

        // A token that is made anew on the command line of one node is all nodes'.
        Assert.NotEqual(0, (await TestCluster.RunAsync(nodes[2], Cancel, "admin-token", "reset")).Exit);
        var (exit, token) = await TestCluster.RunAsync(nodes[2], Cancel, "admin-token", "reset", "--config", "gateway.yaml");
        Assert.Equal(0, exit);
        using (var refused = await nodes[0].Admin.GetAsync("/admin/v1/config", Cancel)) Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        foreach (var node in nodes) node.Admin.DefaultRequestHeaders.Authorization = new("Bearer", token.Trim());
        foreach (var node in nodes) Assert.Equal((second, "cluster"), await InForceAsync(node));

        // Two at once: one is built on what the other has just changed.
        var both = await Task.WhenAll(PutAsync(nodes[0], With("three"), second), PutAsync(nodes[2], With("four"), second));
        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.PreconditionFailed], both.Select(r => r.StatusCode).Order());
        var third = (await ReadAsync(both.Single(r => r.IsSuccessStatusCode))).GetProperty("version").GetString()!;
        foreach (var node in nodes) await UntilServedAsync(node, third, cluster);
        foreach (var answer in both) answer.Dispose();

        using (var back = await nodes[1].Admin.PostAsJsonAsync("/admin/v1/config/rollback", new { version = second }, Cancel)) Assert.True(back.IsSuccessStatusCode);
        foreach (var node in nodes) await UntilServedAsync(node, "4-" + second.Split('-')[1], cluster);
        foreach (var node in nodes) Assert.Equal("one", await SayAsync(node));
        var history = await nodes[2].Admin.GetFromJsonAsync<JsonElement>("/admin/v1/config/history", Cancel);
        Assert.Equal(["4-" + second.Split('-')[1], third, second, first], history.GetProperty("versions").EnumerateArray().Select(v => v.GetProperty("version").GetString()));
    }

    [Fact(Timeout = 240_000)]
    public async Task Version_ThatANodeMustRefuse_IsRefusedThereWhole_AndDisturbsNobodyElse()
    {
        await using var cluster = await TestCluster.StartAsync(Rules, silos: 0, Cancel);
        var able = await cluster.AddGatewayAsync("both", Cancel, new Dictionary<string, string> { ["WORDS"] = "from here" });
        var unable = await cluster.AddGatewayAsync("both", Cancel);
        var first = await VersionAsync(able);
        var second = await AppliedAsync(able, With("${WORDS}"), first);
        await UntilServedAsync(able, second, cluster);
        Assert.Equal("from here", await SayAsync(able));

        await UntilReadyzAsync(unable, $"Version {second} of the cluster's configuration is refused here and version {first} stays in force", cluster);
        Assert.Contains("WORDS is not set", await unable.Admin.GetStringAsync("/readyz", Cancel), StringComparison.Ordinal);
        Assert.Equal((first, "cluster"), await InForceAsync(unable));
        Assert.Contains("gateway_config_versions_behind 1\n", await unable.Admin.GetStringAsync("/metrics", Cancel), StringComparison.Ordinal);
        Assert.Contains("gateway_config_versions_behind 0\n", await able.Admin.GetStringAsync("/metrics", Cancel), StringComparison.Ordinal);
        Assert.Equal("{\"status\":\"ready\"}", await able.Admin.GetStringAsync("/readyz", Cancel));

        // What is built on what this node serves would undo what the others have.
        using (var stale = await PutAsync(unable, With("plain"), first)) Assert.Equal(HttpStatusCode.PreconditionFailed, stale.StatusCode);
        var third = await AppliedAsync(unable, With("plain"), second);
        foreach (var node in new[] { able, unable }) await UntilServedAsync(node, third, cluster);
        await UntilReadyzAsync(unable, "{\"status\":\"ready\"}", cluster);
    }

    [Fact(Timeout = 240_000)]
    public async Task FileOfANode_ThatIsChanged_IsNotInForce_ButItsOwnSectionsAre()
    {
        await using var cluster = await TestCluster.StartAsync(Rules, silos: 0, Cancel);
        var node = await cluster.AddGatewayAsync("both", Cancel);
        var first = await VersionAsync(node);
        var file = Path.Combine(node.Process.Folder, "gateway.yaml");
        var text = await File.ReadAllTextAsync(file, Cancel);
        await File.WriteAllTextAsync(file, text.Replace("body: first", "body: file", StringComparison.Ordinal), Cancel);
        await UntilReadyzAsync(node, $"is not in force, but version {first} of the cluster is", cluster);
        Assert.Equal("first", await SayAsync(node));

        var whole = await File.ReadAllTextAsync(file, Cancel);
        using (var other = await PutAsync(node, whole.Replace("name: test", "name: other", StringComparison.Ordinal), first))
        {
            Assert.Equal(HttpStatusCode.UnprocessableEntity, other.StatusCode);
            Assert.Equal("cluster", (await ReadAsync(other)).GetProperty("errors")[0].GetProperty("path").GetString());
        }

        // The whole file may be sent as it is: what is this node's own stays here.
        var second = await AppliedAsync(node, whole, first);
        await UntilServedAsync(node, second, cluster);
        Assert.Equal("file", await SayAsync(node));
        await UntilReadyzAsync(node, "{\"status\":\"ready\"}", cluster);
        var document = await node.Admin.GetStringAsync("/admin/v1/config/document", Cancel);
        Assert.Contains("respond", document, StringComparison.Ordinal);
        Assert.DoesNotContain("listeners", document, StringComparison.Ordinal);
        Assert.DoesNotContain("cluster:", document, StringComparison.Ordinal);

        var port = RedisServer.FreePort();
        await File.WriteAllTextAsync(file, whole.Replace("data: [\"127.0.0.1:0\"]", $"data: [\"127.0.0.1:{port}\"]", StringComparison.Ordinal), Cancel);
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        while (true)
        {
            try
            {
                Assert.Equal("file", await client.GetStringAsync("/", Cancel));
                break;
            }
            catch (HttpRequestException)
            {
                await Task.Yield();
            }
        }
    }

    [Fact(Timeout = 300_000)]
    public async Task Nodes_WhoseStoreIsDown_GoOnWithWhatTheyHave_StartWithWhatTheyKept_AndCatchUp()
    {
        await using var cluster = await TestCluster.StartAsync(Rules + $"\ntenants: {{ acme: {{}} }}\nkeys: {{ test: {{ tenant: acme, secret: {ClusterGateway.Key} }} }}", silos: 0, Cancel);
        ClusterGateway[] nodes = [await cluster.AddGatewayAsync("both", Cancel), await cluster.AddGatewayAsync("both", Cancel)];
        var first = await VersionAsync(nodes[0]);
        var keys = "\ntenants: { acme: {} }\nkeys: { test: { tenant: acme, secret: \"***\" } }\n";
        var second = await AppliedAsync(nodes[0], With("second").Replace("[anonymous]", "[key]", StringComparison.Ordinal) + keys, first);
        foreach (var node in nodes) await UntilServedAsync(node, second, cluster);

        await cluster.Postgres.KillAsync();
        foreach (var node in nodes) await UntilReadyzAsync(node, $"The cluster's store cannot be read; the configuration in force is version {second}, of ", cluster);
        foreach (var node in nodes) Assert.Equal("second", await SayAsync(node));
        using (var put = await PutAsync(nodes[0], With("third"), second)) Assert.Equal(HttpStatusCode.ServiceUnavailable, put.StatusCode);

        nodes[1] = await cluster.RestartAsync(nodes[1], "both", Cancel);
        await UntilReadyzAsync(nodes[1], $"the configuration in force is version {second}, which this node kept", cluster);
        await UntilServedAsync(nodes[1], second, cluster);
        Assert.Equal("second", await SayAsync(nodes[1]));
        // Which keys there are besides those of the configuration, nobody knows here.
        using (var unknown = new HttpRequestMessage(HttpMethod.Get, "/") { Headers = { Authorization = new("Bearer", "sk-unknown-0123456789") } })
        using (var answer = await nodes[1].Client.SendAsync(unknown, Cancel)) Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);

        await cluster.Postgres.RestartAsync();
        foreach (var node in nodes) await UntilReadyzAsync(node, "{\"status\":\"ready\"}", cluster);
        using (var unknown = new HttpRequestMessage(HttpMethod.Get, "/") { Headers = { Authorization = new("Bearer", "sk-unknown-0123456789") } })
        using (var answer = await nodes[1].Client.SendAsync(unknown, Cancel)) Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        var third = await AppliedAsync(nodes[1], With("third") + keys, second);
        foreach (var node in nodes) await UntilServedAsync(node, third, cluster);
        Assert.Equal((third, "cluster"), await InForceAsync(nodes[1]));
    }

    private static string With(string body) => Rules.Replace("body: first", $"body: \"{body}\"", StringComparison.Ordinal);

    private static async Task<string> VersionAsync(ClusterGateway node) => (await InForceAsync(node)).Version;

    private static async Task<(string Version, string Origin)> InForceAsync(ClusterGateway node)
    {
        var document = await node.Admin.GetFromJsonAsync<JsonElement>("/admin/v1/config", Cancel);
        return (document.GetProperty("version").GetString()!, document.GetProperty("origin").GetString()!);
    }

    private static async Task<HttpResponseMessage> PutAsync(ClusterGateway node, string text, string version)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, "/admin/v1/config") { Content = new StringContent(text), Headers = { IfMatch = { new($"\"{version}\"") } } };
        return await node.Admin.SendAsync(request, Cancel);
    }

    private static async Task<string> AppliedAsync(ClusterGateway node, string text, string version)
    {
        using var answer = await PutAsync(node, text, version);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Cancel));
        return (await ReadAsync(answer)).GetProperty("version").GetString()!;
    }

    private static async Task<JsonElement> ReadAsync(HttpResponseMessage answer) => await answer.Content.ReadFromJsonAsync<JsonElement>(Cancel);

    private static async Task<string> SayAsync(ClusterGateway node)
    {
        using var answer = await node.Client.GetAsync("/", Cancel);
        return await answer.Content.ReadAsStringAsync(Cancel);
    }

    /// <summary>By what the answers to clients say, not by what the node says of itself.</summary>
    private static async Task UntilServedAsync(ClusterGateway node, string version, TestCluster cluster)
    {
        try
        {
            while (true)
            {
                using var answer = await node.Client.GetAsync("/", Cancel);
                if (answer.Headers.GetValues("x-gateway-config-version").Single() == version) return;
            }
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"Version {version} was not served.\n{cluster.Logs()}");
        }
    }

    private static async Task UntilReadyzAsync(ClusterGateway node, string says, TestCluster cluster)
    {
        var said = "";
        try
        {
            while (true)
            {
                said = await node.Admin.GetStringAsync("/readyz", Cancel);
                if (said.Contains(says, StringComparison.Ordinal) || JsonDocument.Parse(said).RootElement is var root
                    && root.TryGetProperty("warning", out var warning) && warning.GetString()!.Contains(says, StringComparison.Ordinal)) return;
            }
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"/readyz says {said}\n{cluster.Logs()}");
        }
    }
}
