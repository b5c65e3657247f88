using System.Net;
using Microsoft.AspNetCore.Http;
using OrleansGateway.Configuration;
using OrleansGateway.Http;

namespace OrleansGateway.Tests.Listeners;

/// <summary>For whom trusted proxies say that they call, and whom nobody believes.</summary>
public sealed class ForwardedClientTests
{
    [Theory]
    [InlineData("10.0.0.1", "203.0.113.9", "203.0.113.9")]
    [InlineData("10.0.0.1", "198.51.100.1, 203.0.113.9", "203.0.113.9")]
    [InlineData("10.0.0.1", "203.0.113.9, 10.0.0.2", "203.0.113.9")]
    [InlineData("10.0.0.1", "6.6.6.6, 203.0.113.9, 10.0.0.2, 10.0.0.3", "203.0.113.9")]
    [InlineData("10.0.0.1", "6.6.6.6|203.0.113.9|10.0.0.2", "203.0.113.9")]
    [InlineData("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3")]
    [InlineData("10.0.0.1", "203.0.113.9:4711", "203.0.113.9")]
    [InlineData("10.0.0.1", "2001:db8::9", "2001:db8::9")]
    [InlineData("10.0.0.1", "[2001:db8::9]:4711", "2001:db8::9")]
    [InlineData("::ffff:10.0.0.1", "203.0.113.9", "203.0.113.9")]
    [InlineData("10.0.0.1", "6.6.6.6, unknown", "10.0.0.1")]
    [InlineData("10.0.0.1", "6.6.6.6, 127.1", "10.0.0.1")]
    [InlineData("10.0.0.1", "6.6.6.6, 1", "10.0.0.1")]
    [InlineData("10.0.0.1", "", "10.0.0.1")]
    [InlineData("198.51.100.7", "203.0.113.9", "198.51.100.7")]
    public void XForwardedFor_FromATrustedPeer_IsReadFromItsEndToTheFirstStranger(string peer, string header, string client)
    {
        var exchange = Read(ProxyHeader.ForwardedFor, peer, ("X-Forwarded-For", header), ("Forwarded", "for=6.6.6.6"));
        Assert.Equal(IPAddress.Parse(client), exchange.ClientAddress);
    }

    [Theory]
    [InlineData("10.0.0.1", "for=203.0.113.9", "203.0.113.9")]
    [InlineData("10.0.0.1", "for=6.6.6.6, FOR=\"203.0.113.9:99\";by=10.0.0.2", "203.0.113.9")]
    [InlineData("10.0.0.1", "for=\"[2001:db8::9]:4711\";proto=https", "2001:db8::9")]
    [InlineData("10.0.0.1", "for=203.0.113.9, for=10.0.0.2;host=\"a,for=6.6.6.6\"", "203.0.113.9")]
    [InlineData("10.0.0.1", "for=6.6.6.6|for=203.0.113.9|for=10.0.0.2", "203.0.113.9")]
    [InlineData("10.0.0.1", "for=6.6.6.6, for=_hidden", "10.0.0.1")]
    [InlineData("10.0.0.1", "for=6.6.6.6, for=unknown", "10.0.0.1")]
    [InlineData("10.0.0.1", "for=6.6.6.6, for=\"203.0.113.9", "10.0.0.1")]
    [InlineData("10.0.0.1", "for=6.6.6.6, nonsense", "10.0.0.1")]
    [InlineData("10.0.0.1", "proto=https", "10.0.0.1")]
    [InlineData("198.51.100.7", "for=203.0.113.9", "198.51.100.7")]
    public void Forwarded_FromATrustedPeer_IsReadFromItsEndToTheFirstStranger(string peer, string header, string client)
    {
        var exchange = Read(ProxyHeader.Forwarded, peer, ("Forwarded", header), ("X-Forwarded-For", "6.6.6.6"));
        Assert.Equal(IPAddress.Parse(client), exchange.ClientAddress);
    }

    [Fact]
    public void Forwarded_OfMoreElementsThanAnyChainHas_IsNotRead()
    {
        var exchange = Read(ProxyHeader.Forwarded, "10.0.0.1", ("Forwarded", string.Join(',', Enumerable.Repeat("for=10.0.0.9", 40))));
        Assert.Equal(IPAddress.Parse("10.0.0.1"), exchange.ClientAddress);
    }

    [Theory]
    [InlineData("10.0.0.1", "https", "shop.example", "https", "shop.example")]
    [InlineData("10.0.0.1", "http, HTTPS", "a.example, shop.example:8443", "https", "shop.example:8443")]
    [InlineData("10.0.0.1", "gopher", "shop.example/evil", "http", "own.example")]
    [InlineData("198.51.100.7", "https", "shop.example", "http", "own.example")]
    public void XForwardedProtoAndHost_AreBelievedOfTrustedPeersOnly(string peer, string proto, string host, string clientScheme, string clientHost)
    {
        var exchange = Read(ProxyHeader.ForwardedFor, peer, ("X-Forwarded-For", "203.0.113.9"), ("X-Forwarded-Proto", proto), ("X-Forwarded-Host", host));
        Assert.Equal((clientScheme, clientHost), (exchange.ClientScheme, exchange.ClientHost));
    }

    [Fact]
    public void ForwardedProtoAndHost_AreThoseOfTheProxyThatTheClientCalled()
    {
        var exchange = Read(ProxyHeader.Forwarded, "10.0.0.1", ("Forwarded", "for=6.6.6.6;proto=gopher;host=evil, for=203.0.113.9;proto=https;host=shop.example, for=10.0.0.2;proto=http;host=inner"));
        Assert.Equal(("https", "shop.example"), (exchange.ClientScheme, exchange.ClientHost));
    }

    private static Exchange Read(ProxyHeader header, string peer, params (string Name, string Lines)[] headers)
    {
        var http = new DefaultHttpContext();
        http.Connection.RemoteIpAddress = IPAddress.Parse(peer);
        http.Request.Host = new HostString("own.example");
        foreach (var (name, lines) in headers) http.Request.Headers[name] = lines.Split('|');
        var settings = new GatewaySettings { Listeners = new ListenerSettings { TrustedProxies = [System.Net.IPNetwork.Parse("10.0.0.0/8")], ProxyHeader = header } };
        var snapshot = Snapshot.Compile(settings, 1, "");
        var exchange = new Exchange(http, snapshot, "request", startedAt: 0);
        ForwardedClient.Read(exchange, snapshot.TrustedProxies!);
        return exchange;
    }
}
