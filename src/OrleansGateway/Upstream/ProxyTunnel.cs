using System.Net.Sockets;
using System.Text;
using OrleansGateway.Upstream.Http1;

namespace OrleansGateway.Upstream;

/// <summary>Asks an HTTP proxy for a way through to a target (<c>CONNECT</c>, RFC 9110 §9.3.6).</summary>
internal static class ProxyTunnel
{
    /// <summary>Opens it. Throws <see cref="UpstreamException"/> if the proxy says no; the socket is closed then.</summary>
    public static async ValueTask OpenAsync(Socket socket, Uri proxy, DnsEndPoint target, CancellationToken cancellation)
    {
        try
        {
            await socket.SendAsync(Encoding.Latin1.GetBytes(Request(proxy, target)), SocketFlags.None, cancellation);
            var status = await ReadStatusAsync(socket, cancellation);
            if (status is < 200 or > 299) throw new UpstreamException($"the proxy does not lead to it: it answered {status}") { NothingSent = true };
        }
        catch (Exception failed)
        {
            socket.Dispose();
            if (failed is SocketException) throw new UpstreamException("the proxy broke the connection off", failed) { NothingSent = true };
            throw;
        }
    }

    /// <summary>User and password of a proxy's address; none if it has none.</summary>
    public static NetworkCredential? CredentialsOf(Uri proxy)
    {
        if (proxy.UserInfo.Length == 0) return null;
        var colon = proxy.UserInfo.IndexOf(':', StringComparison.Ordinal);
        return colon < 0
            ? new NetworkCredential(Uri.UnescapeDataString(proxy.UserInfo), "")
            : new NetworkCredential(Uri.UnescapeDataString(proxy.UserInfo[..colon]), Uri.UnescapeDataString(proxy.UserInfo[(colon + 1)..]));
    }

    private static string Request(Uri proxy, DnsEndPoint target)
    {
        var host = target.Host.Contains(':', StringComparison.Ordinal) ? $"[{target.Host}]:{target.Port}" : $"{target.Host}:{target.Port}";
        var credentials = CredentialsOf(proxy) is { } user
            ? $"Proxy-Authorization: Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user.UserName}:{user.Password}"))}\r\n"
            : "";
        return $"CONNECT {host} HTTP/1.1\r\nHost: {host}\r\n{credentials}\r\n";
    }

    /// <summary>Reads the head of the answer and not a byte more: what follows is the target's.</summary>
    private static async ValueTask<int> ReadStatusAsync(Socket socket, CancellationToken cancellation)
    {
        var bytes = new byte[8 << 10];
        var head = new Http1ResponseHead();
        var length = 0;
        while (true)
        {
            if (length == bytes.Length) throw Http1Fault.NotHttp("its head is too large");
            // Looked at first: the target may speak at once.
            var there = await socket.ReceiveAsync(bytes.AsMemory(length), SocketFlags.Peek, cancellation);
            if (there == 0) throw new UpstreamException("the proxy broke the connection off") { NothingSent = true };
            var isWhole = head.Parse(bytes.AsSpan(0, length + there));
            var taken = isWhole ? head.Length - length : there;
            await socket.ReceiveAsync(bytes.AsMemory(length, taken), SocketFlags.None, cancellation);
            length += taken;
            if (isWhole) return head.Status;
        }
    }
}
