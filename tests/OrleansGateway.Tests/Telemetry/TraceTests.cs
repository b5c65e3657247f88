using System.Text;
using OrleansGateway.Tests.Gateway;
using OrleansGateway.Tests.Upstreams;

namespace OrleansGateway.Tests.Telemetry;

/// <summary>The spans of a client, the gateway and its providers join up, as a collector sees them.</summary>
public sealed class TraceTests
{
    private const string Sampled = $"00-{TracedGateway.ClientTrace}-{TracedGateway.ClientSpan}-01";
    private const string NotSampled = $"00-{TracedGateway.ClientTrace}-{TracedGateway.ClientSpan}-00";

    [Theory]
    [InlineData(false)] [InlineData(true)]
    public async Task Trace_FromTheClientToTheProvider_JoinsUp(bool grpc)
    {
        await using var bed = await TracedGateway.StartAsync("headers: {x-collector-key: \"a,b=c%20d\"}", grpc);
        bed.OpenAI.Enqueue(Answer.Json(Said.OpenAIWhole));
        await bed.ChatAsync("o", traceparent: Sampled, tracestate: "vendor=state");
        var spans = await bed.EndAsync();

        var (server, attempt) = (spans.Single(s => s.Kind == ReceivedSpan.Server), spans.Single(s => s.Kind == ReceivedSpan.Client));
        Assert.Equal((TracedGateway.ClientTrace, TracedGateway.ClientSpan), (server.TraceId, server.ParentId));
        Assert.Equal((TracedGateway.ClientTrace, server.SpanId), (attempt.TraceId, attempt.ParentId));
        var sent = Assert.Single(bed.OpenAI.Requests).Headers;
        Assert.Equal(($"00-{TracedGateway.ClientTrace}-{attempt.SpanId}-01", "vendor=state"), (sent["traceparent"], sent["tracestate"]));
        Assert.All(bed.Receiver.Requests, r => Assert.Contains("x-collector-key: a,b=c%20d", r.Headers));
        Assert.All(bed.Receiver.Requests, r => Assert.Equal(grpc ? "/opentelemetry.proto.collector.trace.v1.TraceService/Export" : "/v1/traces", r.Path));
    }

    [Fact]
    public async Task Spans_OfAModelCall_SayWhatTheConventionsAsk()
    {
        await using var bed = await TracedGateway.StartAsync();
        bed.OpenAI.Enqueue(Answer.Json(Said.OpenAIWhole));
        bed.Gateway.Client.DefaultRequestHeaders.UserAgent.ParseAdd("tests/1.0");
        await bed.ChatAsync("o");
        var port = bed.Gateway.Url.Port.ToString(CultureInfo.InvariantCulture);
        var spans = await bed.EndAsync();

        var server = spans.Single(s => s.Kind == ReceivedSpan.Server);
        Assert.Equal("POST default", server.Name);
        Assert.Equal(new SortedDictionary<string, string>
        {
            ["http.request.method"] = "POST", ["http.response.status_code"] = "200", ["http.route"] = "default", ["url.scheme"] = "http",
            ["url.path"] = "/v1/chat/completions", ["server.address"] = "127.0.0.1", ["server.port"] = port, ["client.address"] = "127.0.0.1",
            ["user_agent.original"] = "tests/1.0",
        }, new SortedDictionary<string, string>(server.Attributes));
        var attempt = spans.Single(s => s.Kind == ReceivedSpan.Client);
        Assert.Equal("chat gpt-there", attempt.Name);
        Assert.Equal(new SortedDictionary<string, string>
        {
            ["gen_ai.operation.name"] = "chat", ["gen_ai.provider.name"] = "o", ["gen_ai.request.model"] = "gpt-there", ["gen_ai.response.model"] = "m",
            ["gen_ai.response.finish_reasons"] = "stop", ["gen_ai.usage.input_tokens"] = "3", ["gen_ai.usage.output_tokens"] = "2",
            ["server.address"] = "127.0.0.1", ["server.port"] = bed.OpenAI.Url.Port.ToString(CultureInfo.InvariantCulture),
        }, new SortedDictionary<string, string>(attempt.Attributes));
        Assert.All(spans, s => Assert.Equal(("OrleansGateway", "gateway", 0), (s.Scope, s.Resource["service.name"], s.Status)));
        Assert.All(["service.version", "service.instance.id", "telemetry.sdk.name"], name => Assert.Contains(name, server.Resource.Keys));
    }

