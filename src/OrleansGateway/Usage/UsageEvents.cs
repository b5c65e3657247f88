using OrleansGateway.Configuration;
using OrleansGateway.Events;

namespace OrleansGateway.Usage;

/// <summary>
/// Makes <c>usage.recorded</c> of records that are in the store: up to a hundred of one tenant in each, and none unless a webhook asks for them. It reads them in the order in which
/// they were applied, and applying never waits for it: while the event log is out of order, usage is applied, and told of later.
/// </summary>
internal sealed class UsageEvents(IUsageSequence usage, EventLog events) : IEventFeed
{
    private const string Feed = "usage";
    private const int RecordsMax = 100;
    private const int ReadTogether = 2_000;

    /// <summary>Reads in one look, 40,000 records: what has gathered in a long outage must not hold up the other feeds.</summary>
    private const int ReadsMax = 20;

    private long _read;

    /// <summary>A first start begins with what is applied from now on.</summary>
    public async Task StartAsync(CancellationToken cancellation)
    {
        var last = await OfStoreAsync(() => usage.LastAsync(cancellation));
        _read = await events.Store.CursorAsync(Feed, cancellation) ?? last;
        await events.AppendAsync([], new EventCursor(Feed, _read), cancellation);
    }

    /// <inheritdoc/>
    public async Task ReadAsync(CancellationToken cancellation)
    {
        var last = await OfStoreAsync(() => usage.LastAsync(cancellation));
        // A store that was emptied, or begun anew, counts from 1 again. What was told already is known by its id.
        if (_read > last) _read = 0;
        if (!events.IsWanted(EventTypes.UsageRecorded))
        {
            await MoveAsync([], last, cancellation);
            return;
        }

        for (var reads = 0; _read < last && reads < ReadsMax; reads++)
        {
            var read = await OfStoreAsync(() => usage.BehindAsync(_read, ReadTogether, cancellation));
            if (read.Count == 0) return;
            await MoveAsync(await EventsOfAsync(read.Select(r => r.Record), cancellation), read[^1].Number, cancellation);
        }
    }

    private async Task MoveAsync(IReadOnlyList<NewEvent> made, long read, CancellationToken cancellation)
    {
        if (read == _read) return;
        await events.AppendAsync(made, new EventCursor(Feed, read), cancellation);
        _read = read;
    }

    /// <summary>What is told of records that nobody was told of yet.</summary>
    public static NewEvent[] Of(IEnumerable<UsageRecord> fresh, EventLog events) =>
        [.. fresh.GroupBy(r => r.Tenant).Where(t => events.IsWanted(EventTypes.UsageRecorded, t.Key)).SelectMany(tenant => tenant.Chunk(RecordsMax).Select(chunk => EventOf(tenant.Key, chunk)))];

    private async Task<NewEvent[]> EventsOfAsync(IEnumerable<UsageRecord> records, CancellationToken cancellation)
    {
        var wanted = records.GroupBy(r => r.Tenant).Where(t => events.IsWanted(EventTypes.UsageRecorded, t.Key)).SelectMany(t => t).ToArray();
        if (wanted.Length == 0) return [];
        var fresh = await events.Store.NewAsync([.. wanted.Select(r => r.Id)], cancellation);
        return Of(wanted.Where(r => fresh.Contains(r.Id)), events);
    }

    private static NewEvent EventOf(string? tenant, UsageRecord[] records) => new(
        [.. records.Select(r => r.Id.ToByteArray(bigEndian: true))], tenant, EventTypes.UsageRecorded, records.Max(r => r.At), EventData.Write(json =>
        {
            json.WriteStartArray("records");
            foreach (var record in records) UsageEventJson.Write(json, record);
            json.WriteEndArray();
        }));

    private static async Task<T> OfStoreAsync<T>(Func<ValueTask<T>> read)
    {
        try
        {
            return await read();
        }
        catch (UsageStoreException failed)
        {
            throw new EventStoreException($"No events can be made of usage: {failed.Message}", failed);
        }
    }
}
