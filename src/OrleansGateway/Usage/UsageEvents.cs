using OrleansGateway.Configuration;
using OrleansGateway.Events;

namespace OrleansGateway.Usage;

/// <summary>
/// Makes <c>usage.recorded</c> of records that are in the store: up to a hundred of one tenant in each, and none unless a webhook asks for them. A record is told once, however often
/// it is applied.
/// </summary>
internal sealed class UsageEvents(EventLog events)
{
    private const int RecordsMax = 100;

    /// <summary>After they were applied, and before their log is told so: if this fails, they are applied and told again. Throws <see cref="EventStoreException"/>.</summary>
    public async ValueTask RecordedAsync(IReadOnlyList<UsageRecord> records, CancellationToken cancellation)
    {
        var wanted = records.GroupBy(r => r.Tenant).Where(t => events.IsWanted(EventTypes.UsageRecorded, t.Key)).SelectMany(t => t).ToArray();
        if (wanted.Length == 0) return;
        var fresh = await events.Store.NewAsync([.. wanted.Select(r => r.Id)], cancellation);
        var made = wanted.Where(r => fresh.Contains(r.Id)).DistinctBy(r => r.Id).GroupBy(r => r.Tenant)
            .SelectMany(tenant => tenant.Chunk(RecordsMax).Select(chunk => EventOf(tenant.Key, chunk))).ToArray();
        await events.AppendAsync(made, cursor: null, cancellation);
    }

    private static NewEvent EventOf(string? tenant, UsageRecord[] records) => new(
        [.. records.Select(r => r.Id.ToByteArray(bigEndian: true))], tenant, EventTypes.UsageRecorded, records.Max(r => r.At), EventData.Write(json =>
        {
            json.WriteStartArray("records");
            foreach (var record in records) UsageEventJson.Write(json, record);
            json.WriteEndArray();
        }));
}
