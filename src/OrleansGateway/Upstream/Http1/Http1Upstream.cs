using System.Collections.Concurrent;
using System.Net.Security;

namespace OrleansGateway.Upstream.Http1;

/// <summary>
/// Upstreams over HTTP/1.1, with TLS or without, by our own client: it knows what was sent and what was not, which the platform's does not tell. Connections are
/// pooled by address and the way it is reached, and kept over reloads of the configuration.
/// </summary>
internal sealed class Http1Upstream : IUpstream, IDisposable
{
    private static readonly TimeSpan s_trimInterval = TimeSpan.FromSeconds(10);
    private static readonly List<SslApplicationProtocol> s_protocols = [SslApplicationProtocol.Http11];

    private readonly ConcurrentDictionary<Address, Http1Pool> _pools = [];
    private readonly Http1PoolLimits _limits;
    private readonly TimeProvider _time;
    private readonly Func<string, CancellationToken, Task<IPAddress[]>> _resolve;
    private readonly ILogger? _log;
    private readonly ITimer _trim;

    public Http1Upstream(TimeProvider time, ILogger<Http1Upstream>? log = null)
        : this(time, new Http1PoolLimits(), Dns.GetHostAddressesAsync, log)
    {
    }

    public Http1Upstream(TimeProvider time, Http1PoolLimits limits, Func<string, CancellationToken, Task<IPAddress[]>> resolve, ILogger? log = null)
    {
        (_time, _limits, _resolve, _log) = (time, limits, resolve, log);
        _trim = time.CreateTimer(static upstream => ((Http1Upstream)upstream!).Trim(), this, s_trimInterval, s_trimInterval);
    }

    /// <summary>How many pools there are.</summary>
    public int PoolCount => _pools.Count;

    public ValueTask<UpstreamResponse> SendAsync(UpstreamRequest request, CancellationToken cancellation) =>
        PoolOf(request.Uri, request.Access).SendAsync(request, cancellation);

    public Http1Pool PoolOf(Uri uri, UpstreamAccess access) =>
        _pools.GetOrAdd(new Address(uri.IdnHost, uri.Port, uri.Scheme == Uri.UriSchemeHttps, access), static (address, upstream) => upstream.NewPool(address), this);

    public void Dispose()
    {
        _trim.Dispose();
        foreach (var pool in _pools.Values) pool.Close();
    }

    private Http1Pool NewPool(Address address)
    {
        var dialer = new Dialer(address.Host, address.Port, _time, _resolve);
        if (!address.IsSecure) return new Http1Pool(HostField(address, port: 80), async (timeout, cancellation) => new Http1Wire(await dialer.ConnectAsync(timeout, cancellation)), _limits, _time);
        var tls = new UpstreamTls(address.Access.Tls, _time, _log);
        return new Http1Pool(HostField(address, port: 443), ConnectSecurelyAsync, _limits, _time);

        async ValueTask<Http1Wire> ConnectSecurelyAsync(TimeSpan timeout, CancellationToken cancellation)
        {
            var startedAt = _time.GetTimestamp();
            var socket = await dialer.ConnectAsync(timeout, cancellation);
            return new Http1Wire(socket, await tls.OpenAsync(socket, address.Host, s_protocols, timeout - _time.GetElapsedTime(startedAt), cancellation));
        }
    }

    /// <summary>For the head of requests: the port is named unless it is the scheme's own.</summary>
    private static string HostField(in Address address, int port) =>
        (address.Host.Contains(':', StringComparison.Ordinal) ? $"[{address.Host}]" : address.Host) + (address.Port == port ? "" : $":{address.Port}");

    private void Trim()
    {
        foreach (var (address, pool) in _pools)
        {
            pool.Trim();
            // A host that the configuration names no more.
            if (pool.CloseIfForgotten()) _pools.TryRemove(new(address, pool));
        }
    }

    /// <summary>Whom to reach, and how.</summary>
    private readonly record struct Address(string Host, int Port, bool IsSecure, UpstreamAccess Access)
    {
        public bool Equals(Address other) => Port == other.Port && IsSecure == other.IsSecure && Host == other.Host && Access.Equals(other.Access);

        // Without the access: hosts that are reached in several ways are rare, and its hash is that of nine fields.
        public override int GetHashCode() => HashCode.Combine(Host, Port);
    }
}
