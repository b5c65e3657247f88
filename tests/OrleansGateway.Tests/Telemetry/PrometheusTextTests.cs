using OrleansGateway.Http;
using OrleansGateway.Telemetry;

namespace OrleansGateway.Tests.Telemetry;

public sealed class PrometheusTextTests : IDisposable
{
    private readonly GatewayMetrics _metrics = new();
    private readonly PrometheusText _prometheus;

    public PrometheusTextTests() => _prometheus = new PrometheusText(_metrics);

    [Fact]
    public void Write_AfterRequests_PrintsDurationsAsAHistogramWithItsBuckets()
    {
        foreach (var ms in new[] { 4, 5, 6, 20_000 }) _metrics.RequestEnded("GET", "main", 200, TimeSpan.FromMilliseconds(ms));
        var text = Exposition.Of(_prometheus);
        const string Labels = "http_request_method=\"GET\",http_response_status_code=\"200\",http_route=\"main\"";
        Assert.Equal("histogram", text.Types["http_server_request_duration_seconds"]);
        Assert.Equal(2, text.Value($"http_server_request_duration_seconds_bucket{{{Labels},le=\"0.005\"}}"));
        Assert.Equal(3, text.Value($"http_server_request_duration_seconds_bucket{{{Labels},le=\"10\"}}"));
        Assert.Equal(4, text.Value($"http_server_request_duration_seconds_bucket{{{Labels},le=\"+Inf\"}}"));
        Assert.Equal(4, text.Value($"http_server_request_duration_seconds_count{{{Labels}}}"));
        Assert.Equal(20.015, text.Value($"http_server_request_duration_seconds_sum{{{Labels}}}"), precision: 9);
    }

    [Fact]
    public void Write_AfterACall_PrintsEachClassOfTokens()
    {
        _metrics.CallEnded("acme", "chat", Samples.Call, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(1));
        var text = Exposition.Of(_prometheus);
        var tokens = text.Samples.Where(s => s.Key.StartsWith("gateway_tokens_total", StringComparison.Ordinal)).ToDictionary();
        Assert.Equal(
            new Dictionary<string, double> { ["input"] = 10, ["cache_read"] = 20, ["cache_write"] = 3, ["output"] = 30, ["reasoning"] = 5 }
                .ToDictionary(t => $"gateway_tokens_total{{class=\"{t.Key}\",model=\"gpt\",provider=\"openai\",tenant=\"acme\"}}", t => t.Value),
            tokens);
        const string Call = "gen_ai_operation_name=\"chat\",gen_ai_provider_name=\"openai\",gen_ai_request_model=\"gpt\"";
        Assert.Equal(1, text.Value($"gen_ai_server_time_to_first_token_seconds_sum{{{Call}}}"));
        Assert.Equal(2, text.Value($"gen_ai_server_request_duration_seconds_sum{{{Call},outcome=\"completed\"}}"));
    }

    [Fact]
    public void Write_WhileRequestsAreInFlight_CountsThemByKnownMethods()
    {
        _metrics.RequestStarted("GET");
        _metrics.RequestStarted("BREW");
        _metrics.RequestStarted("STEEP");
        _metrics.RequestEnded("BREW", null, 404, TimeSpan.Zero);
        var text = Exposition.Of(_prometheus);
        Assert.Equal("gauge", text.Types["http_server_active_requests"]);
        Assert.Equal(1, text.Value("http_server_active_requests{http_request_method=\"GET\"}"));
        Assert.Equal(1, text.Value("http_server_active_requests{http_request_method=\"_OTHER\"}"));
    }

    [Fact]
    public void Write_BeforeAnythingHappened_ShowsZerosForAlarms()
    {
        var text = Exposition.Of(_prometheus);
        Assert.Equal(0, text.Value("gateway_access_log_dropped_total"));
        Assert.Equal(0, text.Value("gateway_config_reloads_total{result=\"refused\"}"));
    }

    [Fact]
    public void Write_AfterAReload_ShowsOnlyTheVersionInForce()
    {
        _metrics.ConfigServed("1-aaaa");
        Assert.Equal(1, Exposition.Of(_prometheus).Value("gateway_config_info{version=\"1-aaaa\"}"));
        _metrics.ConfigServed("2-bbbb");
        var text = Exposition.Of(_prometheus);
        Assert.Equal(["gateway_config_info{version=\"2-bbbb\"}"], text.Samples.Keys.Where(k => k.StartsWith("gateway_config_info", StringComparison.Ordinal)));
    }

    [Fact]
    public void Write_OfNamesWithQuotesAndLineFeeds_EscapesThem()
    {
        _metrics.UpstreamAttempted("a\"b\\c\nd", "ok");
        Assert.Equal(1, Exposition.Of(_prometheus).Value("""gateway_upstream_attempts_total{outcome="ok",provider="a\"b\\c\nd"}"""));
    }

