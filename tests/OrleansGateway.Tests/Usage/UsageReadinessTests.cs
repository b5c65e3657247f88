using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using OrleansGateway.Tests.Gateway;
using OrleansGateway.Usage;

namespace OrleansGateway.Tests.Usage;

/// <summary>What <c>/readyz</c> and <c>/metrics</c> of a whole gateway say of its usage log.</summary>
public sealed class UsageReadinessTests
{
    private const string Models = """
        providers:
          fake: { kind: fake }
        models:
          fast: { targets: [{ provider: fake }] }
        """;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task Readyz_WhileTheStoreIsDown_IsReadyAndSaysWhy()
    {
        var store = new MemoryUsageStore { Down = "the \"disk\" is full" };
        await using var gateway = await StartAsync(Models, store);
        while ((await ReadyzAsync(gateway)).Json["warning"] is null) await Task.Yield();
        var (status, json) = await ReadyzAsync(gateway);
        Assert.Equal((200, "ready"), (status, (string?)json["status"]));
        Assert.Contains("the \"disk\" is full", (string?)json["warning"], StringComparison.Ordinal);
        store.Down = null;
        while ((await ReadyzAsync(gateway)).Json["warning"] is not null) await Task.Yield();
    }

    [Theory(Timeout = 60_000)]
    [InlineData("refuse", 503, "unavailable", "Model calls are refused.")]
    [InlineData("drop", 200, "ready", "Records of usage are dropped.")]
    public async Task Readyz_WhenTheLogIsFull_SaysWhatThePolicyMakesOfIt(string policy, int status, string word, string consequence)
    {
        var store = new MemoryUsageStore { Down = "down" };
        await using var gateway = await StartAsync($"usage: {{ log_max: 16MiB, when_full: {policy} }}\n{Models}", store, out var log);
        var many = Enumerable.Range(0, 50).Select(UsageLogBed.Record).ToArray();
        while ((await ReadyzAsync(gateway)).Json["status"]!.ToString() != word || log().Obstacle is null)
        {
            for (var i = 0; i < 100; i++) log().TryAppend(many);
            log().Tidy();
        }

        var (answered, json) = await ReadyzAsync(gateway);
        Assert.Equal((status, word), (answered, (string?)json["status"]));
        Assert.Contains(consequence, (string?)(json["reason"] ?? json["warning"]), StringComparison.Ordinal);
        store.Down = null;
        while ((await ReadyzAsync(gateway)).Json["reason"] is not null) log().Tidy();
        using var http = new HttpClient();
        var metrics = await http.GetStringAsync(new Uri(gateway.AdminAddress, "/metrics"), Cancel);
        Assert.Contains("gateway_usage_records_total{result=\"appended\"}", metrics, StringComparison.Ordinal);
        Assert.Contains("gateway_usage_log_lag_seconds", metrics, StringComparison.Ordinal);
    }

    private static Task<GatewayUnderTest> StartAsync(string models, MemoryUsageStore store) => StartAsync(models, store, out _);

    private static Task<GatewayUnderTest> StartAsync(string models, MemoryUsageStore store, out Func<UsageLog> log)
    {
        UsageLog? opened = null;
        log = () => opened!;
        return GatewayUnderTest.StartAsync(models, replace: services => services.AddSingleton<IUsageStore>(store)
            .AddSingleton<IUsageLog>(provider => opened = provider.GetRequiredService<UsageLog>()));
    }

    private static async Task<(int Status, JsonNode Json)> ReadyzAsync(GatewayUnderTest gateway)
    {
        using var http = new HttpClient();
        using var answer = await http.GetAsync(new Uri(gateway.AdminAddress, "/readyz"), Cancel);
        return ((int)answer.StatusCode, JsonNode.Parse(await answer.Content.ReadAsStringAsync(Cancel))!);
    }
}