    [Fact]
    public async Task Spans_OfAnyCall_HoldNoKeyNorBody()
    {
        await using var bed = await TracedGateway.StartAsync();
        bed.OpenAI.Enqueue(Answer.Json(Said.OpenAIWhole));
        bed.OpenAI.Enqueue(Answer.Json("""{"error":{"message":"words-of-the-provider","type":"t","param":null,"code":"c"}}""", 400));
        await bed.ChatAsync("o");
        await bed.ChatAsync("o");
        Assert.Equal(4, (await bed.EndAsync()).Count);
        var all = string.Concat(bed.Receiver.Requests.Select(r => r.Headers + Encoding.Latin1.GetString(r.Body)));
        Assert.All([GatewayUnderTest.Key, "provider-key", TracedGateway.Prompt, "Hello", "words-of-the-provider"], secret => Assert.DoesNotContain(secret, all));
    }

    [Theory]
    [InlineData("sample_ratio: 0", null, 0, "00")]
    [InlineData("sample_ratio: 1", null, 2, "01")]
    [InlineData("sample_ratio: 0", Sampled, 2, "01")]
    [InlineData("sample_ratio: 1", NotSampled, 0, "00")]
    [InlineData("sample_ratio: 0", "00-nonsense", 0, "00")]
    public async Task Sampling_ByRatioAndByTheClient_IsToldTheProviderToo(string ratio, string? traceparent, int count, string flags)
    {
        await using var bed = await TracedGateway.StartAsync(ratio);
        bed.OpenAI.Enqueue(Answer.Json(Said.OpenAIWhole));
        await bed.ChatAsync("o", traceparent: traceparent);
        Assert.Equal(count, (await bed.EndAsync()).Count);
        var sent = Assert.Single(bed.OpenAI.Requests).Headers["traceparent"].Split('-');
        Assert.Equal(("00", 32, 16, flags), (sent[0], sent[1].Length, sent[2].Length, sent[3]));
        Assert.Equal(traceparent?.Length == Sampled.Length, sent[1] == TracedGateway.ClientTrace);
    }

    [Fact]
    public async Task Sampling_OfAShare_TakesAboutThatShare()
    {
        await using var bed = await TracedGateway.StartAsync("sample_ratio: 0.25");
        bed.OpenAI.Handler = _ => Answer.Json(Said.OpenAIWhole);
        for (var call = 0; call < 200; call++) await bed.ChatAsync("o");
        var spans = await bed.EndAsync();
        Assert.InRange(spans.Count(s => s.Kind == ReceivedSpan.Server), 25, 75);
        Assert.All(spans.Where(s => s.Kind == ReceivedSpan.Client), s => Assert.Contains(spans, parent => parent.SpanId == s.ParentId));
    }

    [Fact]
    public async Task Sampling_AfterAReload_GoesByTheNewRatio()
    {
        await using var bed = await TracedGateway.StartAsync("sample_ratio: 0");
        bed.OpenAI.Handler = _ => Answer.Json(Said.OpenAIWhole);
        await bed.ChatAsync("o");
        await bed.ReloadAsync("sample_ratio: 1");
        await bed.ChatAsync("o");
        Assert.Equal(2, (await bed.EndAsync()).Count);
    }

    [Fact]
    public async Task Tracing_WithoutAnEndpoint_PassesTheClientsContextOn()
    {
        await using var bed = await TracedGateway.StartAsync(traces: null);
        bed.OpenAI.Enqueue(Answer.Json(Said.OpenAIWhole));
        bed.OpenAI.Enqueue(Answer.Json(Said.OpenAIWhole));
        await bed.ChatAsync("o", traceparent: Sampled, tracestate: "vendor=state");
        await bed.ChatAsync("o");
        Assert.Equal((Sampled, "vendor=state"), (bed.OpenAI.Requests[0].Headers["traceparent"], bed.OpenAI.Requests[0].Headers["tracestate"]));
        Assert.DoesNotContain("traceparent", bed.OpenAI.Requests[1].Headers.Keys);
        Assert.Empty(await bed.EndAsync());
    }

