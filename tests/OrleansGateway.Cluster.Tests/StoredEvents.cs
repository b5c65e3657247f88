using System.Text.Json;
using OrleansGateway.Storage.Events;
using OrleansGateway.Storage.Ledger;

namespace OrleansGateway.Cluster.Tests;

/// <summary>The books of a cluster: its event log, how far others have been told, and the usage that is to be told of.</summary>
internal sealed class StoredEvents : IAsyncDisposable
{
    private readonly PostgresDatabase _database;
    private readonly PostgresEventStore _events;
    private readonly PostgresWebhookStore _webhooks;

    private StoredEvents(PostgresDatabase database) =>
        (_database, _events, _webhooks) = (database, new PostgresEventStore(database, () => -1, TimeProvider.System), new PostgresWebhookStore(database, () => -1));

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task<StoredEvents> OpenAsync(TestCluster cluster, CancellationToken cancellation) => new(await cluster.OpenDatabaseAsync(cancellation));

    /// <summary>Whether each of these has got to the end of all streams.</summary>
    public async Task<bool> AreAllSentAsync(params string[] names)
    {
        var streams = await _events.StreamsAsync(Cancel);
        foreach (var name in names)
        {
            var lanes = (await _webhooks.LanesAsync(name, Cancel)).ToDictionary(l => l.Tenant ?? "", l => l.Position);
            if (streams.Any(s => lanes.GetValueOrDefault(s.Tenant ?? "") < s.Head)) return false;
        }

        return true;
    }

    /// <summary>All events; fails if a stream has a hole.</summary>
    public async Task<IReadOnlyList<StoredEvent>> ReadAsync()
    {
        var all = new List<StoredEvent>();
        foreach (var stream in await _events.StreamsAsync(Cancel))
        {
            var events = await _events.ReadAsync(stream.Tenant, 0, int.MaxValue, Cancel);
            Assert.Equal(Enumerable.Range(1, events.Count).Select(n => (long)n), events.Select(e => e.Sequence));
            all.AddRange(events.Select(e => new StoredEvent(e.Tenant, e.Sequence, e.Type, e.At, JsonElement.Parse(e.Data))));
        }

        return all;
    }

    /// <summary>Ids of all records of usage.</summary>
    public async Task<IEnumerable<Guid>> UsageAsync()
    {
        await using var connection = await _database.ConnectAsync(Cancel);
        return [.. (await connection.ReadAllAsync<Guid>(null, "SELECT id FROM gateway.usage_records")).Order()];
    }

    public ValueTask DisposeAsync() => _database.DisposeAsync();
}

/// <summary>An event, its data read.</summary>
internal sealed record StoredEvent(string? Tenant, long Sequence, string Type, DateTimeOffset At, JsonElement Data);
