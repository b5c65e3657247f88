using System.CommandLine;

namespace OrleansGateway.Cluster;

/// <summary>What a node is in its cluster.</summary>
internal enum ClusterRole
{
    /// <summary>A silo with an edge inside: calls within a node cost a hundredth of those between nodes.</summary>
    Both,

    /// <summary>Owners only; clients are served elsewhere.</summary>
    Silo,

    /// <summary>Serves clients, and keeps nothing that others need.</summary>
    Edge,
}

/// <summary>How the command line says it.</summary>
internal static class ClusterRoles
{
    public static Option<ClusterRole> Option { get; } = new("--role")
    {
        Description = "What this node is: both (a silo with an edge inside), silo, or edge.",
        DefaultValueFactory = _ => ClusterRole.Both,
    };
}
