using System.Collections.Concurrent;
using OrleansGateway.Http;

namespace OrleansGateway.Caching.Figures;

/// <summary>What caches have done, by tenant and route, and why answers were not stored. In memory, since the start.</summary>
internal sealed class CacheFigures : IDisposable
{
    /// <summary>Most pairs of tenant and route that are told apart; what comes after is counted as one.</summary>
    public const int TalliesMax = 1_000;

    private static readonly TimeSpan s_minute = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<(string Tenant, string Route), CacheTally> _tallies = new();
    private readonly CacheTally _others = new("", "");
    private readonly ITimer _clock;

    public CacheFigures(TimeProvider time)
    {
        Since = time.GetUtcNow();
        _clock = time.CreateTimer(static figures => ((CacheFigures)figures!).MinuteOver(), this, s_minute, s_minute);
    }

    /// <summary>From when on they count.</summary>
    public DateTimeOffset Since { get; }

    public RecentDecisions Decisions { get; } = new();

    /// <summary>All that something was asked of.</summary>
    public IReadOnlyList<CacheTally> All => [.. _tallies.Values, .. _others.Sums() is { Requests: 0, ModelRequests: 0 } ? [] : (CacheTally[])[_others]];

    public CacheTally Of(Exchange exchange) => Of(exchange.Caller?.Tenant ?? "", exchange.Route!.Id);

    public void Dispose() => _clock.Dispose();

    private CacheTally Of(string tenant, string route)
    {
        if (_tallies.TryGetValue((tenant, route), out var known)) return known;
        // A few more may come in at once; what counts is that there is an end.
        return _tallies.Count >= TalliesMax ? _others : _tallies.GetOrAdd((tenant, route), static pair => new CacheTally(pair.Tenant, pair.Route));
    }

    private void MinuteOver()
    {
        foreach (var (_, tally) in _tallies) tally.MinuteOver();
        _others.MinuteOver();
    }
}