    [Fact]
    public void Write_OfTheRuntime_PrintsProcessorTimeAndHeap()
    {
        GC.Collect(0); // The heap's size is known once there was a collection.
        var text = Exposition.Of(_prometheus);
        Assert.True(text.Value("dotnet_process_cpu_time_seconds_total{cpu_mode=\"user\"}") > 0);
        Assert.Equal("counter", text.Types["dotnet_process_cpu_time_seconds_total"]);
        Assert.True(text.Value("dotnet_gc_last_collection_heap_size_bytes{gc_heap_generation=\"gen0\"}") >= 0);
        Assert.True(text.Value("dotnet_thread_pool_thread_count") > 0);
    }

    [Fact]
    public void Record_OfMoreSeriesThanAllowed_FoldsTheRestIntoOneAndLosesNoCount()
    {
        for (var i = 0; i < 5_000; i++) _metrics.UpstreamAttempted(i.ToString(CultureInfo.InvariantCulture), "ok");
        _metrics.UpstreamAttempted("0", "ok");
        var attempts = Exposition.Of(_prometheus).Samples.Where(s => s.Key.StartsWith("gateway_upstream_attempts", StringComparison.Ordinal)).ToDictionary();
        Assert.Equal(2_000, attempts.Count);
        Assert.Equal(5_001, attempts.Values.Sum());
        Assert.Equal(3_001, attempts["gateway_upstream_attempts_total{otel_metric_overflow=\"true\"}"]);
        Assert.Equal(2, attempts["gateway_upstream_attempts_total{outcome=\"ok\",provider=\"0\"}"]);
    }

    [Fact]
    public void Record_OfTheSameTagsInAnotherOrder_GoesToTheSameSeries()
    {
        var counter = _metrics.Meter.CreateCounter<long>("sample");
        counter.Add(1, new("a", 1), new("b", 2));
        counter.Add(1, new("b", 2), new("a", 1));
        counter.Add(1, new("a", 1), new("none", null), new("b", 2));
        Assert.Equal(3, Exposition.Of(_prometheus).Value("sample_total{a=\"1\",b=\"2\"}"));
    }

    [Fact]
    public void Record_FromManyThreads_LosesNothing()
    {
        Parallel.For(0, 4, thread =>
        {
            for (var i = 0; i < 20_000; i++) _metrics.RequestEnded("GET", "r" + (i % 8), 200, TimeSpan.FromSeconds(0.25));
        });
        var text = Exposition.Of(_prometheus);
        Assert.Equal(80_000, text.Samples.Where(s => s.Key.StartsWith("http_server_request_duration_seconds_count", StringComparison.Ordinal)).Sum(s => s.Value));
        Assert.Equal(20_000, text.Samples.Where(s => s.Key.StartsWith("http_server_request_duration_seconds_sum", StringComparison.Ordinal)).Sum(s => s.Value));
    }

    [Fact]
    public void Record_OfSeriesThatExist_AllocatesNothing()
    {
        var call = Samples.Call;
        Assert.Equal(0, Allocated.Least(() => RecordAll(call)));
    }

    [Fact]
    public void Write_OfTwoGateways_KeepsTheirNumbersApart()
    {
        using var other = new GatewayMetrics();
        other.Refused("elsewhere");
        Assert.DoesNotContain("elsewhere", string.Concat(Exposition.Of(_prometheus).Samples.Keys), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a_total 1\n", "no type")]
    [InlineData("# HELP a_total x\n# TYPE a_total counter\na_total 1", "no last line feed")]
    [InlineData("# HELP a_total x\n# TYPE a_total counter\na_total 1\na_total 2\n", "a series twice")]
    [InlineData("# HELP a_total x\n# TYPE a_total counter\na_total{x=\"a\"b\"} 1\n", "a quote not escaped")]
    [InlineData("# HELP a_total x\n# TYPE a_total counter\na_total{x-y=\"a\"} 1\n", "a bad label")]
    [InlineData("# HELP a x\n# TYPE a histogram\na_bucket{le=\"1\"} 2\na_bucket{le=\"+Inf\"} 1\na_sum 1\na_count 1\n", "falling buckets")]
    [InlineData("# HELP a x\n# TYPE a histogram\na_bucket{le=\"1\"} 1\na_sum 1\na_count 1\n", "no +Inf")]
    public void Parse_OfWhatIsNotTheFormat_Fails(string text, string reason) =>
        Assert.True(Record.Exception(() => Exposition.Parse(text)) is FormatException or KeyNotFoundException, reason);

    public void Dispose()
    {
        _prometheus.Dispose();
        _metrics.Dispose();
    }

    private void RecordAll(CallFacts call)
    {
        _metrics.RequestStarted("POST");
        _metrics.CallEnded("acme", "chat", call, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(1));
        _metrics.UpstreamAttempted("openai", "ok");
        _metrics.RequestEnded("POST", "main", 200, TimeSpan.FromSeconds(2));
    }
}
