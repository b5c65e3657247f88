namespace OrleansGateway.Tests.Telemetry;

public sealed class PromQueryTests
{
    [Theory]
    [InlineData("sum by (a, b) (rate(x_total{c=\"d\", e=~\"f.*\"}[$__rate_interval])) / on (g) group_left y", "x_total y", "a b c e g")]
    [InlineData("histogram_quantile(0.99, sum(rate(x_bucket[5m])) by (le)) > 2 or vector(0)", "x_bucket", "le")]
    public void Reading_OfAQuery_FindsItsNames(string query, string metrics, string labels)
    {
        Assert.Equal(metrics, string.Join(' ', PromQuery.MetricsIn(query)));
        Assert.Equal(labels, string.Join(' ', PromQuery.LabelsIn(query).Order()));
    }
}
