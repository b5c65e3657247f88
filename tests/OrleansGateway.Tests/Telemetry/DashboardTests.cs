using System.Text.Json;
using System.Text.RegularExpressions;
using OrleansGateway.Tests.Sdk;

namespace OrleansGateway.Tests.Telemetry;

/// <summary>
/// The dashboards name only metrics and labels that a gateway really exposes, and are what Grafana's own schema says that dashboards are.
/// </summary>
public sealed partial class DashboardTests
{
    private static readonly HashSet<string> PanelTypes = ["timeseries", "stat", "table", "bargauge", "row"];

    public static TheoryData<string> Files =>
        [.. Tidy.RepositoryFiles.Files.Where(f => f.StartsWith("deploy/dashboards/", StringComparison.Ordinal) && f.EndsWith(".json", StringComparison.Ordinal))];

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
        var files = Files.Select(f => Repository.PathOf(f.Data));
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
        var exposed = await ExposedSamples.OfAGatewayAsync();
        var used = new HashSet<string>();
        foreach (var (file, query) in Files.SelectMany(f => Queries(Read(f.Data)).Select(q => (f.Data, q))))
        {
            var metrics = PromQuery.MetricsIn(query);
            Assert.True(metrics.Count > 0, $"{file}: no metric in {query}");
            Assert.All(metrics, m => Assert.True(exposed.ContainsKey(m), $"{file}: {m} is not exposed, in {query}"));
            var labels = metrics.SelectMany(m => exposed[m]).Concat(PromQuery.AddedLabels).ToHashSet();
            Assert.All(PromQuery.LabelsIn(query), l => Assert.True(labels.Contains(l), $"{file}: no metric has the label {l} in {query}"));
            used.UnionWith(metrics);
        }

        foreach (var variable in Files.SelectMany(f => Variables(Read(f.Data))))
        {
            var parts = LabelValues().Match(variable);
            Assert.True(parts.Success, variable);
            Assert.Contains(parts.Groups[2].Value, exposed[parts.Groups[1].Value].Concat(PromQuery.AddedLabels));
        }

        Assert.All(
            ["http_server_request_duration_seconds_bucket", "gen_ai_server_time_to_first_token_seconds_bucket", "gateway_tokens_total", "gateway_upstream_attempts_total", "gateway_config_info", "gateway_refusals_total",
                "gateway_upstream_requests_total", "gateway_upstream_ejected", "gateway_shed_total", "gateway_cache_requests_total", "gateway_model_cache_saved_cost_total",
                "gateway_invalidation_applied_total", "gateway_invalidation_lag_seconds_bucket", "gateway_invalidation_parked"],
            metric => Assert.Contains(metric, used));
    }

    private static JsonElement Read(string file) => JsonElement.Parse(File.ReadAllText(Repository.PathOf(file)));

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

    [GeneratedRegex(@"^label_values\((\w+), (\w+)\)$")]
    private static partial Regex LabelValues();
}
