using OrleansGateway.Configuration;
using OrleansGateway.Tests.Transport;
using OrleansGateway.Upstream;
using OrleansGateway.Upstream.Http1;

namespace OrleansGateway.Tests.Http1;

/// <summary>Answers in a transfer coding that nobody knows, where they are taken: they last until the connection ends (RFC 9112 §6.3).</summary>
public sealed class UnknownCodingTests : IDisposable
{
    private const int Deadline = 60_000;

    private static readonly UpstreamAccess s_lenient = new(UpstreamProtocol.Http1, new UpstreamTlsSettings(), UnknownCodings: UnknownTransferCodings.Ignore);

    private readonly Http1Upstream _upstream = new(TimeProvider.System);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _upstream.Dispose();

    [Theory(Timeout = Deadline)]
    [InlineData("aqgwm0qtj")]
    [InlineData("identity")]
    [InlineData("xchunked")]
    public async Task Body_InACodingNobodyKnows_IsAllUntilTheConnectionEnds(string coding)
    {
        await using var server = new ScriptedServer(async (connection, _) =>
        {
            await connection.ReadRequestAsync();
            await connection.SayAsync($"HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: {coding}\r\n\r\n2\r\nok\r\n0\r\n\r\n");
            connection.SayGoodbye();
            await connection.UntilClosedAsync();
        });
        for (var round = 0; round < 2; round++) Assert.Equal((200, "2\r\nok\r\n0\r\n\r\n"), await _upstream.CallAsync(Get(server), Cancellation));
        Assert.Equal((2, 0), (server.Connections, _upstream.PoolOf(server.Url, s_lenient).IdleCount));
    }

    [Fact(Timeout = Deadline)]
    public async Task Answer_WithoutABody_InACodingNobodyKnows_EndsTheConnection()
    {
        await using var server = ScriptedServer.Answering("HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: nonsense\r\n\r\n");
        for (var round = 0; round < 2; round++) Assert.Equal((304, ""), await _upstream.CallAsync(Get(server), Cancellation));
        Assert.Equal(2, server.Connections);
    }

    [Theory(Timeout = Deadline)]
    [InlineData("Transfer-Encoding: gzip")]
    [InlineData("Transfer-Encoding: x-gzip")]
    [InlineData("Transfer-Encoding: DEFLATE")]
    [InlineData("Transfer-Encoding: compress")]
    [InlineData("Transfer-Encoding: x-chunked")]
    [InlineData("Transfer-Encoding:")]
    [InlineData("Transfer-Encoding: nonsense, chunked")]
    [InlineData("Transfer-Encoding: chunked, nonsense")]
    [InlineData("Transfer-Encoding: nonsense;q=1")]
    [InlineData("Transfer-Encoding: nonsense\r\nTransfer-Encoding: chunked")]
    [InlineData("Transfer-Encoding: chunked\r\nTransfer-Encoding: nonsense")]
    [InlineData("Transfer-Encoding: nonsense\r\nContent-Length: 2")]
    [InlineData("Content-Length: 2\r\nTransfer-Encoding: nonsense")]
    public async Task Answer_ThatTwoReadersMayEndDifferently_IsRefusedAllTheSame(string fields) =>
        await RefuseAsync($"HTTP/1.1 200 OK\r\n{fields}\r\n\r\nok");

    [Theory(Timeout = Deadline)]
    [InlineData("HTTP/1.0 200 OK\r\nTransfer-Encoding: nonsense\r\n\r\nok")]
    [InlineData("HTTP/1.1 103 Early Hints\r\nTransfer-Encoding: nonsense\r\n\r\nok")]
    public async Task Answer_ThatHasNoCodings_IsRefusedAllTheSame(string wire) => await RefuseAsync(wire);

    private async Task RefuseAsync(string wire)
    {
        await using var server = ScriptedServer.Answering(wire);
        var refused = await Assert.ThrowsAsync<UpstreamException>(() => _upstream.CallAsync(Get(server), Cancellation));
        Assert.StartsWith("its answer is not valid HTTP: ", refused.Message, StringComparison.Ordinal);
    }

    private static UpstreamRequest Get(ScriptedServer server) => Passing.Request(HttpMethod.Get, server.Url, access: s_lenient);
}
