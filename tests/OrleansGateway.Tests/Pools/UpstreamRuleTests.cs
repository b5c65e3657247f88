using System.Net.Quic;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using OrleansGateway.Tests.Configuration;

namespace OrleansGateway.Tests.Pools;

/// <summary>Faults of upstreams: one thing made wrong gives one fault, with its path and what would be right.</summary>
public sealed class UpstreamRuleTests : IDisposable
{
    private const string Good = "targets: [{ url: 'http://10.0.0.1:8080' }, { url: 'https://shop.example.com', weight: 3 }]";

    private readonly TestFolder _folder = new();

    [Theory]
    [InlineData("")]
    [InlineData(", balance: consistent_hash, hash: { header: x-user }")]
    [InlineData(", balance: consistent_hash, hash: { cookie: sid }")]
    [InlineData(", health_check: { path: '/healthz?deep=1', host: 'shop.example.com:8080', statuses: [204, 599] }")]
    [InlineData(", ejection: { duration: 1m, duration_max: 1m, percent_max: 100, consecutive_failures: 0 }, slow_start: 1h")]
    [InlineData(", timeouts: { total: 1s }")]
    [InlineData(", timeouts: { total: 1s, idle: 1s, connect: 1s, first_byte: 1s }")]
    [InlineData(", retries: { attempts: 0, statuses: [], budget_percent: 0 }, circuit_breaker: { connections_max: 3 }, unknown_transfer_codings: ignore")]
    [InlineData(", protocol: http2, proxy: 'http://proxy:3128', tls: { server_name: shop.internal, verify: false }")]
    [InlineData(", tls: { ca: c.pem, certificate: c.pem, key: k.pem }")]
    public void Read_OfAGoodUpstream_TakesIt(string more)
    {
        WritePair();
        Assert.Empty(_folder.FaultsOf(With(Good + more)));
    }

