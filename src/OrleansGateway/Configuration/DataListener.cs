namespace OrleansGateway.Configuration;

/// <summary>One address for clients and how it is served, compiled.</summary>
internal sealed class DataListener(DataListenerSettings settings)
{
    public IPEndPoint Address => settings.Address!;
    public bool Http1 { get; } = settings.Protocols.Contains(HttpProtocol.Http1);
    public bool Http2 { get; } = settings.Protocols.Contains(HttpProtocol.Http2);
    public bool Http3 { get; } = settings.Protocols.Contains(HttpProtocol.Http3);

    /// <summary>How TLS is spoken; none in plain text.</summary>
    public ServerTls? Tls { get; } = settings.Tls is { } tls ? new ServerTls(tls, settings.Protocols) : null;

    /// <summary>Who begins connections with a PROXY header; none where nobody does.</summary>
    public Networks? ProxyProtocol { get; } = Networks.Of(settings.ProxyProtocol);
}
