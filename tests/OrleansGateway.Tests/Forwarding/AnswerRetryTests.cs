using System.Net;
using Microsoft.AspNetCore.Http;

namespace OrleansGateway.Tests.Forwarding;

/// <summary>Which answers are asked for again elsewhere, which are passed on; and what a route changes of those that pass.</summary>
public sealed class AnswerRetryTests
{
    private const int Deadline = 60_000;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory(Timeout = Deadline)]
    [InlineData("GET", "", null, 200, 2)] [InlineData("PUT", "", "1", 200, 2)]
    [InlineData("GET", "", "5", 503, 1)] [InlineData("GET", "", "Wed, 21 Oct 2099 07:28:00 GMT", 503, 1)]
    [InlineData("POST", "", null, 503, 1)] [InlineData("POST", "retries: {non_idempotent: true}", null, 200, 2)]
    [InlineData("GET", "retries: {attempts: 0}", null, 503, 1)] [InlineData("GET", "retries: {statuses: [500]}", null, 503, 1)]
    public async Task Answer_OfAnOverloadedTarget_IsRetriedOnlyWhereThatIsSafeAndWelcome(string method, string upstream, string? retryAfter, int status, int asked)
    {
        var requests = 0;
        await using var full = await OriginServer.StartAsync(http =>
        {
            Interlocked.Increment(ref requests);
            http.Response.StatusCode = 503;
            if (retryAfter is not null) http.Response.Headers.RetryAfter = retryAfter;
            return http.Response.WriteAsync("full");
        });
        await using var free = await OriginServer.StartAsync(async http =>
        {
            Interlocked.Increment(ref requests);
            using var reader = new StreamReader(http.Request.Body);
            await http.Response.WriteAsync("free " + await reader.ReadToEndAsync());
        });
        await using var bed = await ForwardBed.StartAsync([full.Url, free.Url], "balance: round_robin" + (upstream.Length > 0 ? ", " + upstream : ""));
        using var request = new HttpRequestMessage(new HttpMethod(method), "/");
        if (method != "GET") request.Content = new StringContent("the body");
        using var answer = await bed.Client.SendAsync(request, Cancellation);
        Assert.Equal((status, asked), ((int)answer.StatusCode, requests));
        Assert.Equal(status == 503 ? "full" : method == "GET" ? "free " : "free the body", await answer.Content.ReadAsStringAsync(Cancellation));
        Assert.Equal(status == 503 ? retryAfter : null, answer.Headers.TryGetValues("Retry-After", out var waits) ? waits.Single() : null);
    }

    [Fact(Timeout = Deadline)]
    public async Task Upstream_ThatIsSilentOrAway_IsNamedForWhatItIs()
    {
        await using var silent = await ForwardBed.StartAsync(http => Task.Delay(Timeout.Infinite, http.RequestAborted), "timeouts: {first_byte: 50ms}, retries: {attempts: 0}");
        using var late = await silent.Client.GetAsync("/", Cancellation);
        Assert.Equal(HttpStatusCode.GatewayTimeout, late.StatusCode);
        Assert.Contains("\"code\":\"upstream_timeout\"", await late.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        await using var away = await ForwardBed.StartAsync([new Uri($"http://127.0.0.1:{OriginProcess.FreePort()}")]);
        using var refused = await away.Client.PostAsync("/", new StringContent("x"), Cancellation);
        Assert.Equal(HttpStatusCode.BadGateway, refused.StatusCode);
        Assert.Contains("\"code\":\"upstream_error\"", await refused.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    [Fact(Timeout = Deadline)]
    public async Task Changes_OfARoute_CountForWhatIsPassedOn()
    {
        var seen = "";
        await using var bed = await ForwardBed.StartAsync(
            http =>
            {
                seen = $"{http.Request.Path}{http.Request.QueryString} {http.Request.Host} {http.Request.Headers["x-added"]} {http.Request.Headers["x-taken"]}|";
                http.Response.ContentType = "text/plain";
                http.Response.Headers["x-theirs"] = "gone";
                http.Response.Headers.AccessControlAllowOrigin = "https://theirs.example";
                return http.Response.WriteAsync(new string('a', 10_000));
            },
            route: """
                rewrite: {path: /v2/, host: keep}, request_headers: {set: {x-added: "1"}, remove: [x-taken]}, response_headers: {remove: [x-theirs], set: {x-ours: here}},
                      cors: {origins: ["https://app.example"]}, compression: {encodings: [gzip]}
                """.Trim());
        using var request = new HttpRequestMessage(HttpMethod.Get, "/cart?q=1");
        foreach (var (name, value) in new[] { ("x-taken", "1"), ("Origin", "https://app.example"), ("Accept-Encoding", "gzip") }) request.Headers.Add(name, value);
        using var answer = await bed.Client.SendAsync(request, Cancellation);
        Assert.Equal($"/v2/cart?q=1 {bed.Url.Authority} 1 |", seen);
        Assert.Equal(("here", "https://app.example", "gzip"), (
            answer.Headers.GetValues("x-ours").Single(), answer.Headers.GetValues("Access-Control-Allow-Origin").Single(), answer.Content.Headers.ContentEncoding.Single()));
        Assert.False(answer.Headers.Contains("x-theirs"));
        await using var unpacked = new System.IO.Compression.GZipStream(await answer.Content.ReadAsStreamAsync(Cancellation), System.IO.Compression.CompressionMode.Decompress);
        using var text = new StreamReader(unpacked);
        Assert.Equal(new string('a', 10_000), await text.ReadToEndAsync(Cancellation));
    }
}
