using OrleansGateway.Upstream.Pools;

namespace OrleansGateway.Admin;

/// <summary>Upstreams as they are now.</summary>
internal sealed class UpstreamStatus(UpstreamPools pools)
{
    public UpstreamListDocument Now() => new([.. pools.Current.Select(DocumentOf)]);

    private static UpstreamDocument DocumentOf(PoolState pool) =>
        new(pool.Id, pool.Balance, pool.RequestsInFlight, pool.RetriesInFlight, pool.UsesAll, [.. pool.Targets.Select(t => DocumentOf(t.Target, t.Weight))]);

    private static UpstreamTargetDocument DocumentOf(PoolTarget target, int weight)
    {
        var status = target.Status();
        var state = weight == 0 ? "drained" : status.Ejected ? "ejected" : status.Healthy ? "up" : "unhealthy";
        var url = target.Url.GetLeftPart(UriPartial.Authority);
        return new UpstreamTargetDocument(
            target.Name, url, weight, state, status.InFlight, status.Failures, status.Ejections, status.EjectedUntil, status.CheckedAt, status.CheckProblem);
    }
}
