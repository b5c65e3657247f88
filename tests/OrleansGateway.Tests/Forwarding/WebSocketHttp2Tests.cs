using System.Net;
using System.Net.WebSockets;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace OrleansGateway.Tests.Forwarding;

/// <summary>WebSockets of clients that speak HTTP/2 (RFC 8441), to a server that speaks HTTP/1.1.</summary>
public sealed class WebSocketHttp2Tests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task Messages_OfAnHttp2Client_AreEchoedByAnHttp1Server()
    {
        // The bound of a request's body has nothing to say about a socket.
        await using var bed = await ForwardBed.StartAsync(EchoAsync, route: "request_body_max: 1KiB");
        using var http = new HttpMessageInvoker(new SocketsHttpHandler());
        using var client = new ClientWebSocket { Options = { HttpVersion = HttpVersion.Version20, HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact } };
        client.Options.AddSubProtocol("chat");
        await client.ConnectAsync(new Uri($"ws://{bed.Url.Authority}/echo"), http, Cancellation);
        Assert.Equal("chat", client.SubProtocol);
        var buffer = new byte[1 << 20];
        foreach (var length in (int[])[0, 1, 125, 126, 65_535, 65_536, 500_000])
        {
            var sent = Encoding.ASCII.GetBytes(new string('x', length));
            await client.SendAsync(sent, WebSocketMessageType.Text, endOfMessage: true, Cancellation);
            var received = 0;
            WebSocketReceiveResult piece;
            do
            {
                piece = await client.ReceiveAsync(new ArraySegment<byte>(buffer, received, buffer.Length - received), Cancellation);
                received += piece.Count;
            }
            while (!piece.EndOfMessage);
            Assert.Equal(length, received);
        }

        await client.CloseAsync(WebSocketCloseStatus.NormalClosure, "done", Cancellation);
        Assert.Equal(WebSocketCloseStatus.NormalClosure, client.CloseStatus);
    }

    [Fact(Timeout = 60_000)]
    public async Task Refusal_OfAnUpgrade_ReachesAnHttp2Client()
    {
        await using var bed = await ForwardBed.StartAsync(http =>
        {
            http.Response.StatusCode = 403;
            return Task.CompletedTask;
        });
        using var http = new HttpMessageInvoker(new SocketsHttpHandler());
        using var client = new ClientWebSocket { Options = { HttpVersion = HttpVersion.Version20, HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact, CollectHttpResponseDetails = true } };
        await Assert.ThrowsAsync<WebSocketException>(() => client.ConnectAsync(new Uri($"ws://{bed.Url.Authority}/echo"), http, Cancellation));
        Assert.Equal(HttpStatusCode.Forbidden, client.HttpStatusCode);
    }

    private static async Task EchoAsync(HttpContext http)
    {
        using var socket = await http.WebSockets.AcceptWebSocketAsync("chat");
        var buffer = new byte[64 << 10];
        while (await socket.ReceiveAsync(new ArraySegment<byte>(buffer), http.RequestAborted) is { MessageType: not WebSocketMessageType.Close } piece)
        {
            await socket.SendAsync(buffer.AsMemory(0, piece.Count), piece.MessageType, piece.EndOfMessage, http.RequestAborted);
        }

        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, http.RequestAborted);
    }
}
