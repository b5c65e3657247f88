using System.Buffers;
using OrleansGateway.Configuration;

namespace OrleansGateway.Upstream.Pools;

/// <summary>What a health check is made with: two with the same are the same check.</summary>
/// <param name="Settings">Path, interval and the like.</param>
/// <param name="Access">How the target is reached.</param>
/// <param name="Connect">Time to open a connection.</param>
internal sealed record HealthCheckPlan(HealthCheckSettings Settings, UpstreamAccess Access, TimeSpan Connect)
{
    public bool Equals(HealthCheckPlan? other) =>
        other is not null && Connect == other.Connect && Access == other.Access && Settings.Statuses.SequenceEqual(other.Settings.Statuses)
        && Settings with { Statuses = other.Settings.Statuses } == other.Settings;

    public override int GetHashCode() => HashCode.Combine(Settings.Path, Settings.Interval, Connect);
}

/// <summary>Asks one target from time to time how it is, until it is disposed of.</summary>
internal sealed class HealthCheck : IAsyncDisposable
{
    /// <summary>Most of an answer that is read so that the connection can be used again. 64 KiB.</summary>
    private const int DrainedBytesMax = 64 << 10;

    private readonly CancellationTokenSource _stop = new();
    private readonly string _pool;
    private readonly PoolTarget _target;
    private readonly IUpstream _carrier;
    private readonly PoolContext _context;
    private readonly Uri _uri;
    private readonly Task _run;

    public HealthCheck(string pool, PoolTarget target, HealthCheckPlan plan, IUpstream carrier, PoolContext context, Random random)
    {
        (_pool, _target, _carrier, _context, Plan) = (pool, target, carrier, context, plan);
        _uri = new Uri(target.Url.GetLeftPart(UriPartial.Authority) + plan.Settings.Path);
        // A reload may come with a call of the admin API: the loop is no part of that call's trace.
        using (ExecutionContext.SuppressFlow()) _run = RunAsync(random);
    }

    public HealthCheckPlan Plan { get; }

    private HealthCheckSettings Settings => Plan.Settings;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _run;
        _stop.Dispose();
    }

    private async Task RunAsync(Random random)
    {
        // Within the first second: a target that is down should be known soon, but hundreds need not be asked at one moment.
        var first = Settings.Interval < TimeSpan.FromSeconds(1) ? Settings.Interval : TimeSpan.FromSeconds(1);
        var wait = first * random.NextDouble();
        while (await WaitedAsync(wait, _context.Time))
        {
            var problem = await AskAsync();
            if (_stop.IsCancellationRequested) return;
            _target.Checked(problem, Settings);
            // A tenth more or less, so that many gateways do not fall into step.
            wait = Settings.Interval * (0.9 + 0.2 * random.NextDouble());
        }
    }

    private async Task<bool> WaitedAsync(TimeSpan wait, TimeProvider time)
    {
        await Task.Delay(wait, time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return !_stop.IsCancellationRequested;
    }

    /// <summary>What is wrong with the target; none if nothing is.</summary>
    private async Task<string?> AskAsync()
    {
        using var timeout = new CancellationTokenSource(Settings.Timeout, _context.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, _stop.Token);
        try
        {
            await using var response = await _carrier.SendAsync(Request(), either.Token);
            await DrainAsync(response, either.Token);
            return IsGood(response.Status) ? null : $"it answered {response.Status}";
        }
        catch (UpstreamException failed)
        {
            return failed.Message;
        }
        catch (OperationCanceledException)
        {
            return $"no whole answer within {Duration.Write(Settings.Timeout)}";
        }
        catch (Exception bug)
        {
            // A loop that ended here would leave the target for ever as it was last seen.
            _context.Log.CheckFailed(_pool, _target.Name, bug);
            return "the check could not be made; see the log";
        }
    }

    private UpstreamRequest Request()
    {
        var request = new UpstreamRequest { Method = HttpMethod.Get, Uri = _uri, Target = Settings.Path, Access = Plan.Access, ConnectTimeout = Plan.Connect };
        if (Settings.Host is { } host) request.Headers.Add(new("Host", host));
        request.Headers.Add(new("User-Agent", "OrleansGateway-health-check"));
        request.Headers.Add(new("Accept", "*/*"));
        return request;
    }

    private static async Task DrainAsync(UpstreamResponse response, CancellationToken cancellation)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(4 << 10);
        try
        {
            for (var read = 0; read < DrainedBytesMax;)
            {
                var more = await response.ReadAsync(buffer, cancellation);
                if (more == 0) return;
                read += more;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private bool IsGood(int status) => Settings.Statuses.Count == 0 ? status is >= 200 and <= 399 : Settings.Statuses.Contains(status);
}
