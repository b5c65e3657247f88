using OrleansGateway.Configuration;
using OrleansGateway.Tests.Http1;
using OrleansGateway.Upstream;
using OrleansGateway.Upstream.Http1;

namespace OrleansGateway.Tests.Transport;

/// <summary>TLS to upstreams is what its settings say, by whichever client, and its end is told from a cut.</summary>
public sealed class TlsTests : IDisposable
{
    private const int Deadline = 60_000;
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    private readonly ManualTime _time = new();
    private readonly PemFolder _folder = new();
    private readonly TestAuthority _authority = new();
    private readonly Http1Upstream _own;
    private readonly HttpUpstream _platform;

    public TlsTests() => (_own, _platform) = (new Http1Upstream(_time), new HttpUpstream(_time));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _own.Dispose();
        _platform.Dispose();
        _folder.Dispose();
    }

    [Theory(Timeout = Deadline)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Certificate_OfOurCa_IsTakenAndOthersAreNot(bool own)
    {
        await using var server = new TlsServer(_authority.Issue("localhost"), Ok);
        // HTTP/1.1 is all that is asked for: where TLS has to decline HTTP/2 first, .NET's pool may open a second connection before it has taken in the first.
        for (var round = 0; round < 3; round++) Assert.Equal((200, "ok"), await CallAsync(own, server, new UpstreamTlsSettings { Ca = Ca() }, protocol: UpstreamProtocol.Http1));
        Assert.Equal(1, server.Connections);
        Assert.Equal((200, "ok"), await CallAsync(own, server, new UpstreamTlsSettings { Ca = Ca() }));
        await AssertNotSecureAsync(own, server, new UpstreamTlsSettings());
        await AssertNotSecureAsync(own, server, new UpstreamTlsSettings { Ca = _folder.Write("other.pem", new TestAuthority("Other").Pem) });
        Assert.Equal((200, "ok"), await CallAsync(own, server, new UpstreamTlsSettings { Verify = false }));
    }

    [Theory(Timeout = Deadline)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Request_ThatOpensAConnection_TellsHowLongThatTook(bool own)
    {
        await using var server = new TlsServer(_authority.Issue("localhost"), Ok);
        using var http1 = new Http1Upstream(TimeProvider.System);
        using var platform = new HttpUpstream(TimeProvider.System);
        IUpstream upstream = own ? http1 : platform;
        var access = new UpstreamAccess(UpstreamProtocol.Http1, new UpstreamTlsSettings { Ca = Ca() });
        var requests = Enumerable.Range(0, 3).Select(_ => Passing.Request(HttpMethod.Get, server.Url, access: access)).ToArray();
        foreach (var request in requests) Assert.Equal((200, "ok"), await upstream.CallAsync(request, Cancellation));
        Assert.True(requests[0].Connected > TimeSpan.Zero);
        Assert.Equal([TimeSpan.Zero, TimeSpan.Zero], requests[1..].Select(r => r.Connected));
    }

    [Theory(Timeout = Deadline)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Name_OfTheServer_IsAskedForAndMustBeItsOwn(bool own)
    {
        await using var server = new TlsServer(_authority.Issue("inner.example"), Ok);
        await AssertNotSecureAsync(own, server, new UpstreamTlsSettings { Ca = Ca() });
        await AssertNotSecureAsync(own, server, new UpstreamTlsSettings { Ca = Ca(), ServerName = "outer.example" });
        Assert.Equal((200, "ok"), await CallAsync(own, server, new UpstreamTlsSettings { Ca = Ca(), ServerName = "inner.example" }, host: "shop.example"));
        Assert.Equal("inner.example", server.Asked);
    }

    [Theory(Timeout = Deadline)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Certificate_OfOurs_IsShownAndReadAgainWhenItChanges(bool own)
    {
        await using var server = new TlsServer(_authority.Issue("localhost"), Ok.Replace("Content", "Connection: close\r\nContent", StringComparison.Ordinal), asksForCertificate: true);
        var (certificate, key) = _authority.Write(_folder, "first");
        var settings = new UpstreamTlsSettings { Ca = Ca(), Certificate = certificate, Key = key };
        await CallAsync(own, server, settings);
        Assert.Equal("CN=first", server.Shown);

        var (second, secondKey) = _authority.Write(_folder, "the-second");
        File.Copy(second, certificate, overwrite: true);
        _time.Advance(TimeSpan.FromSeconds(3));
        // The key does not fit yet: what was read before is used.
        await CallAsync(own, server, settings);
        Assert.Equal("CN=first", server.Shown);
        File.Copy(secondKey, key, overwrite: true);
        File.SetLastWriteTimeUtc(key, File.GetLastWriteTimeUtc(key).AddSeconds(10));
        _time.Advance(TimeSpan.FromSeconds(3));
        await CallAsync(own, server, settings);
        Assert.Equal("CN=the-second", server.Shown);
    }

    [Theory(Timeout = Deadline)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Files_ThatCannotBeRead_SendNothing(bool own)
    {
        await using var server = new TlsServer(_authority.Issue("localhost"), Ok);
        var missing = await Assert.ThrowsAsync<UpstreamException>(() => CallAsync(own, server, new UpstreamTlsSettings { Ca = "/nowhere/ca.pem" }));
        Assert.Equal(("the files for a secure connection cannot be read", true), (missing.Message, missing.NothingSent));
    }

    [Theory(Timeout = Deadline)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Body_WithoutLength_IsWholeOnlyIfTlsSaysSo(bool saysGoodbye)
    {
        await using var server = new TlsServer(_authority.Issue("localhost"), "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nok") { SaysGoodbye = saysGoodbye };
        var call = CallAsync(own: true, server, new UpstreamTlsSettings { Ca = Ca() });
        if (saysGoodbye) Assert.Equal((200, "ok"), await call);
        else Assert.Equal("it broke off in the middle of its answer", (await Assert.ThrowsAsync<UpstreamException>(() => call)).Message);
    }

    [Fact(Timeout = Deadline)]
    public async Task Peer_WithoutTls_IsNotSpokenTo()
    {
        await using var server = new ScriptedServer(static (connection, _) => connection.SayAsync("HTTP/1.1 400 Bad\r\n\r\n"));
        var access = new UpstreamAccess(UpstreamProtocol.Http1, new UpstreamTlsSettings { Verify = false });
        var request = Passing.Request(HttpMethod.Get, new Uri($"https://127.0.0.1:{server.Port}/"), access: access);
        Assert.True((await Assert.ThrowsAsync<UpstreamException>(() => _own.CallAsync(request, Cancellation))).NothingSent);
        Assert.Equal(0, _own.PoolOf(request.Uri, access).OpenCount);
    }

    private string Ca() => _folder.Write("ca.pem", _authority.Pem);

    private async Task AssertNotSecureAsync(bool own, TlsServer server, UpstreamTlsSettings settings)
    {
        var refused = await Assert.ThrowsAsync<UpstreamException>(() => CallAsync(own, server, settings));
        Assert.Equal(("no secure connection could be made", true), (refused.Message, refused.NothingSent));
    }

    private Task<(int Status, string Body)> CallAsync(bool own, TlsServer server, UpstreamTlsSettings settings, string? host = null, UpstreamProtocol? protocol = null)
    {
        var access = new UpstreamAccess(own ? UpstreamProtocol.Http1 : protocol, settings);
        var request = Passing.Request(HttpMethod.Get, server.Url, access: access);
        if (host is not null) request.Headers.Add(new("Host", host));
        IUpstream upstream = own ? _own : _platform;
        return upstream.CallAsync(request, Cancellation);
    }
}
