using System.Net;
using Microsoft.AspNetCore.Http;
using OrleansGateway.Tests.Telemetry;

namespace OrleansGateway.Tests.Forwarding;

/// <summary>The spans of a client, the gateway and an upstream join up, and each attempt has its own.</summary>
public sealed class ForwardTraceTests
{
    private const int Deadline = 60_000;
    private const string Sampled = $"00-{TracedGateway.ClientTrace}-{TracedGateway.ClientSpan}-01";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = Deadline)]
    public async Task Attempts_AtTwoTargets_HaveASpanEachBelowTheRequests()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        var seen = new HeaderDictionary();
        await using var origin = await OriginServer.StartAsync(http =>
        {
            seen = new HeaderDictionary(http.Request.Headers.ToDictionary());
            http.Response.StatusCode = 201;
            return Task.CompletedTask;
        });
        var dead = new Uri($"http://127.0.0.1:{OriginProcess.FreePort()}");
        await using (var bed = await ForwardBed.StartAsync(
            [dead, origin.Url], "balance: round_robin", more: $$"""telemetry: {traces: {endpoint: "{{receiver.Http}}", sample_ratio: 0} }"""))
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/a?secret=1");
            request.Headers.Add("traceparent", Sampled);
            request.Headers.Add("tracestate", "vendor=state");
            using var answer = await bed.Client.SendAsync(request, Cancellation);
            Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        }

        var server = receiver.Spans.Single(s => s.Kind == ReceivedSpan.Server);
        Assert.Equal((TracedGateway.ClientTrace, TracedGateway.ClientSpan, "GET all"), (server.TraceId, server.ParentId, server.Name));
        var attempts = receiver.Spans.Where(s => s.Kind == ReceivedSpan.Client).OrderBy(s => s["http.request.resend_count"] ?? "0").ToList();
        Assert.All(attempts, a => Assert.Equal((server.TraceId, server.SpanId, "GET"), (a.TraceId, a.ParentId, a.Name)));
        Assert.Equal(["upstream_error", null], attempts.Select(a => a["error.type"]));
        Assert.Equal([null, "201"], attempts.Select(a => a["http.response.status_code"]));
        Assert.Equal([dead.Port, origin.Url.Port], attempts.Select(a => int.Parse(a["server.port"]!, CultureInfo.InvariantCulture)));
        Assert.Equal((ReceivedSpan.Error, 0, 0), (attempts[0].Status, attempts[1].Status, server.Status));
        Assert.Equal($"00-{TracedGateway.ClientTrace}-{attempts[1].SpanId}-01", seen["traceparent"].ToString());
        Assert.Equal("vendor=state", seen["tracestate"].ToString());
    }

    [Fact(Timeout = Deadline)]
    public async Task Context_WithoutTracing_IsPassedOnAsItCame()
    {
        var seen = "";
        await using var bed = await ForwardBed.StartAsync(http =>
        {
            seen = http.Request.Headers.TraceParent.ToString();
            return Task.CompletedTask;
        });
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        request.Headers.Add("traceparent", Sampled);
        using var answer = await bed.Client.SendAsync(request, Cancellation);
        Assert.Equal(Sampled, seen);
    }
}
