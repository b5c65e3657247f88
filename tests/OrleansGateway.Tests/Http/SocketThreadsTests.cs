using System.Net;
using System.Security.Cryptography;
using OrleansGateway.Http;
using OrleansGateway.Tests.Forwarding;
using OrleansGateway.Tests.Operations;

namespace OrleansGateway.Tests.Http;

/// <summary>Going on where the system says that a socket is ready, and leaving there.</summary>
public sealed class SocketThreadsTests
{
    private const int Bytes = 3 << 20;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void Leave_OnAThreadOfItsOwn_GoesOnInThePool()
    {
        var before = true;
        var after = false;
        var thread = new Thread(() => GoAsync().GetAwaiter().GetResult());
        thread.Start();
        thread.Join();
        Assert.False(before);
        Assert.True(after);

        async Task GoAsync()
        {
            before = Thread.CurrentThread.IsThreadPoolThread;
            await SocketThreads.Leave();
            after = Thread.CurrentThread.IsThreadPoolThread;
        }
    }

    [Fact]
    public async Task Leave_InThePool_DoesNotWait() => Assert.True(await Task.Run(() => SocketThreads.Leave().IsCompleted, Cancel));

    // A whole program, for .NET looks at the switch once in a process.
    [Theory(Timeout = 60_000)]
    [InlineData("0")]
    [InlineData("1")]
    public async Task Serve_EitherWay_CarriesLargeBodiesAndSmallCallsAtOnce(string inline)
    {
        await using var origin = await OriginServer.StartAsync(http => http.Request.Body.CopyToAsync(http.Response.Body, Cancel));
        var more = $$"""
            upstreams: {origin: {targets: [{url: "{{origin.Url}}"}]} }
            """;
        using var folder = new OperationsFolder(more: more);
        folder.Write(OperationsFolder.Yaml(null, more).Replace(
            "routes: {default: {path: /} }", "routes: {default: {path: /}, echo: {path: /echo, upstream: origin, compression: {}} }", StringComparison.Ordinal));
        await using var gateway = await GatewayProcess.ServeAsync(folder.Path, new Dictionary<string, string> { [SocketThreads.Variable] = inline }, Cancel);
        var body = RandomNumberGenerator.GetBytes(Bytes);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(i => i % 2 == 0 ? EchoAsync() : CallAsync()));

        async Task EchoAsync()
        {
            using var client = new HttpClient(new SocketsHttpHandler { AutomaticDecompression = DecompressionMethods.All });
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(gateway.Data, "/echo")) { Content = new ByteArrayContent(body) };
            request.Content.Headers.ContentType = new("text/plain");
            request.Headers.Authorization = new("Bearer", OperationsFolder.Key);
            using var response = await client.SendAsync(request, Cancel);
            Assert.Equal(body, await response.Content.ReadAsByteArrayAsync(Cancel));
        }

        async Task CallAsync()
        {
            using var client = new HttpClient();
            for (var i = 0; i < 50; i++) Assert.Equal(HttpStatusCode.OK, await client.StatusAsync(gateway.Data, OperationsFolder.Key, Cancel));
        }
    }
}
