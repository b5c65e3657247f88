using OrleansGateway.Admin;
using OrleansGateway.Cluster.Invalidation;
using OrleansGateway.Invalidation;
using OrleansGateway.Telemetry;
using OrleansGateway.Usage;

namespace OrleansGateway.Cluster.Nodes;

/// <summary>What the gateway on a node tells of itself.</summary>
internal sealed class EdgeFigures(Readiness readiness, GatewayMetrics metrics, HubFollower follower, InvalidationTable table, UsageShipper usage)
{
    public (string State, bool IsReady, EdgeDocument Figures) Now() => (
        readiness.Word, readiness.IsWelcoming,
        new EdgeDocument(metrics.RequestsInFlight, follower.Lag is { } lag ? Math.Round(lag.TotalSeconds, 3) : null, !table.Trust.IsOver, Math.Round(usage.Lag.TotalSeconds, 3)));
}
