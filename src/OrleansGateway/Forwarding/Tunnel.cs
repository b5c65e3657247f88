using System.Buffers;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using OrleansGateway.Http;
using OrleansGateway.Upstream;

namespace OrleansGateway.Forwarding;

/// <summary>
/// A connection that has become another protocol's (RFC 9110 §7.8): WebSocket over HTTP/1.1, over HTTP/2 (RFC 8441), or what else both ends agreed on. Bytes pass
/// both ways until one end is done.
/// </summary>
internal static class Tunnel
{
    private const int BufferBytes = 16 << 10;

    /// <summary>The protocol that the client asks for; none if it asks for none that is passed on.</summary>
    public static string? AskedBy(HttpContext http)
    {
        if (http.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true, Protocol: "websocket" }) return "websocket";
        if (http.Features.Get<IHttpUpgradeFeature>() is not { IsUpgradableRequest: true }) return null;
        var asked = http.Request.Headers.Upgrade.ToString().Trim();
        // HTTP/2 in clear and TLS by upgrade would change the protocol under our feet: what passes then is requests that nobody has looked at.
        var isOurs = asked.Length == 0 || asked.Contains(',', StringComparison.Ordinal)
            || asked.StartsWith("h2c", StringComparison.OrdinalIgnoreCase) || asked.StartsWith("HTTP/", StringComparison.OrdinalIgnoreCase)
            || asked.StartsWith("TLS/", StringComparison.OrdinalIgnoreCase);
        return isOurs ? null : asked;
    }

    /// <summary>Over HTTP/2 a WebSocket has no key; the upstream, which speaks HTTP/1.1, wants one (RFC 8441 §5.1).</summary>
    public static void AddKey(HttpContext http, UpstreamRequest request)
    {
        if (http.Features.Get<IHttpExtendedConnectFeature>() is not { IsExtendedConnect: true }) return;
        request.Headers.Add(new("Sec-WebSocket-Key", Convert.ToBase64String(RandomNumberGenerator.GetBytes(16))));
    }

    /// <summary>Agrees to the change and passes bytes until one end is done, or both are silent for too long.</summary>
    /// <returns>Whether it was the upstream that broke off, or both were silent for too long; false if either end was done.</returns>
    public static async ValueTask<bool> RunAsync(Exchange exchange, UpstreamResponse answer, Deadline deadline)
    {
        var http = exchange.Http;
        await using var upstream = answer.Upgraded;
        await using var client = http.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true } connect
            ? await AcceptAsync(http, connect)
            : await UpgradeAsync(http, answer);
        deadline.AwaitNext();
        var up = PassAsync(client, upstream, deadline);
        var down = PassAsync(upstream, client, deadline);
        var first = await Task.WhenAny(up, down);
        var isCut = !first.IsCompletedSuccessfully && !exchange.Aborted.IsCancellationRequested;
        // What one end said last has been passed on; the other may still be saying something that nobody will read.
        deadline.Cancel();
        await Task.WhenAll(up, down).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return isCut;
    }

    private static Task<Stream> UpgradeAsync(HttpContext http, UpstreamResponse answer)
    {
        http.Response.Headers.Upgrade = answer.Header("Upgrade");
        return http.Features.Get<IHttpUpgradeFeature>()!.UpgradeAsync();
    }

    private static ValueTask<Stream> AcceptAsync(HttpContext http, IHttpExtendedConnectFeature connect)
    {
        // To the server it is a request whose body goes on as long as the socket is open.
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit) limit.MaxRequestBodySize = null;
        if (http.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate) rate.MinDataRate = null;
        http.Response.StatusCode = StatusCodes.Status200OK;
        http.Response.Headers.Remove("Sec-WebSocket-Accept");
        return connect.AcceptAsync();
    }

    private static async Task PassAsync(Stream from, Stream to, Deadline deadline)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            while (await from.ReadAsync(buffer, deadline.Token) is > 0 and var bytes)
            {
                deadline.AwaitNext();
                await to.WriteAsync(buffer.AsMemory(0, bytes), deadline.Token);
                await to.FlushAsync(deadline.Token);
                if (bytes == buffer.Length) await SocketThreads.Leave();
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
