using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using OrleansGateway.Tests.Gateway;
using OrleansGateway.Tests.Topologies;

namespace OrleansGateway.Tests.Listeners;

/// <summary>TLS of a listener: which certificate, which protocol, whose client certificates, and what a reload does to it.</summary>
public sealed class TlsTests : IDisposable
{
    private readonly TestCertificates _files = new();

    public TlsTests()
    {
        _files.WriteServer("first", "first.example");
        _files.WriteServer("second", "second.example", "*.second.example");
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Tls(string more = "") => $"tls: {{certificates: [{_files.Pair("first")}, {_files.Pair("second")}]{more}}}";

    [Theory(Timeout = 30_000)]
    [InlineData("first.example", "first.example")]
    [InlineData("second.example", "second.example")]
    [InlineData("SECOND.example", "second.example")]
    [InlineData("a.second.example", "second.example")]
    [InlineData("a.b.second.example", "first.example")]
    [InlineData("other.example", "first.example")]
    [InlineData("", "first.example")]
    public async Task Handshake_OfAClientThatAsksForAName_ShowsItsCertificate(string asked, string shown)
    {
        await using var gateway = await ListenerBed.StartAsync(Tls());
        await using var connection = await ConnectAsync(gateway, asked);
        Assert.Contains(shown, NamesOf(connection), StringComparison.Ordinal);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("", "h2,http/1.1", "h2")]
    [InlineData("", "http/1.1", "http/1.1")]
    [InlineData("", "", "")]
    [InlineData("protocols: [http1], ", "h2,http/1.1", "http/1.1")]
    [InlineData("protocols: [http2], ", "h2,http/1.1", "h2")]
    public async Task Handshake_OfAClientThatOffersProtocols_ChoosesTheBestSpokenHere(string protocols, string offered, string chosen)
    {
        await using var gateway = await ListenerBed.StartAsync(protocols + Tls());
        await using var connection = await ConnectAsync(gateway, "first.example", o => o.ApplicationProtocols = [.. offered.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(p => new SslApplicationProtocol(p))]);
        Assert.Equal(chosen, connection.NegotiatedApplicationProtocol.ToString());
    }

    [Fact(Timeout = 30_000)]
    public async Task Request_WithoutAlpn_IsServedAsHttp1()
    {
        await using var gateway = await ListenerBed.StartAsync(Tls());
        await using var connection = await ConnectAsync(gateway, "first.example");
        Assert.StartsWith("HTTP/1.1 200", await AskAsync(connection), StringComparison.Ordinal);
    }

    [Fact(Timeout = 30_000)]
    public async Task Request_WithoutAlpnWhereOnlyHttp2IsSpoken_IsNotServed()
    {
        await using var gateway = await ListenerBed.StartAsync("protocols: [http2], " + Tls());
        await using var connection = await ConnectAsync(gateway, "first.example");
        Assert.Equal("", await AskAsync(connection));
    }

    [Fact(Timeout = 30_000)]
    public async Task Request_OverHttp2_IsServed()
    {
        await using var gateway = await ListenerBed.StartAsync(Tls());
        using var client = ClientOf(null);
        using var request = Request(gateway);
        request.Version = System.Net.HttpVersion.Version20;
        request.VersionPolicy = HttpVersionPolicy.RequestVersionExact;
        using var answer = await client.SendAsync(request, Cancellation);
        Assert.Equal((HttpStatusCode.OK, System.Net.HttpVersion.Version20), (answer.StatusCode, answer.Version));
    }

    [Theory(Timeout = 30_000)]
    [InlineData("", true)]
    [InlineData(", protocol_min: tls13", false)]
    public async Task Handshake_OfVersion12_IsTakenUnlessTheListenerWantsMore(string more, bool taken)
    {
        await using var gateway = await ListenerBed.StartAsync(Tls(more));
        var connecting = ConnectAsync(gateway, "first.example", o => o.EnabledSslProtocols = SslProtocols.Tls12);
        if (!taken)
        {
            await Assert.ThrowsAsync<AuthenticationException>(() => connecting);
            return;
        }

        await using var connection = await connecting;
        Assert.Equal(SslProtocols.Tls12, connection.SslProtocol);
    }

    [Fact(Timeout = 30_000)]
    public async Task Reload_OfAChangedPair_IsShownToNewClientsAndKeepsOldOnes()
    {
        await using var gateway = await ListenerBed.StartAsync(Tls());
        await using var before = await ConnectAsync(gateway, "");
        _files.WriteServer("first", "renewed.example");
        var result = await gateway.Host.Configuration.ReloadAsync(Cancellation);
        Assert.True(result.Changed);

        await using var after = await ConnectAsync(gateway, "");
        Assert.Contains("renewed.example", NamesOf(after), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 200", await AskAsync(before), StringComparison.Ordinal);
    }

    [Fact(Timeout = 30_000)]
    public async Task Reload_OfAPairThatDoesNotFit_IsRefusedAndTheOldOneStays()
    {
        await using var gateway = await ListenerBed.StartAsync(Tls());
        File.Copy(_files.PathOf("second.key"), _files.PathOf("first.key"), overwrite: true);
        var result = await gateway.Host.Configuration.ReloadAsync(Cancellation);
        var fault = Assert.Single(result.Faults);
        Assert.Equal("listeners.data[0].tls.certificates[0].key", fault.Path);
        Assert.Contains("belongs to the certificate", fault.Message, StringComparison.Ordinal);

        await using var connection = await ConnectAsync(gateway, "");
        Assert.Contains("first.example", NamesOf(connection), StringComparison.Ordinal);
    }

    [Fact(Timeout = 30_000)]
    public async Task Reload_FromPlainTextToTls_ChangesNewConnectionsOnTheSamePort()
    {
        Topology.SkipOnCluster("has one port for all nodes.");
        var port = FreePort.Take();
        string Yaml(string more) => ListenerBed.Yaml(more).Replace("{data: [{address: \"127.0.0.1:0\"", $"{{data: [{{address: \"127.0.0.1:{port}\"", StringComparison.Ordinal);
        await using var gateway = await GatewayUnderTest.StartWholeAsync(Yaml(""));
        using var before = await RawConnection.OpenAsync(gateway.Url);
        Assert.Equal(200, (await before.AskAsync(ListenerBed.GoodRequest)).Status);

        await File.WriteAllTextAsync(Path.Combine(gateway.Folder, "gateway.yaml"), Yaml(Tls()), Cancellation);
        Assert.Empty((await gateway.Host.Configuration.ReloadAsync(Cancellation)).Faults);
        Assert.Equal($"https://127.0.0.1:{port}/", gateway.Url.ToString());
        await using var after = await ConnectAsync(gateway, "first.example");
        Assert.StartsWith("HTTP/1.1 200", await AskAsync(after), StringComparison.Ordinal);
        Assert.Equal(200, (await before.AskAsync(ListenerBed.GoodRequest)).Status);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("required", "good", true)]
    [InlineData("required", "none", false)]
    [InlineData("required", "other", false)]
    [InlineData("optional", "good", true)]
    [InlineData("optional", "none", true)]
    [InlineData("optional", "other", false)]
    public async Task Handshake_WithAClientCertificate_GoesByWhatTheListenerWants(string mode, string shown, bool served)
    {
        using var stranger = new TestCertificates("Other CA");
        using var certificate = (shown == "other" ? stranger : _files).MakeClient("CN=orders");
        await using var gateway = await ListenerBed.StartAsync(Tls($", client_certificates: {mode}, client_ca: \"file:{_files.PathOf("ca.pem")}\""));
        using var client = ClientOf(shown == "none" ? null : certificate);
        using var request = Request(gateway);
        if (served)
        {
            using var answer = await client.SendAsync(request, Cancellation);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }
        else
        {
            await Assert.ThrowsAsync<HttpRequestException>(() => client.SendAsync(request, Cancellation));
        }
    }

    public void Dispose() => _files.Dispose();

    internal static HttpClient ClientOf(X509Certificate2? certificate) => new(new SocketsHttpHandler
    {
        SslOptions = new SslClientAuthenticationOptions
        {
            RemoteCertificateValidationCallback = (_, shown, _, _) => shown?.Issuer == "CN=Test CA",
            // Shown whatever the server says of authorities: what it makes of a stranger's is the question.
            LocalCertificateSelectionCallback = certificate is null ? null : (_, _, _, _, _) => certificate,
        },
    });

    private static HttpRequestMessage Request(GatewayUnderTest gateway)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, new Uri(gateway.Url, "/v1/models"));
        request.Headers.Authorization = new("Bearer", GatewayUnderTest.Key);
        return request;
    }

    private static async Task<SslStream> ConnectAsync(GatewayUnderTest gateway, string name, Action<SslClientAuthenticationOptions>? change = null)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(gateway.Url.Host, gateway.Url.Port, Cancellation);
        var stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
        var options = new SslClientAuthenticationOptions { TargetHost = name, RemoteCertificateValidationCallback = (_, shown, _, _) => shown?.Issuer == "CN=Test CA" };
        change?.Invoke(options);
        await stream.AuthenticateAsClientAsync(options, Cancellation);
        return stream;
    }

    private static string NamesOf(SslStream connection) =>
        string.Join(',', ((X509Certificate2)connection.RemoteCertificate!).Extensions.OfType<X509SubjectAlternativeNameExtension>().Single().EnumerateDnsNames());

    private static async Task<string> AskAsync(SslStream connection)
    {
        var answer = new byte[4096];
        try
        {
            await connection.WriteAsync(Encoding.ASCII.GetBytes(ListenerBed.GoodRequest), Cancellation);
            return Encoding.ASCII.GetString(answer, 0, await connection.ReadAsync(answer, Cancellation));
        }
        catch (IOException)
        {
            return "";
        }
    }
}
