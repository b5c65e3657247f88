using System.Net;
using System.Text.Json;
using OrleansGateway.Tests.Operations;

namespace OrleansGateway.Tests.Budgets;

/// <summary>Money through <c>kill -9</c>: judged by what the provider bills, never by what the gateway says of itself.</summary>
public sealed class CrashLedgerTests
{
    private const int Kills = 20;
    private const int Clients = 12;
    private const int Slots = 16;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = 240_000)]
    public async Task Kill_TwentyTimesUnderLoad_LeavesTheBillInTheLedgerOrInSuspenseByName()
    {
        await using var provider = await BillingProvider.StartAsync(tokens: 20, TimeSpan.FromMilliseconds(5));
        using var folder = new OperationsFolder();
        folder.Write(Yaml(provider.Url));
        for (var kill = 0; kill < Kills; kill++)
        {
            await using var gateway = await GatewayProcess.ServeAsync(folder.Path, Cancel);
            var enough = provider.Requests + 2 * Clients;
            using var over = new CancellationTokenSource();
            Task[] load = [.. Enumerable.Range(0, Clients).Select(_ => CallUntilAsync(gateway.Data, over.Token))];
            while (provider.Requests < enough)
            {
                if (Array.Find(load, client => client.IsFaulted) is { } refused) await refused;
                await Task.Delay(5, Cancel);
            }

            await gateway.KillAsync(Cancel);
            await over.CancelAsync();
            await Task.WhenAll(load);
        }

        while (provider.Busy > 0) await Task.Delay(5, Cancel);
        await using var last = await GatewayProcess.ServeAsync(folder.Path, Cancel);
        var held = await ReadAsync(last, "suspense");
        var before = (await ReadAsync(last, "list")).GetProperty("budgets")[0];
        Assert.True(Nano(before, "posted") <= provider.Bill(), "more was posted than was billed");
        Assert.True(Nano(before, "posted") + Nano(before, "suspense") >= provider.Bill(), "part of the bill is nowhere");
        foreach (var hold in held.GetProperty("suspense").EnumerateArray())
        {
            var name = hold.GetProperty("hold").GetString()!;
            Assert.True(provider.BillOf(name) <= Nano(hold, "amount"), $"{name} cost more than was held for it");
            await SettleAsync(last, hold, provider.BillOf(name));
        }

        Assert.Empty((await ReadAsync(last, "suspense")).GetProperty("suspense").EnumerateArray());
        var after = (await ReadAsync(last, "list")).GetProperty("budgets")[0];
        Assert.Equal(provider.Bill(), Nano(after, "posted"));
        Assert.Equal(Nano(after, "limit"), Nano(after, "posted") + Nano(after, "held") + Nano(after, "available"));
        Assert.Equal(0, Nano(after, "suspense"));
        foreach (var amount in (string[])["limit", "posted", "held", "available"]) Assert.True(Nano(after, amount) >= 0, $"{amount} is negative");
        await AllSlotsAreFreeAsync(last, provider);
    }

    private static string Yaml(Uri provider) => $$"""
        listeners: {data: ["127.0.0.1:0"], admin: "127.0.0.1:0"}
        access_log: {output: access.log}
        tenants: {acme: {} }
        keys: {test: {tenant: acme, secret: {{OperationsFolder.Key}} } }
        routes: {default: {path: /} }
        providers: {mock: {kind: openai, base_url: "{{provider}}v1", api_key: {{OperationsFolder.ProviderKey}} } }
        models: {slow: {targets: [{provider: mock, price: {input: 1, output: 2} }]} }
        rate_limits: {in-flight: {per: [tenant], count: concurrency, limit: {{Slots}} } }
        budgets: {all: {per: [tenant], limit: 100, period: lifetime} }

        """;

    /// <summary>One stream after the other, until the gateway is gone. What came of each does not matter: the provider keeps the bill.</summary>
    private static async Task CallUntilAsync(Uri gateway, CancellationToken over)
    {
        using var client = new HttpClient();
        while (!over.IsCancellationRequested)
        {
            try
            {
                using var request = GatewayCalls.Chat(gateway, "slow", "hello", stream: true);
                using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancel);
                Assert.True(response.StatusCode == HttpStatusCode.OK, await response.Content.ReadAsStringAsync(Cancel));
                await response.Content.CopyToAsync(Stream.Null, Cancel);
            }
            catch (Exception gone) when (gone is HttpRequestException or IOException)
            {
                return;
            }
        }
    }

    /// <summary>As many at once as the limit has, though many held one when they were killed.</summary>
    private static async Task AllSlotsAreFreeAsync(GatewayProcess gateway, BillingProvider provider)
    {
        var before = provider.Requests;
        using var client = new HttpClient();
        var answers = await Task.WhenAll(Enumerable.Range(0, Slots).Select(async _ =>
        {
            using var request = GatewayCalls.Chat(gateway.Data, "slow", "hello", stream: true);
            using var response = await client.SendAsync(request, Cancel);
            return response.StatusCode;
        }));
        Assert.All(answers, status => Assert.Equal(HttpStatusCode.OK, status));
        Assert.Equal(before + Slots, provider.Requests);
    }

    private static async Task<JsonElement> ReadAsync(GatewayProcess gateway, string verb) => JsonElement.Parse(await RunAsync(gateway, verb, "--json"));

    private static Task<string> SettleAsync(GatewayProcess gateway, JsonElement hold, long nano) => RunAsync(
        gateway, "settle", "all", "--scope", "acme", "--amount", (nano / 1e9m).ToString(CultureInfo.InvariantCulture), "--session", hold.GetProperty("session").GetString()!,
        "--lease", hold.GetProperty("lease").GetRawText(), "--hold", hold.GetProperty("hold").GetString()!);

    private static Task<string> RunAsync(GatewayProcess gateway, params string[] command) => GatewayProcess.RunAsync(
        gateway.Folder, Cancel, ["budgets", .. command, "--admin", gateway.Admin.ToString(), "--token-file", ".gateway/admin-token"]);

    private static long Nano(JsonElement document, string name) => (long)(decimal.Parse(document.GetProperty(name).GetString()!, CultureInfo.InvariantCulture) * 1_000_000_000m);
}
