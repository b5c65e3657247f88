using Dapper;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansGateway.Configuration;
using OrleansGateway.Storage;
using OrleansGateway.Tests.Storage;

namespace OrleansGateway.Tests.Tenants;

/// <summary>Runs alone: it measures memory.</summary>
[CollectionDefinition(nameof(MillionKeysTests), DisableParallelization = true)]
[Collection(nameof(MillionKeysTests))]
public sealed class MillionKeysTests : IDisposable
{
    private readonly StateFolder _folder = new();

    /// <summary>Takes 20 s on two cores, most of it to make the keys.</summary>
    [Fact]
    public async Task LoadAsync_OfAMillionKeys_FindsThemWithoutAllocatingAndInModestMemory()
    {
        const int count = 1_000_000;
        var startedAt = TimeProvider.System.GetTimestamp();
        Fill(count);
        var filling = TimeProvider.System.GetElapsedTime(startedAt);
        using var directory = new TestDirectory(NullLoggerFactory.Instance, new ManualTime(), _folder.Path);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        startedAt = TimeProvider.System.GetTimestamp();
        await directory.Keys.LoadAsync(TestContext.Current.CancellationToken);
        var loading = TimeProvider.System.GetElapsedTime(startedAt);
        var bytesPerKey = (GC.GetTotalMemory(forceFullCollection: true) - before) / count;

        var hashes = Enumerable.Range(1, count).Where(i => i % 20 == 0).Select(i => KeyHash.Of($"key {i}")).ToArray();
        Assert.All(hashes, hash => Assert.NotNull(directory.Keys.Find(directory.Snapshot, hash)));
        Assert.Null(directory.Keys.Find(directory.Snapshot, KeyHash.Of("key 0")));

        startedAt = TimeProvider.System.GetTimestamp();
        foreach (var hash in hashes) directory.Keys.Find(directory.Snapshot, hash);
        var finding = TimeProvider.System.GetElapsedTime(startedAt) / hashes.Length;
        Assert.Equal(0, Allocated.Least(() => directory.Keys.Find(directory.Snapshot, hashes[0])));

        // A caller, its id, and its place in the table; one that shared no lists and names would need more than twice as much.
        Assert.InRange(bytesPerKey, 0, 350);
        TestContext.Current.SendDiagnosticMessage("Filled in {3} ms, loaded in {0} ms, {1} bytes per key, found in {2} ns", loading.TotalMilliseconds, bytesPerKey, finding.TotalNanoseconds, filling.TotalMilliseconds);
    }

    public void Dispose() => _folder.Dispose();

    // In one statement: a million calls of AddAsync would wait for the disk a million times. In the order of the indexes, which then fill fast.
    private void Fill(int count)
    {
        using var database = SqliteDatabase.Open(_folder.Path, new ManualTime(), NullLogger<SqliteDatabase>.Instance);
        using var connection = database.Connect();
        connection.CreateFunction("key_hash", (long number) => KeyHash.Of($"key {number}").ToArray());
        connection.Execute("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -400000");
        connection.Execute($"""
            WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {count})
            INSERT INTO keys (id, hash, display, tenant, team, user, models, routes, ip_ranges, metadata, created_at, version)
            SELECT 'key_' || substr(hex(hash), 1, 20), hash, 'ogw_abcd…', 'tenant' || (n % 1000), 'team' || (n % 50), 'user' || (n % 10000),
                   json_array('model' || (n % 20), 'gpt-*'), '["*"]', '[]', '{"{}"}', n, 1
            FROM (SELECT n, key_hash(n) AS hash FROM numbers ORDER BY hash)
            """);
    }
}
