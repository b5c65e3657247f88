using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using OrleansGateway.Tests.Gateway;

namespace OrleansGateway.Tests.Operations;

/// <summary>The admin API of a whole gateway: what it says of calls, and of reloads that came by other ways.</summary>
public sealed class AdminOperationTests
{
    private const string Models = """
        providers: {fake: {kind: fake}, broken: {kind: fake, fake: {faults: [{status: 503}]}}}
        models: {quick: {targets: [{provider: fake}]}, never: {targets: [{provider: broken}]}}

        """;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task Status_AfterCalls_CountsAttemptsAndFailuresOfTheLastMinutes()
    {
        var time = new ManualTime();
        await using var gateway = await GatewayUnderTest.StartAsync(Models, time);
        Assert.Equal(HttpStatusCode.OK, await gateway.Client.StatusAsync(gateway.Url, GatewayUnderTest.Key, Cancel));
        using var request = GatewayCalls.Chat(gateway.Url, "never", "hello", key: GatewayUnderTest.Key);
        using var failed = await gateway.Client.SendAsync(request, Cancel);
        Assert.False(failed.IsSuccessStatusCode);
        Assert.Equal("broken failing, fake healthy", await HealthAsync(gateway));
        time.Advance(TimeSpan.FromMinutes(6));
        Assert.Equal("broken idle, fake idle", await HealthAsync(gateway));
    }

    [Fact(Timeout = 60_000)]
    public async Task Reload_BySignalAndByAFileThatChanged_IsInAuditLogAndHistory()
    {
        var time = new ManualTime();
        await using var gateway = await GatewayUnderTest.StartAsync(Models, time);
        gateway.Write(Models + "drain_timeout: 7s\n");
        await gateway.Host.ReloadAsync(Cancel);
        gateway.Write(Models + "drain_timeout: 11s\n");
        while (gateway.Host.Configuration.Current.Settings.DrainTimeout != TimeSpan.FromSeconds(11))
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        string[] actors = [];
        while (actors.Length < 3)
            actors = [.. (await GetAsync(gateway, "/audit?action=config.")).GetProperty("records").EnumerateArray().Select(r => r.GetProperty("actor").GetString()!)];
        Assert.Equal(["file", "sighup", "start"], actors);
        Assert.Equal(3, (await GetAsync(gateway, "/config/history")).GetProperty("versions").GetArrayLength());
        Assert.True((await GetAsync(gateway, "/audit/verify")).GetProperty("valid").GetBoolean());
    }

    private static async Task<string> HealthAsync(GatewayUnderTest gateway) =>
        string.Join(", ", (await GetAsync(gateway, "/status")).GetProperty("providers").EnumerateArray().Select(p => $"{p.GetProperty("id")} {p.GetProperty("health")}"));

    private static async Task<JsonElement> GetAsync(GatewayUnderTest gateway, string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(gateway.AdminAddress, "/admin/v1" + path));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", gateway.AdminToken);
        using var response = await gateway.Client.SendAsync(request, Cancel);
        var body = await response.Content.ReadAsStringAsync(Cancel);
        Assert.True(response.IsSuccessStatusCode, body);
        return JsonElement.Parse(body);
    }
}
