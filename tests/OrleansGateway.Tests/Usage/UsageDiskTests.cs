using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using OrleansGateway.Storage.Usage;
using OrleansGateway.Tests.Budgets;
using OrleansGateway.Tests.Gateway;
using OrleansGateway.Usage;

namespace OrleansGateway.Tests.Usage;

/// <summary>
/// A whole gateway whose log and database of usage are on one disk that fills up. Where this user may not mount one there is <see cref="UsageOutageTests"/>, which has the log on a disk
/// that only seems to be full.
/// </summary>
public sealed class UsageDiskTests(ITestOutputHelper output)
{
    private const int Megabytes = 48;

    private UsageLog? _log;
    private SqliteUsageStore? _store;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory(Timeout = 180_000)]
    [InlineData("refuse", HttpStatusCode.ServiceUnavailable)]
    [InlineData("drop", HttpStatusCode.OK)]
    public async Task Disk_ThatIsFull_DoesAsThePolicySays_AndAllThatWasTakenIsThereOnceThereIsRoom(string policy, HttpStatusCode whileFull)
    {
        using var disk = SmallDisk.TryMount(Megabytes);
        if (disk is null)
        {
            output.WriteLine("This user may not mount a disk; a full one is tried in UsageOutageTests only.");
            return;
        }

        await using var gateway = await GatewayUnderTest.StartWholeAsync($$"""
            listeners: {data: ["127.0.0.1:0"], admin: "127.0.0.1:0"}
            access_log: {output: access.log}
            usage: {log_max: 16MiB, when_full: {{policy}} }
            tenants: {acme: {} }
            keys: {test: {tenant: acme, secret: {{GatewayUnderTest.Key}} } }
            routes: {default: {path: /} }
            providers: {fake: {kind: fake} }
            models: {fast: {targets: [{provider: fake}]} }
            """, replace: services => services.AddSingleton<IUsageLog>(p =>
            {
                _store = p.GetRequiredService<SqliteUsageStore>();
                return _log = p.GetRequiredService<UsageLog>();
            }), folder: Path.Combine(disk.Path, "gateway"));
        for (var i = 0; i < 5; i++) Assert.Equal(HttpStatusCode.OK, await ChatAsync(gateway));

        disk.Fill();
        var taken = 0;
        while (_log!.Obstacle is null)
        {
            for (var i = 0; i < 100 && _log.HasRoom; i++)
            {
                if (_log.TryAppend([UsageLogBed.Record(taken) with { At = TimeProvider.System.GetUtcNow() }])) taken++;
            }

            await Task.Yield();
        }

        var answered = await ReadyzUntilAsync(gateway, (status, json) => status == (policy == "refuse" ? 503 : 200) && (json["reason"] ?? json["warning"]) is not null);
        Assert.Contains(policy == "refuse" ? "Model calls are refused." : "Records of usage are dropped.", answered, StringComparison.Ordinal);
        Assert.Equal(whileFull, await ChatAsync(gateway));

        disk.MakeRoom();
        await ReadyzUntilAsync(gateway, (status, json) => status == 200 && json["warning"] is null);
        Assert.Equal(HttpStatusCode.OK, await ChatAsync(gateway));
        await _log.FlushAsync(Cancel);
        var records = await _store!.ReadAsync(new UsageRecordQuery(), Cancel).ToArrayAsync(Cancel);
        Assert.Equal(records.Length, records.DistinctBy(r => r.Id).Count());
        Assert.Superset(Enumerable.Range(0, taken).Select(UsageLogBed.IdOf).ToHashSet(), records.Select(r => r.Id).ToHashSet());
        // And those of the calls; of the one in between there was no room for a record, if it did not come just then.
        Assert.InRange(records.Length - taken, 6, 7);
        Assert.Empty(await _store.CompareRollupsAsync(10, Cancel));
        output.WriteLine($"{policy}: {taken} records were taken until the disk was full");
    }

    private static async Task<HttpStatusCode> ChatAsync(GatewayUnderTest gateway)
    {
        using var content = new StringContent(LimitBed.ChatBody("fast"), System.Text.Encoding.UTF8, "application/json");
        using var answer = await gateway.Client.PostAsync("/v1/chat/completions", content, Cancel);
        await answer.Content.ReadAsByteArrayAsync(Cancel);
        return answer.StatusCode;
    }

    private static async Task<string> ReadyzUntilAsync(GatewayUnderTest gateway, Func<int, JsonNode, bool> isSo)
    {
        using var http = new HttpClient();
        while (true)
        {
            using var answer = await http.GetAsync(new Uri(gateway.AdminAddress, "/readyz"), Cancel);
            var text = await answer.Content.ReadAsStringAsync(Cancel);
            if (isSo((int)answer.StatusCode, JsonNode.Parse(text)!)) return text;
            await Task.Yield();
        }
    }
}
