using System.Net;
using System.Runtime.InteropServices;
using OrleansGateway.Tests.Gateway;
using OrleansGateway.Tests.Tenants;
using OrleansGateway.Tests.Upstreams;

namespace OrleansGateway.Tests.Operations;

/// <summary>Nothing secret, and nothing that was said, is in any log.</summary>
public sealed class SecrecyTests
{
    private const string Said = "the-words-of-a-client", Replied = "the-words-of-a-model";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task Logs_OfTheWholeGatewayAtEveryLevel_HoldNoKeyTokenOrText()
    {
        await using var upstream = await MockUpstream.StartAsync(AnswerOf);
        using var logs = new LogCapture();
        var gateway = await GatewayUnderTest.StartAsync(
            $$"""
            providers:
              mock: {kind: openai, base_url: "{{upstream.V1}}", api_key: {{OperationsFolder.ProviderKey}} }
              fake: {kind: fake}
            models:
              quick: {targets: [{provider: mock}]}
              fake: {targets: [{provider: fake}]}
            """,
            logs: logs);
        string[] secrets;
        await using (gateway)
        {
            secrets = await UseAsync(gateway.Client, gateway.Url, gateway.AdminAddress, gateway.AdminToken);
            // A reload that is refused says why, and must not quote.
            gateway.Write("providers: {mock: {kind: openai, api_key: [" + OperationsFolder.ProviderKey + "], base_url: " + OperationsFolder.ProviderKey + "}}");
            Assert.NotEmpty((await gateway.Host.Configuration.ReloadAsync(Cancel)).Faults);
        }

        Assert.Contains(upstream.Requests, r => r.Headers["authorization"].EndsWith(OperationsFolder.ProviderKey, StringComparison.Ordinal));
        foreach (var id in (int[])[1102, 1103, 1200, 1301, 1302, 1303, 1501, 1900]) Assert.Contains($"{id} ", logs.Text, StringComparison.Ordinal);
        AssertHasNone(logs.Text, [.. secrets, GatewayUnderTest.Key]);
    }

    [Fact(Timeout = 60_000)]
    public async Task OutputAndAccessLog_OfTheProgram_HoldNoKeyTokenOrText()
    {
        await using var upstream = await MockUpstream.StartAsync(AnswerOf);
        using var folder = new OperationsFolder(upstream.V1);
        folder.Write(OperationsFolder.Yaml(upstream.V1, "").Replace("quick: {targets: [{provider: fake}]}", "quick: {targets: [{provider: mock}]}", StringComparison.Ordinal));
        await using var gateway = await GatewayProcess.ServeAsync(folder.Path, Cancel);
        using var client = new HttpClient();
        var token = (await gateway.Output.WaitForAsync("Admin token", Cancel)).Split(' ')[^1];
        var secrets = await UseAsync(client, gateway.Data, gateway.Admin, token);
        gateway.Signal(PosixSignal.SIGTERM);
        Assert.Equal(0, await gateway.ExitAsync(Cancel));

        var access = await File.ReadAllTextAsync(folder.PathOf("access.log"), Cancel);
        Assert.Contains("\"key_id\":\"test\"", access, StringComparison.Ordinal);
        Assert.Contains("\"model\":\"quick\"", access, StringComparison.Ordinal);
        var printed = gateway.Output.Text.Replace($"Admin token, printed this once: {token}", "", StringComparison.Ordinal);
        AssertHasNone(access + printed + gateway.Errors.Text, [.. secrets, OperationsFolder.Key]);
    }

    /// <summary>What happens in the life of a gateway: calls that go well and badly, keys made, rotated and revoked. Answers what must be in no log.</summary>
    private static async Task<string[]> UseAsync(HttpClient client, Uri gateway, Uri admin, string token)
    {
        var made = await client.AdminAsync(admin, token, "/keys", """{"tenant":"acme","name":"of a test"}""", Cancel);
        var id = made.GetProperty("id").GetString()!;
        var rotated = await client.AdminAsync(admin, token, $"/keys/{id}/rotate", """{"grace":"1h"}""", Cancel);
        var (first, second) = (made.GetProperty("key").GetString()!, rotated.GetProperty("key").GetString()!);
        string[] keys = [OperationsFolder.Key, first, second];
        foreach (var key in keys) Assert.Equal(HttpStatusCode.OK, await CallAsync("quick", key));
        Assert.Equal(HttpStatusCode.BadGateway, await CallAsync("quick", OperationsFolder.Key, "fail"));
        Assert.Equal(HttpStatusCode.NotFound, await CallAsync("no-such-model", first));
        await client.AdminAsync(admin, token, $"/keys/{id}/revoke", "", Cancel);
        string[] wrong = ["ogw_mistyped-0123456789", token, OperationsFolder.ProviderKey, first, second];
        foreach (var key in wrong) Assert.Equal(HttpStatusCode.Unauthorized, await CallAsync("quick", key));
        using var stranger = new HttpRequestMessage(HttpMethod.Get, new Uri(admin, "/admin/v1/keys")) { Headers = { Authorization = new("Bearer", first) } };
        using var refused = await client.SendAsync(stranger, Cancel);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        return [.. keys, .. wrong, Said, Replied];

        async Task<HttpStatusCode> CallAsync(string model, string key, string more = "")
        {
            using var request = GatewayCalls.Chat(gateway, model, Said + more, key: key);
            // Some clients put the key there.
            request.RequestUri = new Uri(request.RequestUri!, $"?key={key}");
            using var response = await client.SendAsync(request, Cancel);
            return response.StatusCode;
        }
    }

    private static Answer AnswerOf(ReceivedRequest request) => System.Text.Encoding.UTF8.GetString(request.Body).Contains(Said + "fail", StringComparison.Ordinal)
        ? Answer.HangUp
        : Answer.Json($$"""{"id":"1","object":"chat.completion","model":"quick","choices":[{"index":0,"message":{"role":"assistant","content":"{{Replied}}"},"finish_reason":"stop"}]}""");

    private static void AssertHasNone(string logs, IEnumerable<string> secrets)
    {
        foreach (var secret in secrets) Assert.DoesNotContain(secret, logs, StringComparison.OrdinalIgnoreCase);
    }
}
