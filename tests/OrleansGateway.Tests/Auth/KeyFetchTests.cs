using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using OrleansGateway.Auth.Jwt;
using OrleansGateway.Configuration;

namespace OrleansGateway.Tests.Auth;

/// <summary>Keys of an issuer fetched over https, and from names that lead where they must not.</summary>
public sealed class KeyFetchTests : IAsyncDisposable
{
    private const string Host = "login.example";

    private readonly X509Certificate2 _authority = Authority();
    private WebApplication? _server;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory(Timeout = 30_000)]
    [InlineData(Host, true, 1, null)]
    [InlineData("other.example", true, 1, "SSL")]
    [InlineData(Host, false, 1, "SSL")]
    [InlineData(Host, true, -1, "SSL")]
    public async Task Fetch_OverHttps_TakesOnlyAServerThatProvesItsName(string name, bool isTrusted, int daysLeft, string? problem)
    {
        var port = await ServeAsync(Certificate(name, daysLeft));
        using var client = new JwkClient((_, _) => Task.FromResult<IPAddress[]>([IPAddress.Loopback]), isTrusted ? Trust(_authority) : null);
        var (text, fault) = await client.FetchAsync(Origin($"https://{Host}:{port}/keys", allowPrivate: true), Cancel, Cancel);
        Assert.Equal(problem is null ? SigningKey.SetOf(SigningKey.First) : null, text);
        Assert.Contains(problem ?? "", fault, StringComparison.Ordinal);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("127.0.0.1")]
    [InlineData("10.0.0.1")]
    [InlineData("::1")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("169.254.169.254")]
    [InlineData("192.168.0.1", "127.0.0.1", "fd00::1")]
    public async Task Fetch_FromANameThatLeadsInside_IsRefusedBeforeAnyConnection(params string[] addresses)
    {
        var port = await ServeAsync(Certificate(Host, 1));
        using var client = new JwkClient((_, _) => Task.FromResult(addresses.Select(IPAddress.Parse).ToArray()), Trust(_authority));
        var (text, fault) = await client.FetchAsync(Origin($"https://{Host}:{port}/keys", allowPrivate: false), Cancel, Cancel);
        Assert.Null(text);
        Assert.StartsWith("its name leads to a private address, and allow_private is not set", fault, StringComparison.Ordinal);
    }

    [Fact(Timeout = 30_000)]
    public async Task Fetch_FromANameThatIsChangedToLeadInside_GetsNoConnection()
    {
        var asked = 0;
        var port = await ServeAsync(Certificate(Host, 1));
        using var client = new JwkClient((_, _) => Task.FromResult<IPAddress[]>([asked++ == 0 ? IPAddress.Loopback : IPAddress.Parse("10.0.0.1")]), Trust(_authority));
        Assert.NotNull((await client.FetchAsync(Origin($"https://{Host}:{port}/keys", allowPrivate: true), Cancel, Cancel)).Text);
        // Without the leave to reach what is inside, the name is looked up anew and judged anew.
        Assert.Contains("private address", (await client.FetchAsync(Origin($"https://{Host}:{port}/keys", allowPrivate: false), Cancel, Cancel)).Problem, StringComparison.Ordinal);
        Assert.Equal(2, asked);
    }

    [Fact(Timeout = 30_000)]
    public async Task Fetch_OfANameThatIsNotThere_SaysSo()
    {
        using var client = new JwkClient((_, _) => throw new System.Net.Sockets.SocketException((int)System.Net.Sockets.SocketError.HostNotFound), trust: null);
        var (text, fault) = await client.FetchAsync(Origin($"https://{Host}/keys", allowPrivate: false), Cancel, Cancel);
        Assert.Null(text);
        Assert.NotEmpty(fault);
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null) await _server.DisposeAsync();
        _authority.Dispose();
    }

    private static JwkOrigin Origin(string url, bool allowPrivate) =>
        new JwtIssuer("corp", new JwtSettings { Issuer = "https://login.example", JwksUrl = new Uri(url), AllowPrivate = allowPrivate }).Origin!;

    private static X509ChainPolicy Trust(X509Certificate2 authority)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(authority);
        return policy;
    }

    private static X509Certificate2 Authority()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Test authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-10), DateTimeOffset.UtcNow.AddDays(10));
    }

    private X509Certificate2 Certificate(string name, int daysLeft)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.Create(_authority, DateTimeOffset.UtcNow.AddDays(-5), DateTimeOffset.UtcNow.AddDays(daysLeft), [1, 2, 3, 4]);
        return certificate.CopyWithPrivateKey(key);
    }

    private async Task<int> ServeAsync(X509Certificate2 certificate)
    {
        _server = await LoopbackApp.StartAsync(
            static app => app.MapGet("/keys", () => Results.Text(SigningKey.SetOf(SigningKey.First), "application/json")),
            listen => listen.UseHttps(certificate));
        return LoopbackApp.AddressOf(_server).Port;
    }
}
