using System.CommandLine;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using OrleansGateway.Cli;
using OrleansGateway.Tests.Gateway;

namespace OrleansGateway.Tests.Events;

/// <summary>A whole gateway tells of what happens in it, and operators see and steer how.</summary>
public sealed class GatewayEventsTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static string Yaml(Uri url) => $$"""
        webhooks:
          all: {url: "{{url}}", secrets: [{{EventBed.Secret}}], retry_min: 1h, retry_max: 1h, attempts_max: 1}
        rate_limits: {one: {per: [key], limit: 1, window: 1h} }

        """;

    [Fact(Timeout = 120_000)]
    public async Task Gateway_WithAWebhook_TellsOfKeysConfigurationsAndLimits()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var gateway = await GatewayUnderTest.StartAsync(Yaml(receiver.Url));
        using var admin = AdminOf(gateway);
        await EventBed.UntilAsync(async () => (await JsonAsync(admin, "webhooks")).GetProperty("webhooks").GetArrayLength() == 1);
        // The configuration that it started with may have been told before the webhook was known; one read anew is told in any case.
        var made = await admin.PostAsJsonAsync("keys", new { tenant = "acme", name = "told" }, Cancel);
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        var key = (await made.Content.ReadFromJsonAsync<JsonElement>(Cancel)).GetProperty("id").GetString();
        gateway.Write("routes: [no map]\n");
        await gateway.Host.ReloadAsync(Cancel);
        for (var i = 0; i < 3; i++) await gateway.Client.GetAsync("/v1/models", Cancel);

        var wanted = new HashSet<string> { "key.created", "config.refused", "limit.reached" };
        var told = new List<Received>();
        while (wanted.Count > 0)
        {
            told.Add(await receiver.NextAsync());
            wanted.Remove(told[^1].Type);
        }

        Assert.All(told, t => Assert.True(t.IsSignedBy(EventBed.Secret)));
        var created = told.Single(t => t.Type == "key.created");
        Assert.Equal(("acme", key), (created.Tenant, created.Json.GetProperty("data").GetProperty("key").GetString()));
        Assert.Equal("rate_limits.one", told.First(t => t.Type == "limit.reached").Json.GetProperty("data").GetProperty("limit").GetString());
        Assert.Null(told.First(t => t.Type == "config.refused").Tenant);
        var events = await JsonAsync(admin, "events?tenant=acme");
        Assert.Contains(events.GetProperty("events").EnumerateArray(), e => e.GetProperty("id").GetString() == created.Id);
    }

    [Fact(Timeout = 120_000)]
    public async Task Operator_OfAWebhook_SeesDeadLettersSendsThemAgainReplaysAndTries()
    {
        await using var receiver = await Receiver.StartAsync();
        var status = 500;
        receiver.Answer = (http, _) =>
        {
            http.Response.StatusCode = Volatile.Read(ref status);
            return Task.CompletedTask;
        };
        await using var gateway = await GatewayUnderTest.StartAsync(Yaml(receiver.Url));
        using var admin = AdminOf(gateway);
        await EventBed.UntilAsync(async () => (await JsonAsync(admin, "webhooks")).GetProperty("webhooks").GetArrayLength() == 1);
        await admin.PostAsJsonAsync("keys", new { tenant = "acme" }, Cancel);
        await EventBed.UntilAsync(async () => Letters(await JsonAsync(admin, "webhooks/all/dead-letters")).Any(l => l.GetProperty("event").GetProperty("type").GetString() == "key.created"));
        var one = Letters(await JsonAsync(admin, "webhooks/all/dead-letters")).First(l => l.GetProperty("event").GetProperty("type").GetString() == "key.created");
        var listed = (await JsonAsync(admin, "webhooks")).GetProperty("webhooks")[0];
        Assert.Equal(receiver.Url.GetLeftPart(UriPartial.Authority), listed.GetProperty("url").GetString());
        Assert.Contains("status 500", (await PostAsync(admin, "webhooks/all/resend")).GetProperty("problem").GetString(), StringComparison.Ordinal);
        Assert.False((await PostAsync(admin, "webhooks/all/test")).GetProperty("received").GetBoolean());

        Volatile.Write(ref status, 204);
        Assert.Equal(1, (await PostAsync(admin, $"webhooks/all/resend?dead_letter={one.GetProperty("number").GetInt64()}")).GetProperty("received").GetInt32());
        await PostAsync(admin, "webhooks/all/resend");
        Assert.Empty(Letters(await JsonAsync(admin, "webhooks/all/dead-letters")));
        Assert.True((await PostAsync(admin, "webhooks/all/test")).GetProperty("received").GetBoolean());
        var before = receiver.All.Count(Is);
        Assert.Equal(1, (await PostAsync(admin, "webhooks/all/replay?tenant=acme&from=1")).GetProperty("events").GetInt64());
        await EventBed.UntilAsync(() => Task.FromResult(receiver.All.Count(Is) == before + 1));
        Assert.NotEmpty((await JsonAsync(admin, "webhooks/all/deliveries")).GetProperty("deliveries").EnumerateArray());
        Assert.Equal("active", (await PostAsync(admin, "webhooks/all/enable")).GetProperty("state").GetString());

        foreach (var path in (string[])["replay?tenant=acme", "replay?tenant=acme&from=9", "replay?from=0", "resend?dead_letter=99", "replay?form=1"])
            Assert.Equal(HttpStatusCode.UnprocessableEntity, (await admin.PostAsync($"webhooks/all/{path}", null, Cancel)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await admin.PostAsync("webhooks/none/test", null, Cancel)).StatusCode);

        bool Is(Received r) => r.Id == one.GetProperty("event").GetProperty("id").GetString();
    }

    [Fact(Timeout = 120_000)]
    public async Task CommandLine_OfWebhooks_ShowsAndSteersThem()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var gateway = await GatewayUnderTest.StartAsync(Yaml(receiver.Url));
        await EventBed.UntilAsync(async () => (await RunAsync(gateway, "list")).Output.Contains("all", StringComparison.Ordinal));
        Assert.Contains(receiver.Url.GetLeftPart(UriPartial.Authority), (await RunAsync(gateway, "list")).Output, StringComparison.Ordinal);
        Assert.Equal((0, "Received, with status 204.\n"), await RunAsync(gateway, "test", "all"));
        Assert.Contains("webhook.test", (await RunAsync(gateway, "deliveries", "all")).Output, StringComparison.Ordinal);
        Assert.Equal((0, "No dead letters.\n"), await RunAsync(gateway, "dead-letters", "all"));
        Assert.Equal((0, "Received: 0.\n"), await RunAsync(gateway, "resend", "all"));
        Assert.StartsWith("Sends ", (await RunAsync(gateway, "replay", "all", "--from", "1")).Output, StringComparison.Ordinal);
        Assert.Contains("active", (await RunAsync(gateway, "enable", "all")).Output, StringComparison.Ordinal);
        Assert.Equal(1, (await RunAsync(gateway, "test", "none")).Exit);
        receiver.Answer = static (http, _) =>
        {
            http.Response.StatusCode = 500;
            return Task.CompletedTask;
        };
        Assert.Equal(1, (await RunAsync(gateway, "test", "all")).Exit);
    }

    private static async Task<(int Exit, string Output)> RunAsync(GatewayUnderTest gateway, params string[] arguments)
    {
        var environment = new Dictionary<string, string?> { ["GATEWAY_ADMIN"] = gateway.AdminAddress.ToString(), ["GATEWAY_ADMIN_TOKEN"] = gateway.AdminToken };
        var root = new RootCommand { WebhooksCommand.Create(environment.GetValueOrDefault) };
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter();
        var exit = await root.Parse(["webhooks", .. arguments]).InvokeAsync(new InvocationConfiguration { Output = output, Error = error }, Cancel);
        return (exit, output.ToString());
    }

    private static JsonElement[] Letters(JsonElement list) => [.. list.GetProperty("dead_letters").EnumerateArray()];

    private static HttpClient AdminOf(GatewayUnderTest gateway)
    {
        var client = new HttpClient { BaseAddress = new Uri(gateway.AdminAddress, "/admin/v1/") };
        client.DefaultRequestHeaders.Authorization = new("Bearer", gateway.AdminToken);
        return client;
    }

    private static async Task<JsonElement> JsonAsync(HttpClient admin, string path) => await admin.GetFromJsonAsync<JsonElement>(path, Cancel);

    private static async Task<JsonElement> PostAsync(HttpClient admin, string path)
    {
        using var response = await admin.PostAsync(path, content: null, Cancel);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync(Cancel));
        return await response.Content.ReadFromJsonAsync<JsonElement>(Cancel);
    }
}
