using OrleansGateway.Scaling;

namespace OrleansGateway.Cluster.Scaling;

/// <summary>What each node has said last of its load.</summary>
internal sealed class NodeRoll
{
    /// <summary>A node that has said nothing for so long is gone. Nodes speak once a second.</summary>
    public static readonly TimeSpan SilenceMax = TimeSpan.FromSeconds(5);

    private readonly Dictionary<Guid, (NodeLoad Load, TimeSpan At)> _nodes = [];

    /// <summary>A node says its load, and is answered that of all. <paramref name="now"/> never goes back.</summary>
    public NodeLoad[] Take(Guid node, NodeLoad load, TimeSpan now)
    {
        _nodes[node] = (load, now);
        foreach (var (gone, _) in _nodes.Where(n => now - n.Value.At >= SilenceMax).ToArray()) _nodes.Remove(gone);
        return [.. _nodes.Values.Select(n => n.Load)];
    }
}
