using System.Collections.Concurrent;

namespace OrleansGateway.Upstream.Http1;

/// <summary>
/// Upstreams over HTTP/1.1 without TLS, by our own client: it knows what was sent and what was not, which the platform's does not tell. Connections are
/// pooled per host and port, and kept over reloads of the configuration.
/// </summary>
internal sealed class Http1Upstream : IUpstream, IDisposable
{
    private static readonly TimeSpan s_trimInterval = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<(string Host, int Port), Http1Pool> _pools = [];
    private readonly Http1PoolLimits _limits;
    private readonly TimeProvider _time;
    private readonly Func<string, CancellationToken, Task<IPAddress[]>> _resolve;
    private readonly ITimer _trim;

    public Http1Upstream(TimeProvider time)
        : this(time, new Http1PoolLimits(), Dns.GetHostAddressesAsync)
    {
    }

    public Http1Upstream(TimeProvider time, Http1PoolLimits limits, Func<string, CancellationToken, Task<IPAddress[]>> resolve)
    {
        (_time, _limits, _resolve) = (time, limits, resolve);
        _trim = time.CreateTimer(static upstream => ((Http1Upstream)upstream!).Trim(), this, s_trimInterval, s_trimInterval);
    }

    public ValueTask<UpstreamResponse> SendAsync(UpstreamRequest request, CancellationToken cancellation) => PoolOf(request.Uri).SendAsync(request, cancellation);

    public Http1Pool PoolOf(Uri uri) => _pools.GetOrAdd(
        (uri.IdnHost, uri.Port),
        static (key, upstream) => new Http1Pool(key.Host, key.Port, new Http1Dialer(key.Host, key.Port, upstream._time, upstream._resolve).ConnectAsync, upstream._limits, upstream._time),
        this);

    public void Dispose()
    {
        _trim.Dispose();
        foreach (var pool in _pools.Values) pool.Close();
    }

    private void Trim()
    {
        foreach (var pool in _pools.Values) pool.Trim();
    }
}
