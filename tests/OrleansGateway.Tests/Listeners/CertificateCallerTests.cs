using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using OrleansGateway.Tests.Gateway;

namespace OrleansGateway.Tests.Listeners;

/// <summary>Callers with client certificates: whom they stand for, and who is turned away.</summary>
public sealed class CertificateCallerTests : IDisposable
{
    private readonly TestCertificates _files = new();

    public CertificateCallerTests() => _files.WriteServer("server", "localhost");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory(Timeout = 30_000)]
    [InlineData("common_name: orders", 200, null)]
    [InlineData("common_name: Orders", 403, "certificate_not_known")]
    [InlineData("dns: ORDERS.example", 200, null)]
    [InlineData("dns: example", 403, "certificate_not_known")]
    [InlineData("uri: \"spiffe://example.org/orders\"", 200, null)]
    [InlineData("uri: \"spiffe://example.org/order\"", 403, "certificate_not_known")]
    [InlineData("fingerprint: FINGERPRINT", 200, null)]
    [InlineData("common_name: orders, routes: []", 403, "route_not_allowed")]
    public async Task Request_WithACertificate_IsTheCallersItStandsFor(string match, int status, string? code)
    {
        using var certificate = _files.MakeClient("CN=orders, O=Example", "orders.example", "spiffe://example.org/orders");
        match = match.Replace("FINGERPRINT", certificate.GetCertHashString(HashAlgorithmName.SHA256), StringComparison.Ordinal);
        await using var gateway = await StartAsync("optional", $"certificates: {{shop: {{tenant: acme, {match}}}}}\n", "[certificate]");
        var (answered, text) = await AskAsync(gateway, certificate);
        Assert.Equal(status, answered);
        if (code is not null) Assert.Contains(code, text, StringComparison.Ordinal);
    }

    [Fact(Timeout = 30_000)]
    public async Task Request_WithoutACertificate_IsRefusedWhereOnlyThoseAreTaken()
    {
        await using var gateway = await StartAsync("optional", "certificates: {shop: {tenant: acme, common_name: orders}}\n", "[certificate]");
        var (status, text) = await AskAsync(gateway, null);
        Assert.Equal(403, status);
        Assert.Contains("certificate_required", text, StringComparison.Ordinal);
        // A key is no way in here, however good.
        Assert.Equal(403, (await AskAsync(gateway, null, GatewayUnderTest.Key)).Status);
    }

    [Theory(Timeout = 30_000)]
    [InlineData(true, null, 200)]
    [InlineData(false, GatewayUnderTest.Key, 200)]
    [InlineData(false, null, 401)]
    [InlineData(true, "wrong-key-0123456789-0123456789", 401)]
    public async Task Request_WhereBothAreTaken_NeedsEither(bool shows, string? key, int status)
    {
        using var certificate = _files.MakeClient("CN=orders");
        await using var gateway = await StartAsync("optional", "certificates: {shop: {tenant: acme, common_name: orders}}\n", "[key, certificate]");
        Assert.Equal(status, (await AskAsync(gateway, shows ? certificate : null, key)).Status);
    }

    [Fact(Timeout = 30_000)]
    public async Task Request_OnAConnectionThatOutlivesItsCertificate_IsRefused()
    {
        using var certificate = _files.MakeClient("CN=orders");
        var time = new ManualTime();
        time.Advance(certificate.NotAfter - time.GetUtcNow().UtcDateTime + TimeSpan.FromDays(1));
        await using var gateway = await GatewayUnderTest.StartWholeAsync(Yaml("optional", "certificates: {shop: {tenant: acme, common_name: orders}}\n", "[certificate]"), time);
        var (status, text) = await AskAsync(gateway, certificate);
        Assert.Equal(403, status);
        Assert.Contains("certificate_expired", text, StringComparison.Ordinal);
    }

    public void Dispose() => _files.Dispose();

    private Task<GatewayUnderTest> StartAsync(string mode, string more, string auth) => GatewayUnderTest.StartWholeAsync(Yaml(mode, more, auth));

    private string Yaml(string mode, string more, string auth) => ListenerBed.Yaml(
        $"tls: {{certificates: [{_files.Pair("server")}], client_certificates: {mode}, client_ca: \"file:{_files.PathOf("ca.pem")}\"}}",
        more,
        routes: $"routes: {{default: {{path: /, auth: {auth}}}}}\n");

    private static async Task<(int Status, string Text)> AskAsync(GatewayUnderTest gateway, X509Certificate2? certificate, string? key = null)
    {
        using var client = TlsTests.ClientOf(certificate);
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(gateway.Url, "/v1/models"));
        if (key is not null) request.Headers.Authorization = new("Bearer", key);
        using var answer = await client.SendAsync(request, Cancellation);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(Cancellation));
    }
}
