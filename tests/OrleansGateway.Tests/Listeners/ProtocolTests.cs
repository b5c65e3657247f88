using System.Net;
using OrleansGateway.Tests.Gateway;

namespace OrleansGateway.Tests.Listeners;

/// <summary>Which versions of HTTP a listener speaks on one port.</summary>
public sealed class ProtocolTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory(Timeout = 30_000)]
    [InlineData("", "1.1", "1.1")]
    [InlineData("", "2.0", "2.0")]
    [InlineData("protocols: [http1]", "1.1", "1.1")]
    [InlineData("protocols: [http2]", "2.0", "2.0")]
    public async Task Request_WhenSpokenHere_IsServedInThatVersion(string listener, string asked, string served)
    {
        await using var gateway = await ListenerBed.StartAsync(listener);
        using var answer = await SendAsync(gateway, asked);
        Assert.Equal((HttpStatusCode.OK, Version.Parse(served)), (answer.StatusCode, answer.Version));
    }

    [Theory(Timeout = 30_000)]
    [InlineData("protocols: [http1]", "2.0")]
    [InlineData("protocols: [http2]", "1.1")]
    public async Task Request_WhenNotSpokenHere_IsNotServed(string listener, string asked)
    {
        await using var gateway = await ListenerBed.StartAsync(listener);
        try
        {
            using var answer = await SendAsync(gateway, asked);
            Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        }
        catch (HttpRequestException)
        {
            // Turned away by a frame, which the client makes an exception of.
        }
    }

    private static async Task<HttpResponseMessage> SendAsync(GatewayUnderTest gateway, string version)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/models")
        {
            Version = Version.Parse(version), VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        return await gateway.Client.SendAsync(request, Cancellation);
    }
}
