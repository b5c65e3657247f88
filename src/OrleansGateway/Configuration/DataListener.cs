using System.Net.Security;

namespace OrleansGateway.Configuration;

/// <summary>One address for clients and how it is served, compiled.</summary>
internal sealed class DataListener(DataListenerSettings settings)
{
    private static readonly (HttpProtocol Version, SslApplicationProtocol Name)[] Offered =
        [(HttpProtocol.Http2, SslApplicationProtocol.Http2), (HttpProtocol.Http1, SslApplicationProtocol.Http11)];

    public IPEndPoint Address => settings.Address!;
    public bool Http1 { get; } = settings.Protocols.Contains(HttpProtocol.Http1);
    public bool Http2 { get; } = settings.Protocols.Contains(HttpProtocol.Http2);
    public bool Http3 { get; } = settings.Protocols.Contains(HttpProtocol.Http3);

    /// <summary>What tells clients that HTTP/3 is spoken on the same port (RFC 7838); none where it is not.</summary>
    public string? AltSvc { get; } = settings.Protocols.Contains(HttpProtocol.Http3)
        ? $"h3=\":{settings.Address!.Port.ToString(CultureInfo.InvariantCulture)}\"; ma=86400" : null;

    /// <summary>How TLS is spoken over TCP; none in plain text.</summary>
    public ServerTls? Tls { get; } = settings.Tls is { } tls ? new ServerTls(tls,
        [.. Offered.Where(o => settings.Protocols.Contains(o.Version)).Select(o => o.Name)]) : null;

    /// <summary>How it is spoken over QUIC; none where that is not.</summary>
    public ServerTls? QuicTls { get; } =
        settings.Tls is { } tls && settings.Protocols.Contains(HttpProtocol.Http3) ? new ServerTls(tls, [SslApplicationProtocol.Http3]) : null;

    /// <summary>Who begins connections with a PROXY header; none where nobody does.</summary>
    public Networks? ProxyProtocol { get; } = Networks.Of(settings.ProxyProtocol);
}
