using System.Net;
using System.Text.Json;
using OrleansGateway.Tests.Budgets;
using OrleansGateway.Tests.Gateway;

namespace OrleansGateway.Tests.Limits;

/// <summary>Limits of routes that pass on to an upstream, or answer themselves.</summary>
public sealed class RouteLimitTests
{
    private const int Deadline = 60_000;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = Deadline)]
    public async Task Route_ToAnUpstream_IsLimitedAndTellsSoAsIetfHasIt()
    {
        await using var mill = await TokenMill.StartAsync();
        await using var gateway = await StartAsync(mill, "rate_limits: {burst: {per: [key], limit: 2, window: 60s}}");
        for (var i = 0; i < 2; i++)
        {
            using var passed = await gateway.Client.GetAsync(new Uri("/api/x", UriKind.Relative), Cancellation);
            Assert.Equal((HttpStatusCode.OK, "plain"), (passed.StatusCode, await passed.Content.ReadAsStringAsync(Cancellation)));
            Assert.StartsWith("\"burst\";q=2;w=60;pk=:", LimitBed.Header(passed, "RateLimit-Policy"));
        }

        using var refused = await gateway.Client.GetAsync(new Uri("/api/x", UriKind.Relative), Cancellation);
        Assert.Equal((HttpStatusCode.TooManyRequests, "application/problem+json"), (refused.StatusCode, refused.Content.Headers.ContentType!.MediaType));
        Assert.Equal("rate_limit_exceeded", JsonElement.Parse(await refused.Content.ReadAsStringAsync(Cancellation)).GetProperty("code").GetString());
        Assert.Matches("^\"burst\";r=0;t=[0-9]+;pk=:[A-Za-z0-9+/=]+:$", LimitBed.Header(refused, "RateLimit"));
        Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30));
        Assert.Equal(2, mill.Requests);
    }

    [Fact(Timeout = Deadline)]
    public async Task Route_WhoseUpstreamCannotBeReached_GivesItsSlotBack()
    {
        await using var mill = await TokenMill.StartAsync();
        await using var gateway = await StartAsync(mill, "rate_limits: {slots: {count: concurrency, limit: 1}}");
        for (var i = 0; i < 3; i++)
        {
            using var broken = await gateway.Client.GetAsync(new Uri("/broken/", UriKind.Relative), Cancellation);
            Assert.Equal(HttpStatusCode.BadGateway, broken.StatusCode);
        }

        using var passed = await gateway.Client.GetAsync(new Uri("/api/x", UriKind.Relative), Cancellation);
        Assert.Equal(HttpStatusCode.OK, passed.StatusCode);
    }

    private static Task<GatewayUnderTest> StartAsync(TokenMill mill, string rules) => GatewayUnderTest.StartWholeAsync($$$"""
        listeners: {data: ["127.0.0.1:0"], admin: "127.0.0.1:0"}
        access_log: {output: access.log}
        tenants: {acme: {}}
        keys: {test: {tenant: acme, secret: "{{{GatewayUnderTest.Key}}}"} }
        upstreams:
          mill: {targets: [{url: "{{{mill.V1.GetLeftPart(UriPartial.Authority)}}}"}] }
          broken: {targets: [{url: "http://127.0.0.1:1"}]}
        routes:
          api: {path: /api/, upstream: mill}
          broken: {path: /broken/, upstream: broken}
        {{{rules}}}
        """);
}
