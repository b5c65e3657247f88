namespace OrleansGateway.Configuration;

/// <summary>
/// Addresses the gateway listens on. A changed address is bound before the old one is let go; if it cannot be bound, the new configuration is refused. All else
/// about a listener changes for new connections, without closing those that are open.
/// </summary>
public sealed record ListenerSettings
{
    /// <summary>
    /// Addresses for clients, each as <c>IP:port</c> or, with more to say about it, as a section of fields. Default: <c>127.0.0.1:8080</c>. Port 0 takes a free
    /// one.
    /// </summary>
    [MinLength(1), MaxLength(64)]
    public IReadOnlyList<DataListenerSettings> Data { get; init; } = [new() { Address = new(IPAddress.Loopback, 8080) }];

    /// <summary>
    /// Address of the admin API, <c>/metrics</c>, <c>/livez</c> and <c>/readyz</c>, as <c>IP:port</c>. Default <c>127.0.0.1:9090</c>.
    /// Keep it on loopback or a private network. Read at start only.
    /// </summary>
    public IPEndPoint Admin { get; init; } = new(IPAddress.Loopback, 9090);

    /// <summary>
    /// Networks of proxies before the gateway that are believed when they say, in <c>proxy_header</c>, for whom they call. Default: none listed, nobody is
    /// believed. A network in which clients are lets them claim any address.
    /// </summary>
    [MaxLength(256)]
    public IReadOnlyList<IPNetwork> TrustedProxies { get; init; } = [];

    /// <summary>
    /// Where trusted proxies say so: <c>forwarded_for</c> is <c>X-Forwarded-For</c>, <c>-Proto</c> and <c>-Host</c>, <c>forwarded</c> is <c>Forwarded</c> (RFC
    /// 7239). Default <c>forwarded_for</c>. Name the one that the proxies write: the other passes them as the client made it up.
    /// </summary>
    public ProxyHeader ProxyHeader { get; init; } = ProxyHeader.ForwardedFor;
}

/// <summary>One address for clients. In place of the section its <c>address</c> alone may stand.</summary>
public sealed record DataListenerSettings
{
    /// <summary>The address, as <c>IP:port</c>. Port 0 takes a free one.</summary>
    [Required, ShortForm]
    public IPEndPoint? Address { get; init; }

    /// <summary>
    /// Versions of HTTP spoken. With TLS the client chooses by ALPN; without, HTTP/2 is told by its preface (prior knowledge, RFC 9113 §3.3), on the same port
    /// as HTTP/1.1. <c>http3</c> needs <c>tls</c>, a port other than 0 and the library libmsquic. Default <c>["http1", "http2"]</c>.
    /// </summary>
    [MinLength(1), MaxLength(3)]
    public IReadOnlyList<HttpProtocol> Protocols { get; init; } = [HttpProtocol.Http1, HttpProtocol.Http2];

    /// <summary>TLS. Default: none, plain text.</summary>
    public TlsSettings? Tls { get; init; }

    /// <summary>
    /// Networks of load balancers that begin every connection with a PROXY header, version 1 or 2, whose client address then counts as the peer's. Connections
    /// from elsewhere, or without the header, are closed. Default: none listed, no PROXY header is expected.
    /// </summary>
    [MaxLength(256)]
    public IReadOnlyList<IPNetwork> ProxyProtocol { get; init; } = [];
}

/// <summary>
/// How a listener speaks TLS. Certificates are read again when their files change; a pair that does not fit is refused and the old one stays.
/// </summary>
public sealed record TlsSettings
{
    /// <summary>
    /// Certificates, chosen by the name that the client asks for (SNI), from the DNS names in them; <c>*.example.com</c> serves one label. The first is the
    /// default, for clients that ask for none or another name.
    /// </summary>
    [MinLength(1), MaxLength(1_000)]
    public IReadOnlyList<TlsCertificateSettings> Certificates { get; init; } = [];

    /// <summary>
    /// Whether clients are asked for a certificate: <c>off</c>, <c>optional</c> (one that is shown must be good), <c>required</c>. Default <c>off</c>.
    /// </summary>
    public ClientCertificateMode ClientCertificates { get; init; } = ClientCertificateMode.Off;

    /// <summary>
    /// Certificates of the authorities that client certificates must come from, as PEM, written <c>file:path</c>. Default: none; needed unless
    /// <c>client_certificates</c> is <c>off</c>. Revocation lists are not asked for: take a lost certificate out of <c>certificates</c>.
    /// </summary>
    public Secret? ClientCa { get; init; }

    /// <summary>Oldest version spoken: <c>tls12</c> or <c>tls13</c>. Default <c>tls12</c>; older ones are broken (RFC 8996).</summary>
    public TlsVersion ProtocolMin { get; init; } = TlsVersion.Tls12;
}

/// <summary>A certificate and its private key.</summary>
public sealed record TlsCertificateSettings
{
    /// <summary>The certificate as PEM, first its own, then those of the authorities between it and the root. Written <c>file:path</c>.</summary>
    [Required]
    public Secret? Certificate { get; init; }

    /// <summary>Its private key as unencrypted PEM. Written <c>file:path</c>. Never logged.</summary>
    [Required]
    public Secret? Key { get; init; }
}

/// <summary>The header in which proxies say for whom they call.</summary>
public enum ProxyHeader
{
    /// <summary><c>X-Forwarded-For</c> and its kin.</summary>
    ForwardedFor,

    /// <summary><c>Forwarded</c>, RFC 7239.</summary>
    Forwarded,
}

/// <summary>A version of HTTP that a listener speaks.</summary>
public enum HttpProtocol
{
    /// <summary>HTTP/1.0 and HTTP/1.1, RFC 9112.</summary>
    Http1,

    /// <summary>HTTP/2, RFC 9113.</summary>
    Http2,

    /// <summary>HTTP/3, RFC 9114.</summary>
    Http3,
}

/// <summary>Whether clients are asked for a certificate.</summary>
public enum ClientCertificateMode
{
    /// <summary>Not asked.</summary>
    Off,

    /// <summary>Asked; who has none is served too.</summary>
    Optional,

    /// <summary>Asked; who has none is not served.</summary>
    Required,
}

/// <summary>A version of TLS.</summary>
public enum TlsVersion
{
    /// <summary>RFC 5246.</summary>
    Tls12,

    /// <summary>RFC 8446.</summary>
    Tls13,
}
