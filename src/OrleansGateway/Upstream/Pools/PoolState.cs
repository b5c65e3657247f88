using OrleansGateway.Configuration;

namespace OrleansGateway.Upstream.Pools;

/// <summary>
/// An upstream as one version of the configuration has it: its weights and its way to choose, over targets that outlive the version. Choosing takes no lock but
/// round robin's short one, and allocates nothing.
/// </summary>
internal sealed class PoolState
{
    private readonly UpstreamSettings _settings;
    private readonly PoolTarget[] _targets;
    private readonly int[] _weights;
    private readonly IBalancer _balancer;
    private readonly RetryBudget _budget;
    private readonly PoolContext _context;
    private readonly Random _random;
    private int _usesAll;

    public PoolState(UpstreamPool pool, UpstreamAccess access, PoolTarget[] targets, RetryBudget budget, PoolContext context, Random random)
    {
        (Id, Access, _settings, _targets, _budget, _context, _random) = (pool.Id, access, pool.Settings, targets, budget, context, random);
        _weights = [.. pool.Targets.Select(t => t.Weight)];
        _balancer = _settings.Balance switch
        {
            BalancePolicy.RoundRobin => new RoundRobin(targets.Length),
            BalancePolicy.LeastRequests => new LeastRequests(),
            BalancePolicy.ConsistentHash => new ConsistentHash(targets.Select(t => t.Url.GetLeftPart(UriPartial.Authority))),
            _ => new PowerOfTwo(),
        };
    }

    public string Id { get; }

    /// <summary>How a target is chosen, as the configuration writes it.</summary>
    public string Balance => _settings.Balance switch
    {
        BalancePolicy.RoundRobin => "round_robin",
        BalancePolicy.LeastRequests => "least_requests",
        BalancePolicy.ConsistentHash => "consistent_hash",
        _ => "power_of_two",
    };

    /// <summary>How its targets are reached.</summary>
    public UpstreamAccess Access { get; }

    /// <summary>Its targets, in the order of the configuration, with their weights.</summary>
    public IEnumerable<(PoolTarget Target, int Weight)> Targets => _targets.Zip(_weights);

    /// <summary>Requests of clients in flight, retries not counted.</summary>
    public int RequestsInFlight => _budget.Requests;

    public int RetriesInFlight => _budget.Retries;

    /// <summary>Whether more targets are bad than may be left out, so that all are used.</summary>
    public bool UsesAll => TooManyOut();

    /// <summary>Counts a client's request, for the retry budget.</summary>
    public void RequestBegan() => _budget.RequestBegan();

    public void RequestEnded() => _budget.RequestEnded();

    /// <summary>
    /// A target for an attempt, which counts as in flight until <see cref="PoolTarget.End"/>; none if all are full, left out or tried.
    /// </summary>
    /// <param name="hash">What the request hashes to; see <see cref="PoolHash"/>.</param>
    /// <param name="tried">Targets that this request has been sent to.</param>
    public PoolTarget? Take(ulong hash, ReadOnlySpan<PoolTarget?> tried)
    {
        // At most 256 targets: 4 KiB.
        Span<TargetLoad> loads = stackalloc TargetLoad[_targets.Length];
        Fill(loads, tried);
        while (true)
        {
            var chosen = _balancer.Pick(loads, hash, _random);
            if (chosen < 0) return null;
            if (_targets[chosen].TryBegin(_settings.CircuitBreaker.RequestsMax)) return _targets[chosen];
            loads[chosen] = default;
        }
    }

    /// <summary>Whether a request may be sent again now; if so, until <see cref="RetryEnded"/>.</summary>
    public bool TryBeginRetry()
    {
        var begun = _budget.TryBeginRetry(_settings.Retries.BudgetPercent);
        if (begun) _context.Metrics.Retried(Id);
        else _context.Metrics.RetryDenied(Id);
        return begun;
    }

    public void RetryEnded() => _budget.RetryEnded();

    private void Fill(Span<TargetLoad> loads, ReadOnlySpan<PoolTarget?> tried)
    {
        var anyOut = false;
        for (var i = 0; i < loads.Length; i++)
        {
            var load = _targets[i].Load(_weights[i], _settings.SlowStart);
            loads[i] = load.InFlight < _settings.CircuitBreaker.RequestsMax ? load : default;
            anyOut |= _targets[i].IsOut;
        }

        foreach (var target in tried)
        {
            if (target is not null && Array.IndexOf(_targets, target) is >= 0 and var at) loads[at] = default;
        }

        if (anyOut || _usesAll != 0) LeaveOut(loads);
    }

    private void LeaveOut(Span<TargetLoad> loads)
    {
        var useAll = TooManyOut();
        if (Interlocked.Exchange(ref _usesAll, useAll ? 1 : 0) != (useAll ? 1 : 0))
        {
            if (useAll) _context.Log.AllUsed(Id, _settings.Ejection.PercentMax);
            else _context.Log.SomeUsed(Id);
        }

        if (useAll) return;
        for (var i = 0; i < loads.Length; i++)
        {
            if (_targets[i].IsOut) loads[i] = default;
        }
    }

    // Of those that take part: one that is drained for good is no loss.
    private bool TooManyOut()
    {
        var (left, all) = (0, 0);
        for (var i = 0; i < _targets.Length; i++)
        {
            if (_weights[i] == 0) continue;
            all++;
            if (_targets[i].IsOut) left++;
        }

        return left * 100 > _settings.Ejection.PercentMax * all;
    }
}
