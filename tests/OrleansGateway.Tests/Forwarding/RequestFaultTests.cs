using System.Net;
using Microsoft.AspNetCore.Http;
using OrleansGateway.Tests.Gateway;

namespace OrleansGateway.Tests.Forwarding;

/// <summary>What is wrong with a request is its client's fault, not that of the target it would have gone to.</summary>
public sealed class RequestFaultTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task Request_ThatCannotBePassedOn_IsRefusedAndNotHeldAgainstTheTarget()
    {
        await using var bed = await ForwardBed.StartAsync(_ => Task.CompletedTask, "ejection: {consecutive_failures: 2, percent_max: 100}, retries: {attempts: 0}");
        for (var n = 0; n < 4; n++)
        {
            var answer = await RawExchange.SendAsync(bed.Url, "GET / HTTP/1.1\r\nHost: a\r\nbad\"name: b\r\nConnection: close\r\n\r\n", Cancellation);
            Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
        }

        using var metrics = new HttpClient { BaseAddress = bed.Gateway.AdminAddress };
        Assert.DoesNotMatch("(?m)^gateway_upstream_ejected\\{.*\\} 1$", await metrics.GetStringAsync("/metrics", Cancellation));
        using var good = await bed.Client.GetAsync("/", Cancellation);
        Assert.Equal(HttpStatusCode.OK, good.StatusCode);
    }

    [Fact(Timeout = 60_000)]
    public async Task Key_BehindCredentialsOfTheUpstream_IsNotPassedOn()
    {
        await using var bed = await ForwardBed.StartAsync(http => http.Response.WriteAsync("got " + http.Request.Headers.Authorization, Cancellation), route: "auth: [key]");
        var answer = await RawExchange.SendAsync(
            bed.Url, $"GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Basic YTpi\r\nAuthorization: Bearer {GatewayUnderTest.Key}\r\nConnection: close\r\n\r\n", Cancellation);
        Assert.StartsWith("HTTP/1.1 200 ", answer, StringComparison.Ordinal);
        Assert.DoesNotContain(GatewayUnderTest.Key, answer, StringComparison.Ordinal);
    }
}
