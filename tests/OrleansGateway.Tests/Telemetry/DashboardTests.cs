using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using OrleansGateway.Tests.Forwarding;
using OrleansGateway.Tests.Gateway;
using OrleansGateway.Tests.Sdk;

namespace OrleansGateway.Tests.Telemetry;

/// <summary>
/// The dashboards name only metrics and labels that a gateway really exposes, and are what Grafana's own schema says that dashboards are.
/// </summary>
public sealed partial class DashboardTests
{
    /// <summary>Labels that Prometheus adds when it scrapes, and the one that histograms have.</summary>
    private static readonly string[] AddedLabels = ["instance", "job", "le"];

    private static readonly HashSet<string> PanelTypes = ["timeseries", "stat", "table", "bargauge", "row"];

    public static TheoryData<string> Files =>
        [.. Tidy.Repository.Files.Where(f => f.StartsWith("deploy/dashboards/", StringComparison.Ordinal) && f.EndsWith(".json", StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(Files))]
    public void Dashboard_OfAnyName_HasTheFormOfOne(string file)
    {
        var dashboard = Read(file);
        Assert.InRange(dashboard.GetProperty("schemaVersion").GetInt32(), 36, 42);
        Assert.NotEmpty(dashboard.GetProperty("title").GetString()!);
        Assert.Equal("null", dashboard.GetProperty("id").GetRawText());
        var panels = Panels(dashboard);
        Assert.Equal(panels.Count, panels.Select(p => p.GetProperty("id").GetInt32()).Distinct().Count());
        Assert.All(panels, p =>
        {
            Assert.Contains(p.GetProperty("type").GetString()!, PanelTypes);
            Assert.NotEmpty(p.GetProperty("title").GetString()!);
            var place = p.GetProperty("gridPos");
            Assert.InRange(place.GetProperty("x").GetInt32() + place.GetProperty("w").GetInt32(), 1, 24);
            Assert.True(place.GetProperty("h").GetInt32() > 0 && place.GetProperty("y").GetInt32() >= 0);
        });
        Assert.All(panels.Where(p => p.GetProperty("type").GetString() != "row"), p =>
        {
            Assert.Equal("${datasource}", p.GetProperty("datasource").GetProperty("uid").GetString());
            var targets = p.GetProperty("targets").EnumerateArray().ToArray();
            Assert.NotEmpty(targets);
            Assert.Equal(targets.Length, targets.Select(t => t.GetProperty("refId").GetString()).Distinct().Count());
        });
        AssertNoOverlap(panels);
    }

    [Fact(Timeout = 120_000)]
    public async Task Dashboards_ByGrafanasSchema_AreSome()
    {
        var files = Files.Select(f => Path.Combine(Tidy.Repository.Root, f.Data));
        var (exit, faults, errors) = await NodeProgram.StartAsync(["dashboards.mjs", .. files], new Dictionary<string, string>(), input: "");
        Assert.True(exit == 0, faults + errors);
    }

    [Fact]
    public void Dashboards_AsAWhole_HaveNamesOfTheirOwn()
    {
        var uids = Files.Select(f => Read(f.Data).GetProperty("uid").GetString()).ToArray();
        Assert.NotEmpty(uids);
        Assert.Equal(uids.Length, uids.Distinct().Count());
    }

    [Fact]
    public async Task Queries_OfAllDashboards_NameOnlyWhatAGatewayExposes()
    {
        var exposed = await ExposedAsync();
        var used = new HashSet<string>();
        foreach (var (file, query) in Files.SelectMany(f => Queries(Read(f.Data)).Select(q => (f.Data, q))))
        {
            var metrics = MetricsIn(query);
            Assert.True(metrics.Count > 0, $"{file}: no metric in {query}");
            Assert.All(metrics, m => Assert.True(exposed.ContainsKey(m), $"{file}: {m} is not exposed, in {query}"));
            var labels = metrics.SelectMany(m => exposed[m]).Concat(AddedLabels).ToHashSet();
            Assert.All(LabelsIn(query), l => Assert.True(labels.Contains(l), $"{file}: no metric has the label {l} in {query}"));
            used.UnionWith(metrics);
        }

        foreach (var variable in Files.SelectMany(f => Variables(Read(f.Data))))
        {
            var parts = LabelValues().Match(variable);
            Assert.True(parts.Success, variable);
            Assert.Contains(parts.Groups[2].Value, exposed[parts.Groups[1].Value].Concat(AddedLabels));
        }

        Assert.All(
            ["http_server_request_duration_seconds_bucket", "gen_ai_server_time_to_first_token_seconds_bucket", "gateway_tokens_total", "gateway_upstream_attempts_total", "gateway_config_info", "gateway_refusals_total",
                "gateway_upstream_requests_total", "gateway_upstream_ejected", "gateway_shed_total", "gateway_cache_requests_total", "gateway_model_cache_saved_cost_total",
                "gateway_invalidation_applied_total", "gateway_invalidation_lag_seconds_bucket", "gateway_invalidation_parked"],
            metric => Assert.Contains(metric, used));
    }

    [Theory]
    [InlineData("sum by (a, b) (rate(x_total{c=\"d\", e=~\"f.*\"}[$__rate_interval])) / on (g) group_left y", "x_total y", "a b c e g")]
    [InlineData("histogram_quantile(0.99, sum(rate(x_bucket[5m])) by (le)) > 2 or vector(0)", "x_bucket", "le")]
    public void Reading_OfAQuery_FindsItsNames(string query, string metrics, string labels)
    {
        Assert.Equal(metrics, string.Join(' ', MetricsIn(query)));
        Assert.Equal(labels, string.Join(' ', LabelsIn(query).Order()));
    }

    /// <summary>Names of the samples of a gateway that everything has happened to, with their labels.</summary>
    private static async Task<Dictionary<string, HashSet<string>>> ExposedAsync()
    {
        await using var origin = await OriginServer.StartAsync(static http =>
        {
            http.Response.Headers.CacheControl = "max-age=60";
            return http.Response.WriteAsync("cached");
        }, HttpProtocols.Http1);
        await using var gateway = await GatewayUnderTest.StartWholeAsync($$"""
            listeners: {data: ["127.0.0.1:0"], admin: "127.0.0.1:0"}
            access_log: {output: access.log}
            telemetry: {traces: {endpoint: "http://127.0.0.1:1"} }
            tenants: {acme: { } }
            keys: {test: {tenant: acme, secret: {{GatewayUnderTest.Key}} } }
            providers: {fake: {kind: fake, fake: {input_tokens: 3} } }
            models: {real: {targets: [{provider: fake}]} }
            upstreams: {shop: {targets: [{url: "http://127.0.0.1:1"}]}, cached: {targets: [{url: "{{origin.Url}}"}]} }
            routes: {default: {path: /, model_cache: {ttl: 1h} }, shop: {path: /shop, upstream: shop}, cached: {path: /cached, upstream: cached, cache: tenant} }
            invalidation: {sources: {plain: {tenants: [acme]} } }
            """);
        using var unreachable = await gateway.Client.GetAsync("/shop", TestContext.Current.CancellationToken);
        for (var i = 0; i < 2; i++) Assert.Equal("cached", await gateway.Client.GetStringAsync("/cached", TestContext.Current.CancellationToken));
        using var admin = new HttpClient { BaseAddress = gateway.Host.AdminAddress };
        admin.DefaultRequestHeaders.Authorization = new("Bearer", gateway.Host.AdminToken.Fresh!.Reveal());
        foreach (var message in (string[])["""{"tags":["a"],"occurred_at":"2026-01-01T00:00:00Z"}""", "{}"])
        {
            using var content = new StringContent(message);
            using var answer = await admin.PostAsync("/admin/v1/events?source=plain", content, TestContext.Current.CancellationToken);
        }

        foreach (var model in (string[])["real", "real", "none"])
        {
            using var content = new StringContent($$"""{"model":"{{model}}","temperature":0,"messages":[{"role":"user","content":"Hi"}]}""", Encoding.UTF8, "application/json");
            using var answer = await gateway.Client.PostAsync("/v1/chat/completions", content, TestContext.Current.CancellationToken);
            await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        }

        var text = await gateway.Client.GetStringAsync(new Uri(gateway.Host.AdminAddress, "/metrics"), TestContext.Current.CancellationToken);
        return Exposition.Parse(text).Samples.Keys.GroupBy(series => series.Split('{')[0])
            .ToDictionary(g => g.Key, g => g.SelectMany(series => Label().Matches(series).Select(m => m.Groups[1].Value)).ToHashSet());
    }

    private static JsonElement Read(string file) => JsonElement.Parse(File.ReadAllText(Path.Combine(Tidy.Repository.Root, file)));

    private static List<JsonElement> Panels(JsonElement dashboard) => [.. dashboard.GetProperty("panels").EnumerateArray()];

    private static IEnumerable<string> Queries(JsonElement dashboard) =>
        Panels(dashboard).Where(p => p.TryGetProperty("targets", out _)).SelectMany(p => p.GetProperty("targets").EnumerateArray()).Select(t => t.GetProperty("expr").GetString()!);

    private static IEnumerable<string> Variables(JsonElement dashboard) =>
        from variable in dashboard.GetProperty("templating").GetProperty("list").EnumerateArray()
        where variable.GetProperty("type").GetString() == "query"
        select variable.GetProperty("query").GetProperty("query").GetString()!;

    private static void AssertNoOverlap(List<JsonElement> panels)
    {
        var taken = new HashSet<(int, int)>();
        foreach (var place in panels.Select(p => p.GetProperty("gridPos")))
        {
            var (x, y) = (place.GetProperty("x").GetInt32(), place.GetProperty("y").GetInt32());
            for (var dx = 0; dx < place.GetProperty("w").GetInt32(); dx++)
            {
                for (var dy = 0; dy < place.GetProperty("h").GetInt32(); dy++) Assert.True(taken.Add((x + dx, y + dy)), $"Two panels at {x + dx}, {y + dy}.");
            }
        }
    }

    /// <summary>Identifiers that are neither functions, nor keywords, nor labels.</summary>
    private static List<string> MetricsIn(string query)
    {
        var bare = Duration().Replace(Grouping().Replace(Selector().Replace(query, ""), ""), "");
        return [.. Identifier().Matches(bare).Select(m => m.Value).Where(name => !Keyword().IsMatch(name)).Distinct()];
    }

    private static IEnumerable<string> LabelsIn(string query) =>
        Label().Matches(query).Select(m => m.Groups[1].Value)
            .Concat(Grouping().Matches(query).SelectMany(m => m.Groups[1].Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)))
            .Distinct();

    [GeneratedRegex(@"^label_values\((\w+), (\w+)\)$")]
    private static partial Regex LabelValues();

    [GeneratedRegex(@"\{[^}]*\}")]
    private static partial Regex Selector();

    [GeneratedRegex(@"\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)")]
    private static partial Regex Grouping();

    [GeneratedRegex(@"\[[^\]]*\]")]
    private static partial Regex Duration();

    [GeneratedRegex(@"(?<![\w.$])[a-zA-Z_:][\w:]*(?!\w|\s*\()")]
    private static partial Regex Identifier();

    [GeneratedRegex("^(?:by|without|on|ignoring|group_left|group_right|and|or|unless|bool|offset|sum|max|min|avg|count|topk)$")]
    private static partial Regex Keyword();

    [GeneratedRegex("""([a-zA-Z_]\w*)\s*(?:=~|!~|!=|=)\s*["]""")]
    private static partial Regex Label();
}
