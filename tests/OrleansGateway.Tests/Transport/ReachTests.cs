using System.Net;
using System.Text;
using OrleansGateway.Configuration;
using OrleansGateway.Tests.Http1;
using OrleansGateway.Upstream;
using OrleansGateway.Upstream.Http1;

namespace OrleansGateway.Tests.Transport;

/// <summary>Which connections there are, to which addresses, by way of whom.</summary>
public sealed class ReachTests
{
    private const int Deadline = 60_000;
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    private const string OkAndClose = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = Deadline)]
    public async Task Connections_AsManyAsAllowed_AreNotExceeded()
    {
        await using var server = ScriptedServer.Answering(Ok);
        using var upstream = new Http1Upstream(TimeProvider.System);
        var access = new UpstreamAccess(UpstreamProtocol.Http1, new UpstreamTlsSettings(), ConnectionsMax: 2);
        var first = await upstream.SendAsync(Passing.Request(HttpMethod.Get, server.Url, access: access), Cancellation);
        var second = await upstream.SendAsync(Passing.Request(HttpMethod.Get, server.Url, access: access), Cancellation);
        var full = await Assert.ThrowsAsync<UpstreamException>(() => upstream.CallAsync(Passing.Request(HttpMethod.Get, server.Url, access: access), Cancellation));
        Assert.Equal(("all 2 connections to it are in use", true), (full.Message, full.NothingSent));
        await first.ReadToEndAsync(Cancellation);
        // One goes back, the other is closed: either way there is room again.
        await first.DisposeAsync();
        await second.DisposeAsync();
        for (var round = 0; round < 3; round++) Assert.Equal((200, "ok"), await upstream.CallAsync(Passing.Request(HttpMethod.Get, server.Url, access: access), Cancellation));
        Assert.Equal((2, 1), (server.Connections, upstream.PoolOf(server.Url, access).OpenCount));
    }

    [Fact(Timeout = Deadline)]
    public async Task Connections_ThatAreRefused_CountNoMore()
    {
        using var upstream = new Http1Upstream(TimeProvider.System);
        var access = new UpstreamAccess(UpstreamProtocol.Http1, new UpstreamTlsSettings(), ConnectionsMax: 1);
        for (var round = 0; round < 3; round++)
        {
            var refused = await Assert.ThrowsAsync<UpstreamException>(() => upstream.CallAsync(Passing.Request(HttpMethod.Post, new Uri("http://127.0.0.1:1/"), access: access), Cancellation));
            Assert.Equal(("the connection was refused or broke", true), (refused.Message, refused.NothingSent));
        }
    }

    [Fact(Timeout = Deadline)]
    public async Task Addresses_OfAName_AreUsedInTurn()
    {
        var seen = new List<string>();
        await using var server = new ScriptedServer(async (connection, _) =>
        {
            lock (seen) seen.Add(connection.LocalAddress);
            await connection.ReadRequestAsync();
            await connection.SayAsync(OkAndClose);
        }, address: IPAddress.Any);
        var addresses = Enumerable.Range(1, 3).Select(n => IPAddress.Parse($"127.0.0.{n}")).ToArray();
        using var upstream = new Http1Upstream(TimeProvider.System, new Http1PoolLimits(), (_, _) => Task.FromResult(addresses));
        for (var n = 0; n < 6; n++) await upstream.CallAsync(Passing.Request(HttpMethod.Get, new Uri($"http://all.example:{server.Port}/")), Cancellation);
        Assert.Equal(["127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.1", "127.0.0.2", "127.0.0.3"], seen);
    }

    [Fact(Timeout = Deadline)]
    public async Task Pool_OfAHostThatIsAskedNoMore_IsLetGo()
    {
        var time = new ManualTime();
        await using var server = ScriptedServer.Answering(Ok);
        using var upstream = new Http1Upstream(time);
        await upstream.CallAsync(Passing.Request(HttpMethod.Get, server.Url), Cancellation);
        time.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(1, upstream.PoolCount);
        time.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal(0, upstream.PoolCount);
        Assert.Equal((200, "ok"), await upstream.CallAsync(Passing.Request(HttpMethod.Get, server.Url), Cancellation));
    }

    [Theory]
    [InlineData(UpstreamProtocol.Http1, "http://x/", false, true)]
    [InlineData(UpstreamProtocol.Http1, "https://x/", false, true)]
    [InlineData(UpstreamProtocol.Http1, "http://x/", true, false)]
    [InlineData(UpstreamProtocol.Http2, "http://x/", false, false)]
    [InlineData(UpstreamProtocol.Http3, "https://x/", false, false)]
    [InlineData(null, "http://x/", false, true)]
    [InlineData(null, "https://x/", false, false)]
    public void Carrier_OfAnAccess_IsTheOneThatCan(UpstreamProtocol? protocol, string target, bool hasProxy, bool isOwn)
    {
        using var own = new Http1Upstream(TimeProvider.System);
        using var platform = new HttpUpstream(TimeProvider.System);
        var access = new UpstreamAccess(protocol, new UpstreamTlsSettings(), hasProxy ? new Uri("http://proxy:3128") : null);
        Assert.Same(isOwn ? own : (object)platform, new Carriers(own, platform).For(access, new Uri(target)));
    }

    [Theory(Timeout = Deadline)]
    [InlineData("", "HTTP/1.1 200 OK\r\n\r\n", null)]
    [InlineData("user:p%40ss@", "HTTP/1.1 200 OK\r\nX: y\r\n\r\n", null)]
    [InlineData("", "HTTP/1.1 403 No\r\n\r\n", "the proxy does not lead to it: it answered 403")]
    [InlineData("", "", "the proxy broke the connection off")]
    public async Task Proxy_ToASecureTarget_IsATunnel(string user, string answer, string? fault)
    {
        using var folder = new PemFolder();
        var authority = new TestAuthority();
        await using var target = new TlsServer(authority.Issue("inner.example"), Ok);
        var asked = "";
        await using var proxy = new ScriptedServer(async (connection, _) =>
        {
            asked = await connection.ReadUntilAsync("\r\n\r\n");
            await connection.SayAsync(answer);
            if (fault is null) await connection.JoinAsync(target.Url);
        });
        using var upstream = new HttpUpstream(TimeProvider.System);
        var tls = new UpstreamTlsSettings { Ca = folder.Write("ca.pem", authority.Pem), ServerName = "inner.example" };
        var request = Passing.Request(HttpMethod.Get, target.Url, access: new UpstreamAccess(UpstreamProtocol.Http1, tls, new Uri($"http://{user}127.0.0.1:{proxy.Port}")));
        var call = upstream.CallAsync(request, Cancellation);
        if (fault is null) Assert.Equal((200, "ok"), await call);
        else Assert.Equal((fault, true), Both(await Assert.ThrowsAsync<UpstreamException>(() => call)));
        var credentials = user.Length == 0 ? "" : $"Proxy-Authorization: Basic {Convert.ToBase64String("user:p@ss"u8)}\r\n";
        Assert.Equal($"CONNECT {target.Url.Authority} HTTP/1.1\r\nHost: {target.Url.Authority}\r\n{credentials}\r\n", asked);

        static (string, bool) Both(UpstreamException failed) => (failed.Message, failed.NothingSent);
    }

    [Fact(Timeout = Deadline)]
    public async Task Proxy_ToATargetInClear_IsAskedForItsWholeAddress()
    {
        var asked = "";
        await using var proxy = new ScriptedServer(async (connection, _) =>
        {
            asked = await connection.ReadUntilAsync("\r\n\r\n");
            await connection.SayAsync(OkAndClose);
        });
        using var upstream = new HttpUpstream(TimeProvider.System);
        var access = new UpstreamAccess(UpstreamProtocol.Http1, new UpstreamTlsSettings(), new Uri($"http://127.0.0.1:{proxy.Port}"));
        Assert.Equal((200, "ok"), await upstream.CallAsync(Passing.Request(HttpMethod.Get, new Uri("http://inner.example/"), access: access, target: "/a/../b"), Cancellation));
        Assert.StartsWith("GET http://inner.example/a/../b HTTP/1.1\r\n", asked, StringComparison.Ordinal);
    }

    [Fact]
    public void Texts_OfFields_AreSharedAndTheSame()
    {
        var (texts, random) = (new FieldTexts(), new Random(1));
        for (var n = 0; n < 20_000; n++)
        {
            var bytes = new byte[random.Next(0, 70)];
            // Few different ones, so that many share a place and many come again.
            for (var at = 0; at < bytes.Length; at++) bytes[at] = (byte)(random.Next(3) * 100);
            Assert.Equal(Encoding.Latin1.GetString(bytes), texts.Of(bytes));
        }

        Assert.Same(texts.Of("application/json"u8), texts.Of("application/json"u8));
    }
}