    [Theory]
    [InlineData("targets: []", "targets: There are 0 entries; there must be at least 1.")]
    [InlineData("targets: [{ weight: 1 }]", "targets[0].url: The field url is missing.")]
    [InlineData("targets: [{ url: 'ftp://a' }]", "targets[0].url: This is not an absolute http or https URL")]
    [InlineData("targets: [{ url: 'http://a/?x=1' }]", "targets[0].url: This is not an absolute http or https URL")]
    [InlineData("targets: [{ url: 'http://a' }, { url: 'http://b/path' }]", "targets[1].url: A target is a scheme, a host and a port, without a path")]
    [InlineData("targets: [{ url: 'http://a' }, { url: 'http://b' }, { url: 'http://A:80' }]", "targets[2].url: upstreams.shop.targets[0] has this host and port already")]
    [InlineData("targets: [{ url: 'http://a:443' }, { url: 'https://a' }]", "targets[1].url: upstreams.shop.targets[0] has this host and port already")]
    [InlineData("targets: [{ url: 'http://a', weight: 1000001 }]", "targets[0].weight: '1000001' is out of range; it must be 0 to 1000000.")]
    [InlineData(Good + ", hash: { header: x-user }", "hash: Only with balance: consistent_hash has it any effect")]
    [InlineData(Good + ", balance: consistent_hash, hash: { header: x-user, cookie: sid }", "hash: Both header and cookie are given; give at most one.")]
    [InlineData(Good + ", balance: consistent_hash, hash: { header: 'x user' }", "hash.header: 'x user' is not a header's name; it takes letters, digits and dashes.")]
    [InlineData(Good + ", balance: consistent_hash, hash: { cookie: 'a;b' }", "hash.cookie: 'a;b' is not a cookie's name; it takes letters, digits and dashes.")]
    [InlineData(Good + ", balance: consistent_hash, hash: { cookie: '' }", "hash.cookie: '' is not a cookie's name")]
    [InlineData(Good + ", balance: random", "balance: 'random' is not one of round_robin, least_requests, power_of_two, consistent_hash.")]
    [InlineData(Good + ", health_check: { path: healthz }", "health_check.path: The value does not have the form")]
    [InlineData(Good + ", health_check: { path: '/a#b' }", "health_check.path: The value does not have the form")]
    [InlineData(Good + ", health_check: { host: 'a b' }", "health_check.host: 'a b' is not a host such as shop.example.com")]
    [InlineData(Good + ", health_check: { host: 'a/b' }", "health_check.host: 'a/b' is not a host such as")]
    [InlineData(Good + ", health_check: { host: 'u@a' }", "health_check.host: 'u@a' is not a host such as")]
    [InlineData(Good + ", health_check: { statuses: [200, 99] }", "health_check.statuses[1]: '99' is not a status; it must be 100 to 599.")]
    [InlineData(Good + ", health_check: { interval: 99ms }", "health_check.interval: '99ms' is out of range")]
    [InlineData(Good + ", retries: { statuses: [600] }", "retries.statuses[0]: '600' is not a status; it must be 100 to 599.")]
    [InlineData(Good + ", ejection: { percent_max: 101 }", "ejection.percent_max: '101' is out of range; it must be 0 to 100.")]
    [InlineData(Good + ", ejection: { duration: 6m }", "ejection.duration: 6m is longer than duration_max, which is 5m.")]
    [InlineData(Good + ", ejection: { duration_max: 9s }", "ejection.duration_max: 9s is shorter than duration, which is 10s.")]
    [InlineData(Good + ", timeouts: { total: 1s, connect: 2s }", "timeouts.connect: 2s is longer than total, which is 1s.")]
    [InlineData(Good + ", timeouts: { total: 1s, first_byte: 2s }", "timeouts.first_byte: 2s is longer than total, which is 1s.")]
    [InlineData(Good + ", timeouts: { total: 1s, idle: 2s }", "timeouts.idle: 2s is longer than total, which is 1s.")]
    [InlineData(Good + ", protocol: http2, circuit_breaker: { connections_max: 3 }", "circuit_breaker.connections_max: Only with protocol: http1 has it any effect")]
    [InlineData(Good + ", protocol: http2, unknown_transfer_codings: ignore", "unknown_transfer_codings: Only with protocol: http1 and without a proxy has it any effect")]
    [InlineData(Good + ", proxy: 'http://proxy:3128', unknown_transfer_codings: ignore", "unknown_transfer_codings: Only with protocol: http1 and without a proxy has it any effect")]
    [InlineData("targets: [{ url: 'http://a' }], tls: { verify: false }", "tls: No target has https, so it has no effect")]
    [InlineData(Good + ", tls: { server_name: 'a b' }", "tls.server_name: 'a b' is not a host's name")]
    [InlineData(Good + ", tls: { verify: false, ca: c.pem }", "tls.ca: With verify: false nothing is verified")]
    [InlineData(Good + ", tls: { ca: nowhere.pem }", "cannot be read as certificates in PEM:")]
    [InlineData(Good + ", tls: { ca: k.pem }", "k.pem' has no certificate in PEM.")]
    [InlineData(Good + ", tls: { certificate: c.pem }", "tls.certificate: Its private key is not given; add the field key.")]
    [InlineData(Good + ", tls: { key: k.pem }", "tls.key: Its certificate is not given; add the field certificate, or take key out.")]
    [InlineData(Good + ", tls: { certificate: c.pem, key: nowhere.pem }", "are not a certificate and its private key in PEM:")]
    [InlineData(Good + ", tls: { certificate: c.pem, key: other.pem }", "are not a certificate and its private key in PEM:")]
    [InlineData(Good + ", tls: { certificate: k.pem, key: k.pem }", "are not a certificate and its private key in PEM:")]
    public void Read_OfAWrongUpstream_NamesTheFault(string upstream, string fault)
    {
        WritePair();
        var found = Assert.Single(_folder.FaultsOf(With(upstream)));
        Assert.Contains("upstreams.shop.", found, StringComparison.Ordinal);
        Assert.Contains(fault, found, StringComparison.Ordinal);
        Assert.DoesNotContain("PRIVATE KEY", found, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_OfABadId_NamesTheFault() => Assert.Contains(
        "upstreams.-x: An id is 1 to 64 letters", Assert.Single(_folder.FaultsOf($"upstreams: {{ -x: {{ {Good} }} }}\n" + TestFolder.Good)), StringComparison.Ordinal);

    [Fact]
    public void Read_OfHttp3_NeedsQuicTlsAndNoProxy()
    {
        var isSupported = OperatingSystem.IsLinux() && QuicConnection.IsSupported;
        var faults = _folder.FaultsOf(With("targets: [{ url: 'http://a' }], protocol: http3, proxy: 'http://proxy'"));
        Assert.Equal(isSupported ? 0 : 1, faults.Count(f => f.Contains("upstreams.shop.protocol: This machine has no QUIC (libmsquic), which http3 needs", StringComparison.Ordinal)));
        Assert.Single(faults, f => f.Contains("upstreams.shop.targets[0].url: HTTP/3 is spoken over TLS only", StringComparison.Ordinal));
        Assert.Single(faults, f => f.Contains("upstreams.shop.proxy: HTTP/3 does not go by way of an HTTP proxy", StringComparison.Ordinal));
    }

    [Fact]
    public void Read_OfTargetsThatCannotBeRead_SaysNothingOfWhatHangsOnThem() =>
        Assert.Single(_folder.FaultsOf(With("targets: 3, tls: { verify: false }")));

    public void Dispose() => _folder.Dispose();

    private static string With(string upstream) => $"upstreams: {{ shop: {{ {upstream} }} }}\n" + TestFolder.Good;

    private void WritePair()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=shop", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
        _folder.Write("c.pem", certificate.ExportCertificatePem());
        _folder.Write("k.pem", key.ExportPkcs8PrivateKeyPem());
        _folder.Write("other.pem", other.ExportPkcs8PrivateKeyPem());
    }
}
