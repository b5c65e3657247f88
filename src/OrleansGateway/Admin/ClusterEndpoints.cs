using OrleansGateway.Audit;
using OrleansGateway.Http;

namespace OrleansGateway.Admin;

/// <summary>Shows the nodes of a cluster, and takes one out of it.</summary>
/// <param name="nodes">The nodes; none on one machine.</param>
/// <param name="log">Where it is noted who took a node out.</param>
/// <param name="time">The clock.</param>
internal sealed class ClusterEndpoints(IClusterNodes? nodes, IAuditLog log, TimeProvider time)
{
    private static readonly Refusal s_noCluster = Refusal.NotFound("no_cluster", "This gateway is one machine, and not a node of a cluster.");
    private static readonly Refusal s_noNode = Refusal.NotFound("no_such_node", "The cluster has no node with this id.");
    private static readonly Refusal s_unknown = new(503, "cluster_unavailable", "The cluster's database does not answer. Ask again.");

    public static AdminEndpoint[] Of(ClusterEndpoints cluster) =>
    [
        new("GET", "/cluster", Permission.ReadStatus, "The nodes of the cluster, as each told of itself in the last seconds.", call => cluster.ListAsync(call))
            { Answer = AdminJson.Default.ClusterDocument, Refusals = [404, 503] },
        new("POST", "/cluster/nodes/{id}/drain", Permission.DrainNodes, "Tells a node to leave as at SIGTERM: it is not ready, ends its requests, hands its owners over, and its program ends. It does so within seconds of the answer.",
            call => cluster.DrainAsync(call)) { Status = 202, Refusals = [404, 503] },
    ];

    private async Task<IResult> ListAsync(AdminCall call)
    {
        if (nodes is null) return AdminAnswer.Problem(s_noCluster);
        try
        {
            return AdminAnswer.Json(new ClusterDocument(nodes.Cluster, await nodes.ListAsync(call.Aborted)), AdminJson.Default.ClusterDocument);
        }
        catch (IOException)
        {
            return AdminAnswer.Problem(s_unknown);
        }
    }

    private async Task<IResult> DrainAsync(AdminCall call)
    {
        if (nodes is null) return AdminAnswer.Problem(s_noCluster);
        try
        {
            if (!await nodes.DrainAsync(call.Id, call.Aborted)) return AdminAnswer.Problem(s_noNode);
        }
        catch (IOException)
        {
            return AdminAnswer.Problem(s_unknown);
        }

        await log.AppendAsync(new AuditEntry(time.GetUtcNow(), call.Actor, "cluster.drain", call.Id), CancellationToken.None);
        return Results.StatusCode(202);
    }
}
