using OrleansGateway.Configuration;
using OrleansGateway.Upstream.Http1;

namespace OrleansGateway.Upstream;

/// <summary>Chooses what carries requests: our own client for HTTP/1.1, the platform's for HTTP/2, HTTP/3 and proxies.</summary>
internal sealed class Carriers(IUpstream own, IUpstream platform)
{
    public Carriers(Http1Upstream own, HttpUpstream platform)
        : this((IUpstream)own, platform)
    {
    }

    /// <summary>What carries requests to a target that is reached like this.</summary>
    public IUpstream For(UpstreamAccess access, Uri target)
    {
        if (access.Proxy is not null) return platform;
        // Where TLS may agree on HTTP/2, the platform's client asks for it.
        return access.Protocol == UpstreamProtocol.Http1 || (access.Protocol is null && target.Scheme == Uri.UriSchemeHttp) ? own : platform;
    }
}
