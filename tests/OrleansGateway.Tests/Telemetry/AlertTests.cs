using System.Text.RegularExpressions;
using OrleansGateway.Tests.Deploy;
using YamlDotNet.Serialization;

namespace OrleansGateway.Tests.Telemetry;

/// <summary>Alerts go by what a gateway really exposes, and name in their words only what they know.</summary>
public sealed partial class AlertTests
{
    private const string Page = "deploy/prometheus/alerts.yml";

    [Fact]
    public async Task Alerts_OfAllRules_NameOnlyWhatAGatewayExposes()
    {
        var exposed = await ExposedSamples.OfAGatewayAsync();
        // What Prometheus says of a scrape itself.
        exposed["up"] = [];
        var alerts = Alerts();
        Assert.NotEmpty(alerts);
        Assert.All(alerts, alert =>
        {
            var metrics = PromQuery.MetricsIn(alert.Expr);
            Assert.True(metrics.Count > 0, $"{alert.Name}: no metric in {alert.Expr}");
            Assert.All(metrics, m => Assert.True(exposed.ContainsKey(m), $"{alert.Name}: {m} is not exposed"));
            var labels = metrics.SelectMany(m => exposed[m]).Concat(PromQuery.AddedLabels).ToHashSet();
            Assert.All(PromQuery.LabelsIn(alert.Expr).Concat(alert.LabelsTold), l => Assert.True(labels.Contains(l), $"{alert.Name}: no metric has the label {l}"));
        });
    }

    [Fact]
    public void Words_OfAnAlertOnASum_NameOnlyLabelsThatTheSumKeeps() =>
        Assert.All(Alerts(), alert =>
        {
            var kept = Kept().Matches(alert.Expr).SelectMany(m => m.Groups[1].Value.Split(", ")).ToHashSet();
            if (kept.Count > 0) Assert.Subset(kept, alert.LabelsTold.ToHashSet());
        });

    [Fact]
    public void Alerts_AsAWhole_HaveNamesOfTheirOwn()
    {
        var names = Alerts().Select(a => a.Name).ToArray();
        Assert.Equal(names.Length, names.Distinct().Count());
    }

    [Fact(Timeout = 60_000)]
    public async Task Configuration_ByPrometheusItself_IsValid()
    {
        var (exit, output) = await Tool.RunAsync("promtool", "deploy/prometheus", "check", "config", "prometheus.yml");
        Assert.True(exit == 0, output);
    }

    private static Alert[] Alerts()
    {
        var rules = new DeserializerBuilder().Build().Deserialize<Dictionary<string, List<Dictionary<object, object>>>>(Tool.TextOf(Page));
        return [.. rules["groups"].SelectMany(g => (List<object>)g["rules"]).Cast<Dictionary<object, object>>().Select(rule => new Alert(
            (string)rule["alert"],
            (string)rule["expr"],
            [.. ((Dictionary<object, object>)rule["annotations"]).Values.SelectMany(text => Told().Matches((string)text)).Select(m => m.Groups[1].Value)]))];
    }

    [GeneratedRegex(@"\$labels\.(\w+)")]
    private static partial Regex Told();

    [GeneratedRegex(@"\bby \(([^)]*)\)")]
    private static partial Regex Kept();

    private sealed record Alert(string Name, string Expr, string[] LabelsTold);
}
