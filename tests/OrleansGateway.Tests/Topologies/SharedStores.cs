using OrleansGateway.Tests.Storage;
using OrleansGateway.Tests.Storage.Ledger;

namespace OrleansGateway.Tests.Topologies;

/// <summary>One PostgreSQL and one Redis for all clusters of a run: each has a database and a name of its own. They end with the tests' process.</summary>
internal static class SharedStores
{
    private static readonly Lazy<Task<(PostgresCluster Postgres, RedisServer Redis)>> s_stores = new(StartAsync);
    private static int s_clusters;

    /// <summary>The section <c>cluster</c> of one more cluster, but for where its silos are.</summary>
    public static async Task<(string Name, string Redis, string Postgres)> NewClusterAsync()
    {
        var (postgres, redis) = await s_stores.Value;
        return (string.Create(CultureInfo.InvariantCulture, $"test-{Interlocked.Increment(ref s_clusters)}"), redis.ConnectionString, await postgres.NewDatabaseAsync());
    }

    private static async Task<(PostgresCluster, RedisServer)> StartAsync() => (await PostgresCluster.StartAsync(), await RedisServer.StartAsync(CancellationToken.None));
}
