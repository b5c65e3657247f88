namespace OrleansGateway.Tests.Topologies;

/// <summary>
/// What whole-gateway tests run against. By default a gateway inside the test's process; with <c>GATEWAY_TEST_TOPOLOGY=both,both,both</c> or <c>silo,silo,edge,edge</c> nodes of a real
/// cluster, each a process of its own, behind a balancer. A test that looks inside the process, or has a clock of its own, is skipped then, and says so.
/// </summary>
internal static class Topology
{
    /// <summary>The roles of the nodes; none for a gateway inside the process.</summary>
    public static IReadOnlyList<string> Roles { get; } = (Environment.GetEnvironmentVariable("GATEWAY_TEST_TOPOLOGY") ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    public static bool IsCluster => Roles.Count > 0;

    /// <summary>Ends a test that nodes elsewhere cannot do.</summary>
    public static void SkipOnCluster(string because) => Assert.SkipWhen(IsCluster, "Not on a cluster: the test " + because);
}
