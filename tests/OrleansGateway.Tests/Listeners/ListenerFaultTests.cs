using System.Text.RegularExpressions;
using OrleansGateway.Tests.Configuration;

namespace OrleansGateway.Tests.Listeners;

/// <summary>What can be wrong about listeners, certificates and client certificates, and what the operator is told.</summary>
public sealed class ListenerFaultTests : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly TestCertificates _files = new();

    public ListenerFaultTests() => _files.WriteServer("server", "localhost");

    private string Good => $"tls: {{certificates: [{_files.Pair("server")}]}}";

    private string Authority => $"\"file:{_files.PathOf("ca.pem")}\"";

    [Fact]
    public void Read_OfAListenerInShortForm_IsTheSameAsItsAddressAlone()
    {
        var listeners = _folder.Read(TestFolder.Good + "listeners: {data: [\"127.0.0.1:1\", {address: \"127.0.0.1:2\"}]}\n").Settings!.Listeners.Data;
        Assert.Equal(["127.0.0.1:1", "127.0.0.1:2"], listeners.Select(l => l.Address!.ToString()));
        Assert.Equal(listeners[0] with { Address = null, Protocols = [], ProxyProtocol = [] }, listeners[1] with { Address = null, Protocols = [], ProxyProtocol = [] });
    }

    [Theory]
    [InlineData("{data: [\"localhost:1\"]}", "listeners.data[0].address: 'localhost:1' is not an IP address and a port")]
    [InlineData("{data: [{protocols: [http1]}]}", "listeners.data[0].address: The field address is missing.")]
    [InlineData("{data: [{address: \"127.0.0.1:1\", protocols: [http4]}]}", "protocols[0]: 'http4' is not one of http1, http2, http3.")]
    [InlineData("{data: [{address: \"127.0.0.1:1\", protocols: []}]}", "listeners.data[0].protocols: There are 0 entries")]
    [InlineData("{data: [{address: \"127.0.0.1:1\", protocols: [http3]}]}", "listeners.data[0].protocols: HTTP/3 is always encrypted; add the field tls")]
    [InlineData("{data: [{address: \"127.0.0.1:0\", protocols: [http3], GOOD}]}", "listeners.data[0].protocols: HTTP/3 is served on the port of the other versions")]
    [InlineData("{data: [{address: \"127.0.0.1:1\", protocols: [http3], proxy_protocol: [10.0.0.0/8], GOOD}]}", "protocols: The PROXY protocol does not exist for HTTP/3")]
    [InlineData("{data: [{address: \"127.0.0.1:1\", proxy_protocol: [10.0.0.1/8]}]}", "proxy_protocol[0]: '10.0.0.1/8' is not a network")]
    [InlineData("{data: [{address: \"127.0.0.1:1\", tls: {certificates: []}}]}", "tls.certificates: There are 0 entries; there must be at least 1.")]
    [InlineData("{data: [{address: \"127.0.0.1:1\", tls: {certificates: [{key: x}]}}]}", "tls.certificates[0].certificate: The field certificate is missing.")]
    [InlineData("{data: [{address: \"127.0.0.1:1\", tls: {certificates: [{certificate: \"file:gone.pem\", key: x}]}}]}", "certificates[0].certificate: The file 'gone.pem' of this secret does not exist.")]
    [InlineData("{data: [{address: \"127.0.0.1:1\", tls: {certificates: [{certificate: x, key: x}]}}]}", "certificates[0].certificate: There is no certificate in it; it must be PEM")]
    [InlineData("{data: [{address: \"127.0.0.1:1\", tls: {certificates: [{certificate: CA, key: CA}]}}]}", "certificates[0].key: The key cannot be used")]
    [InlineData("{data: [{address: \"127.0.0.1:1\", tls: {certificates: [PAIR], client_certificates: required}}]}", "tls.client_certificates: Certificates can be judged only by who made them")]
    [InlineData("{data: [{address: \"127.0.0.1:1\", tls: {certificates: [PAIR], client_ca: CA}}]}", "tls.client_ca: Nobody is asked for a certificate")]
    [InlineData("{data: [{address: \"127.0.0.1:1\", tls: {certificates: [PAIR], client_certificates: optional, client_ca: LEAF}}]}", "tls.client_ca: There is no root certificate in it")]
    [InlineData("{data: [{address: \"127.0.0.1:1\", tls: {certificates: [PAIR], protocol_min: tls11}}]}", "protocol_min: 'tls11' is not one of tls12, tls13.")]
    [InlineData("{trusted_proxies: [10.0.0.0/8], proxy_header: via}", "listeners.proxy_header: 'via' is not one of forwarded_for, forwarded.")]
    public void Read_OfListenersWithAFault_NamesIt(string listeners, string fault) => AssertFault($"listeners: {listeners}\n", fault);

    [Theory]
    [InlineData("{c: {tenant: acme}}", "certificates.c: Of fingerprint, common_name, dns and uri none is given; give exactly one.")]
    [InlineData("{c: {tenant: acme, dns: a, uri: b}}", "certificates.c: Of fingerprint, common_name, dns and uri 2 are given; give exactly one.")]
    [InlineData("{c: {tenant: acme, dns: ''}}", "certificates.c.dns: This must not be empty.")]
    [InlineData("{c: {tenant: acme, fingerprint: \"AB:CD\"}}", "certificates.c.fingerprint: The value does not have the form")]
    [InlineData("{c: {tenant: acne, dns: a}}", "certificates.c.tenant: There is no 'acne' among the tenants.")]
    [InlineData("{c: {tenant: acme, dns: a, user: alice}}", "certificates.c.user: A user needs the team it belongs to")]
    [InlineData("{c: {tenant: acme, dns: a, routes: [none]}}", "certificates.c.routes[0]: There is no 'none' among the routes.")]
    [InlineData("{c: {tenant: acme, dns: a}, d: {tenant: acme, dns: A}}", "certificates.d.dns: certificates.c means this certificate already; each may be there once.")]
    public void Read_OfCertificatesWithAFault_NamesIt(string certificates, string fault) => AssertFault($"certificates: {certificates}\n", fault);

    [Fact]
    public void Read_OfARouteForCertificatesThatNobodyAsksFor_NamesIt()
    {
        var faults = _folder.FaultsOf(TestFolder.Good.Replace("path: /", "{path: /, auth: [certificate]}", StringComparison.Ordinal).Replace("default:\n    {", "default: {", StringComparison.Ordinal));
        Assert.Contains("routes.default.auth: No listener asks for certificates", Assert.Single(faults), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{header_max: 1MiB}", "limits.header_max: '1MiB' is out of range; it must be 1KiB to 512KiB.")]
    [InlineData("{connections_max: 0}", "limits.connections_max: '0' is out of range; it must be 1 to 1000000.")]
    [InlineData("{header_timeout: 500ms}", "limits.header_timeout: '500ms' is out of range; it must be 1s to 10m.")]
    public void Read_OfLimitsWithAFault_NamesIt(string limits, string fault) => AssertFault($"limits: {limits}\n", fault);

    public void Dispose()
    {
        _folder.Dispose();
        _files.Dispose();
    }

    private void AssertFault(string section, string fault)
    {
        // All at once: what one stands for may have the letters of another in it.
        section = Regex.Replace(section, @"\b(GOOD|PAIR|CA|LEAF)\b", word => word.Value switch
        {
            "GOOD" => Good,
            "PAIR" => _files.Pair("server"),
            "CA" => Authority,
            _ => $"\"file:{_files.PathOf("server.pem")}\"",
        });
        Assert.Contains(fault, Assert.Single(_folder.FaultsOf(TestFolder.Good + section)), StringComparison.Ordinal);
    }
}
