using System.Runtime.CompilerServices;
using OrleansGateway.Configuration;
using OrleansGateway.Telemetry;

namespace OrleansGateway.Upstream.Pools;

/// <summary>
/// All upstreams while the gateway runs. What is known of targets (requests in flight, failures, health) and what the retry budget counts outlive reloads;
/// weights and the way to choose come with each version. Owns the loops of the health checks.
/// </summary>
internal sealed class UpstreamPools : IAsyncDisposable
{
    private readonly Func<UpstreamAccess, Uri, IUpstream> _carriers;
    private readonly string _folder;
    private readonly PoolContext _context;
    private readonly Random _random;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Members> _members = new(StringComparer.Ordinal);

    // By the compiled pool of a version: a request that began before a reload goes on with what it began with, and what nobody uses any more goes with its
    // version.
    private readonly ConditionalWeakTable<UpstreamPool, PoolState> _states = [];
    private volatile PoolState[] _current = [];
    private bool _started;
    private bool _disposed;

    /// <param name="carriers">What carries requests to a target.</param>
    /// <param name="configFolder">Folder of the configuration: where the paths of TLS files start.</param>
    /// <param name="metrics">Counts.</param>
    /// <param name="time">The clock.</param>
    /// <param name="random">Chance; asked by many threads.</param>
    /// <param name="log">Told of targets left out and back.</param>
    public UpstreamPools(
        Func<UpstreamAccess, Uri, IUpstream> carriers,
        string configFolder,
        UpstreamMetrics metrics,
        TimeProvider time,
        Random random,
        ILogger<UpstreamPools> log)
    {
        (_carriers, _folder, _random, _context) = (carriers, Path.GetFullPath(configFolder), random, new PoolContext(time, metrics, log));
        metrics.Targets = Readings;
    }

    /// <summary>The upstreams of the configuration that was applied last.</summary>
    public IReadOnlyList<PoolState> Current => _current;

    /// <summary>The upstream of a version that was applied.</summary>
    public PoolState Of(UpstreamPool pool) =>
        _states.TryGetValue(pool, out var state) ? state : throw new InvalidOperationException($"The configuration of upstream {pool.Id} was never applied.");

    /// <summary>Makes a version ready: new targets, health checks begun and ended. Never refuses. Targets that are there at the first are not new.</summary>
    public async Task<string?> ApplyAsync(Snapshot snapshot, CancellationToken cancellation)
    {
        var ended = new List<HealthCheck>();
        lock (_lock)
        {
            if (_disposed) return null;
            var pools = snapshot.Upstreams.Values.OrderBy(p => p.Id, StringComparer.Ordinal).ToArray();
            foreach (var gone in _members.Keys.Except(pools.Select(p => p.Id)).ToArray())
            {
                _members.Remove(gone, out var members);
                ended.AddRange(members!.Clear());
            }

            _current = [.. pools.Select(p => StateOf(p, ended))];
            _started = true;
        }

        await EndAsync(ended);
        return null;
    }

    public async ValueTask DisposeAsync()
    {
        var ended = new List<HealthCheck>();
        lock (_lock)
        {
            _disposed = true;
            foreach (var members in _members.Values) ended.AddRange(members.Clear());
        }

        await EndAsync(ended);
    }

    // All are told before any is waited for.
    private static Task EndAsync(List<HealthCheck> checks) => Task.WhenAll(checks.Select(c => c.DisposeAsync().AsTask()));

    private PoolState StateOf(UpstreamPool pool, List<HealthCheck> ended)
    {
        if (!_members.TryGetValue(pool.Id, out var members))
        {
            _members[pool.Id] = members = new Members();
            _context.Metrics.Retried(pool.Id, times: 0);
            _context.Metrics.RetryDenied(pool.Id, times: 0);
        }

        var access = AccessOf(pool.Settings);
        var targets = pool.Targets.Select(t => members.Adopt(t, pool, access, this, ended)).ToArray();
        ended.AddRange(members.Keep(targets));
        var state = new PoolState(pool, access, targets, members.Budget, _context, _random);
        _states.AddOrUpdate(pool, state);
        return state;
    }

    private UpstreamAccess AccessOf(UpstreamSettings settings)
    {
        var tls = settings.Tls with { Ca = Full(settings.Tls.Ca), Certificate = Full(settings.Tls.Certificate), Key = Full(settings.Tls.Key) };
        return new UpstreamAccess(settings.Protocol, tls, settings.Proxy, settings.CircuitBreaker.ConnectionsMax, settings.UnknownTransferCodings);

        string? Full(string? path) => path is null ? null : Path.Combine(_folder, path);
    }

    private IEnumerable<TargetReading> Readings()
    {
        foreach (var pool in _current)
        {
            foreach (var (target, _) in pool.Targets)
            {
                var status = target.Status();
                yield return new TargetReading(pool.Id, target.Name, status.InFlight, status.Ejected, status.Healthy);
            }
        }
    }

    /// <summary>The targets of one upstream, over all versions.</summary>
    private sealed class Members
    {
        private readonly Dictionary<Uri, (PoolTarget Target, HealthCheck? Check)> _targets = [];

        public RetryBudget Budget { get; } = new();

        public PoolTarget Adopt(UpstreamTarget target, UpstreamPool pool, UpstreamAccess access, UpstreamPools owner, List<HealthCheck> ended)
        {
            var (known, check) = _targets.GetValueOrDefault(target.Url);
            known ??= new PoolTarget(pool.Id, target, pool.Settings.Ejection, isNew: owner._started, owner._context);
            known.Adopt(pool.Settings);
            var plan = pool.Settings.HealthCheck is { } settings ? new HealthCheckPlan(settings, access, pool.Settings.Timeouts.Connect) : null;
            if (check is not null && check.Plan != plan)
            {
                ended.Add(check);
                check = null;
            }

            if (plan is not null) check ??= new HealthCheck(pool.Id, known, plan, owner._carriers(access, target.Url), owner._context, owner._random);
            _targets[target.Url] = (known, check);
            return known;
        }

        /// <summary>Lets go of all others; answers their checks.</summary>
        public List<HealthCheck> Keep(PoolTarget[] targets) => Drop([.. _targets.Where(t => !targets.Contains(t.Value.Target)).Select(t => t.Key)]);

        public List<HealthCheck> Clear() => Drop([.. _targets.Keys]);

        private List<HealthCheck> Drop(Uri[] urls)
        {
            var checks = new List<HealthCheck>();
            foreach (var url in urls)
            {
                _targets.Remove(url, out var gone);
                gone.Target.Dispose();
                if (gone.Check is not null) checks.Add(gone.Check);
            }

            return checks;
        }
    }
}