    [Fact]
    public async Task Fallback_OfAFailedAttempt_IsASpanOfItsOwn()
    {
        await using var bed = await TracedGateway.StartAsync();
        bed.OpenAI.Enqueue(Answer.Json("{}", 503));
        bed.Anthropic.Enqueue(Answer.Json(Said.AnthropicWhole));
        await bed.ChatAsync("o-then-a");
        var spans = await bed.EndAsync();

        var server = spans.Single(s => s.Kind == ReceivedSpan.Server);
        var (first, second) = (spans.Single(s => s["gen_ai.provider.name"] == "o"), spans.Single(s => s["gen_ai.provider.name"] == "a"));
        Assert.Equal((server.SpanId, server.SpanId), (first.ParentId, second.ParentId));
        Assert.Equal(("503", ReceivedSpan.Error, null), (first["error.type"], first.Status, first["gen_ai.usage.input_tokens"]));
        Assert.Equal((null, 0, "claude-there", "3"), (second["error.type"], second.Status, second["gen_ai.request.model"], second["gen_ai.usage.input_tokens"]));
        Assert.Equal((null, "200"), (server["error.type"], server["http.response.status_code"]));
        Assert.Contains(first.SpanId, bed.OpenAI.Requests[0].Headers["traceparent"]);
        Assert.Contains(second.SpanId, bed.Anthropic.Requests[0].Headers["traceparent"]);
    }

    [Theory]
    [InlineData("o")] [InlineData("o-then-a")]
    public async Task Stream_ThatIsTraced_EndsItsSpansAtItsEndWithUsage(string model)
    {
        await using var bed = await TracedGateway.StartAsync();
        var gate = new TaskCompletionSource();
        if (model == "o-then-a") bed.OpenAI.Enqueue(Answer.Json("{}", 503));
        (model == "o" ? bed.OpenAI : bed.Anthropic).Enqueue(Answer.Stream(model == "o" ? Said.OpenAIStream : Said.AnthropicStream).WaitBefore(4, gate.Task));
        using var answer = await bed.SendAsync(model, stream: true);
        var before = TimeProvider.System.GetUtcNow();
        gate.SetResult();
        await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        var spans = await bed.EndAsync();

        var attempt = spans.Single(s => s.Kind == ReceivedSpan.Client && s["error.type"] is null);
        Assert.Equal(("3", "2", "stop", "m"), (attempt["gen_ai.usage.input_tokens"], attempt["gen_ai.usage.output_tokens"], attempt["gen_ai.response.finish_reasons"], attempt["gen_ai.response.model"]));
        Assert.True(attempt.EndedAt >= before, $"{attempt.EndedAt:O} is before {before:O}");
        Assert.True(spans.Single(s => s.Kind == ReceivedSpan.Server).EndedAt >= attempt.EndedAt);
    }

    [Fact]
    public async Task Stream_ThatIsCut_IsAnErrorOfBothSpans()
    {
        await using var bed = await TracedGateway.StartAsync();
        bed.OpenAI.Enqueue(Answer.Stream(Said.OpenAIStream).EndAfter(2, AnswerEnd.Cut));
        await bed.ChatAsync("o", stream: true);
        var spans = await bed.EndAsync();
        Assert.Equal(2, spans.Count);
        Assert.All(spans, s => Assert.Equal(("upstream_cut", ReceivedSpan.Error), (s["error.type"], s.Status)));
    }

    [Fact]
    public async Task Client_ThatGoesAway_IsNamedInBothSpans()
    {
        await using var bed = await TracedGateway.StartAsync();
        bed.OpenAI.Enqueue(Answer.Stream(Said.OpenAIStream).EndAfter(2, AnswerEnd.Stall));
        var answer = await bed.SendAsync("o", stream: true);
        answer.Dispose();
        await bed.OpenAI.Requests[0].Aborted.WaitAsync(TestContext.Current.CancellationToken);
        var spans = await bed.EndAsync();
        Assert.Equal(2, spans.Count);
        Assert.All(spans, s => Assert.Equal("client_aborted", s["error.type"]));
    }

    [Fact]
    public async Task Request_ThatIsRefused_NamesTheCodeAndIsNoErrorOfTheServer()
    {
        await using var bed = await TracedGateway.StartAsync();
        bed.Gateway.Client.DefaultRequestHeaders.Authorization = null;
        await bed.ChatAsync("o");
        var span = Assert.Single(await bed.EndAsync());
        Assert.Equal(("invalid_api_key", "401", 0), (span["error.type"], span["http.response.status_code"], span.Status));
    }
}
