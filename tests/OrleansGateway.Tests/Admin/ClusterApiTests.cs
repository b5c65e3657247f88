using System.Net;

namespace OrleansGateway.Tests.Admin;

/// <summary>What is said of nodes where there are none.</summary>
public sealed class ClusterApiTests
{
    [Theory]
    [InlineData("GET", "/admin/v1/cluster")]
    [InlineData("POST", "/admin/v1/cluster/nodes/node_1/drain")]
    public async Task Cluster_OnOneMachine_IsNotThere(string method, string path)
    {
        await using var host = await AdminHost.StartAsync();
        var (response, body) = await host.CallAsync(method, path);
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Contains("no_cluster", body, StringComparison.Ordinal);
    }
}
