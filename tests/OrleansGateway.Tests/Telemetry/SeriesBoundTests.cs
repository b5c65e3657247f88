using System.Text;
using Microsoft.AspNetCore.Http;
using OrleansGateway.Tests.Gateway;

namespace OrleansGateway.Tests.Telemetry;

/// <summary>What clients make up never becomes a series: a scrape stays as small after 100,000 inventions as after a few.</summary>
public sealed class SeriesBoundTests
{
    private const string Alphabet = "abcdefghijklmnopqrstuvwxyz0123456789-_.";

    [Fact]
    public async Task Metrics_After100000RandomPathsAndModels_HaveTheSeriesOfTheFirstFew()
    {
        await using var gateway = await GatewayUnderTest.StartWholeAsync($$$"""
            listeners: {data: ["127.0.0.1:0"], admin: "127.0.0.1:0"}
            access_log: {output: "off"}
            tenants: {acme: {}}
            keys: {test: {tenant: acme, secret: "{{{GatewayUnderTest.Key}}}" } }
            routes: {default: {path: /}}
            providers: {fake: {kind: fake}}
            models: {real: {targets: [{provider: fake}]}}
            """);
        var random = new Random(7);
        for (var i = 0; i < 200; i++) await OverTheWireAsync(gateway, random);
        await ServeAsync(gateway, random, 1_000);
        var first = await SeriesAsync(gateway);
        await ServeAsync(gateway, random, 100_000);
        var last = await SeriesAsync(gateway);

        Assert.Equal(first.Samples.Keys.Order(), last.Samples.Keys.Order());
        Assert.InRange(last.Samples.Count, 50, 400);
        Assert.DoesNotContain(last.Samples.Keys, series => series.Contains("overflow", StringComparison.Ordinal));
        Assert.Equal(101_200, last.Samples.Where(s => s.Key.StartsWith("http_server_request_duration_seconds_count", StringComparison.Ordinal)).Sum(s => s.Value));
    }

    private static async Task OverTheWireAsync(GatewayUnderTest gateway, Random random)
    {
        using var content = new StringContent(Body(random, Text(random)), Encoding.UTF8, "application/json");
        var path = random.Next(2) == 0 ? "/" + Text(random) : "/v1/chat/completions";
        using var answer = await gateway.Client.PostAsync(path, content, TestContext.Current.CancellationToken);
        await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
    }

    private static async Task ServeAsync(GatewayUnderTest gateway, Random random, int count)
    {
        for (var i = 0; i < count; i++)
        {
            var http = new DefaultHttpContext();
            var kind = random.Next(4);
            http.Request.Method = kind == 0 ? Text(random) : "POST";
            http.Request.Path = kind switch { 1 => "/" + Text(random), 2 => "/v1/models/" + Text(random), _ => "/v1/chat/completions" };
            http.Request.Headers.Authorization = "Bearer " + GatewayUnderTest.Key;
            http.Request.Body = new MemoryStream(Encoding.UTF8.GetBytes(Body(random, random.Next(50) == 0 ? "real" : Text(random))));
            await gateway.Host.Pipeline.ServeAsync(http);
        }
    }

    private static async Task<Exposition> SeriesAsync(GatewayUnderTest gateway)
    {
        var text = await gateway.Client.GetStringAsync(new Uri(gateway.AdminAddress, "/metrics"), TestContext.Current.CancellationToken);
        return Exposition.Parse(text);
    }

    private static string Body(Random random, string model) => $$"""{"model":"{{model}}","user":"{{Text(random)}}","messages":[{"role":"user","content":"Hi"}]}""";

    private static string Text(Random random) => string.Create(12, random, static (text, random) =>
    {
        foreach (ref var c in text) c = Alphabet[random.Next(Alphabet.Length)];
    });
}
