using System.Text.Json;
using OrleansGateway.Audit;
using OrleansGateway.Configuration;

namespace OrleansGateway.Events;

/// <summary>
/// Makes <c>key.*</c> and <c>config.*</c> of the audit log. It holds every change, written together with the change; read by its numbers, it yields each event once, however often
/// the program dies.
/// </summary>
internal sealed class AuditEvents(IAuditLog audit, EventLog events) : IEventFeed
{
    private const string Feed = "audit";
    private const int ReadTogether = 200;

    private long _read;
    private bool _hasBegun;

    /// <summary>Before anything is changed: a first start begins with what is changed from now on.</summary>
    public async Task StartAsync(CancellationToken cancellation)
    {
        var last = (await audit.ListAsync(new AuditFilter(1), cancellation)).Records is [var newest, ..] ? newest.Sequence : 0;
        // Behind the end if an older copy of the audit log was brought back: what follows now has numbers that were read already.
        _read = await events.Store.CursorAsync(Feed, cancellation) is { } known && known <= last ? known : last;
        await events.AppendAsync([], new EventCursor(Feed, _read), cancellation);
        _hasBegun = true;
    }

    /// <summary>Makes events of what was changed since.</summary>
    public async Task ReadAsync(CancellationToken cancellation)
    {
        if (!_hasBegun) await StartAsync(cancellation);
        int read;
        do
        {
            var made = new List<NewEvent>();
            (read, var last) = (0, _read);
            await foreach (var record in audit.ReadAllAsync(new AuditFilter(ReadTogether, After: _read), cancellation))
            {
                last = record.Sequence;
                if (EventOf(record) is { } one) made.Add(one);
                if (++read == ReadTogether) break;
            }

            if (read == 0) return;
            await events.AppendAsync(made, new EventCursor(Feed, last), cancellation);
            _read = last;
        }
        while (read == ReadTogether);
    }

    private static NewEvent? EventOf(AuditRecord record)
    {
        var entry = record.Entry;
        var type = entry.Action switch
        {
            "key.create" => EventTypes.KeyCreated,
            "key.rotate" => EventTypes.KeyRotated,
            "key.revoke" => EventTypes.KeyRevoked,
            "config.start" or "config.reload" or "config.apply" => EventTypes.ConfigApplied,
            "config.rollback" => EventTypes.ConfigRolledBack,
            "config.refused" => EventTypes.ConfigRefused,
            _ => null,
        };
        if (type is null) return null;
        // The hash too: a state folder that was begun anew counts from 1 again.
        return new NewEvent($"audit/{record.Sequence}/{record.Hash}", entry.Tenant, type, entry.At, EventData.Write(json => Write(json, entry)));
    }

    private static void Write(Utf8JsonWriter json, AuditEntry entry)
    {
        json.WriteString(entry.Action.StartsWith("key.", StringComparison.Ordinal) ? "key" : "version", entry.Target);
        json.WriteString("actor", entry.By.Id);
        if (entry.By.RequestId is { } request) json.WriteString("request_id", request);
        EventData.WriteRaw(json, "before", entry.Before);
        EventData.WriteRaw(json, "after", entry.After);
    }
}
