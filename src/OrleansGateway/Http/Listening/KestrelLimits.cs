using Microsoft.AspNetCore.Server.Kestrel.Core;
using OrleansGateway.Configuration;

namespace OrleansGateway.Http.Listening;

/// <summary>What our limits are in Kestrel's terms.</summary>
internal static class KestrelLimits
{
    // The largest that a route can allow. The stages enforce what is configured, which may change while the server runs.
    private const long BodyBytesMax = 1L << 40;

    private static readonly TimeSpan RequestGrace = TimeSpan.FromSeconds(5);

    // Readers pause: a person stops a page, a program looks at what it has.
    private static readonly TimeSpan ResponseGrace = TimeSpan.FromSeconds(30);

    public static void Apply(LimitSettings limits, KestrelServerLimits kestrel)
    {
        kestrel.MaxRequestBodySize = BodyBytesMax;
        kestrel.MaxRequestLineSize = (int)limits.RequestLineMax.Bytes;
        kestrel.MaxRequestHeadersTotalSize = (int)limits.HeaderMax.Bytes;
        kestrel.MaxRequestHeaderCount = limits.HeaderFieldsMax;
        kestrel.RequestHeadersTimeout = limits.HeaderTimeout;
        kestrel.KeepAliveTimeout = limits.IdleTimeout;
        kestrel.MinRequestBodyDataRate = Rate(limits.RequestRateMin, RequestGrace);
        kestrel.MinResponseDataRate = Rate(limits.ResponseRateMin, ResponseGrace);
        kestrel.Http2.MaxStreamsPerConnection = limits.StreamsMax;
        // One field may fill the header, as it may in HTTP/1.1.
        kestrel.Http2.MaxRequestHeaderFieldSize = (int)limits.HeaderMax.Bytes;
    }

    private static MinDataRate? Rate(ByteSize bytesPerSecond, TimeSpan grace) => bytesPerSecond.Bytes == 0 ? null : new MinDataRate(bytesPerSecond.Bytes, grace);
}
