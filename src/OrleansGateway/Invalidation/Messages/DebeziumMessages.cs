using System.Text.Json;

namespace OrleansGateway.Invalidation.Messages;

/// <summary>
/// Changes of rows, in the envelope of Debezium's connectors, with or without the schema around it; and rows of an outbox, as they stand in the envelope or as the outbox event
/// router makes them.
/// </summary>
internal static class DebeziumMessages
{
    public static IncomingMessage Read(JsonElement body)
    {
        // Behind a deletion comes an empty message, for Kafka to throw out older ones.
        if (body.ValueKind == JsonValueKind.Null) return IncomingMessage.Nil("It is a tombstone.");
        var envelope = EnvelopeOf(body);
        if (IsBookkeeping(envelope)) return IncomingMessage.Nil("It is a heartbeat or the edge of a transaction, and not a change of a row.");
        if (envelope.Text("op") is not { } op || envelope.Field("source") is not { ValueKind: JsonValueKind.Object } source)
            return IncomingMessage.Refuse(Rejection.Shape("It is no change of a row as Debezium has it: op or source is missing."));
        var table = source.Text("table") ?? source.Text("collection") ?? "";
        var facts = new Dictionary<string, string> { ["op"] = op, ["table"] = table, ["source"] = source.Text("name") ?? "" };
        if ((source.Text("schema") ?? source.Text("db")) is { } schema) facts["schema"] = schema;
        var message = new IncomingMessage { Types = TypesOf(source, table), Facts = facts, At = TimeOf(envelope) };
        return op switch
        {
            "r" => IncomingMessage.Nil("It is a row of a snapshot, and not a change."),
            "m" => IncomingMessage.Nil("It is a message in the log, and not a change of a row."),
            // All rows are gone and none is named: what is tagged with the table is.
            "t" => message with { IsBeyondRules = true, Selectors = [.. new[] { Selector.OfTag(table) }.OfType<Selector>()] },
            // Both images: a row that moves from one tag to another touches both. Documents of MongoDB are texts that hold JSON.
            "c" or "u" or "d" => message with { Carried = [.. new[] { envelope.Field("before"), envelope.Field("after") }.OfType<JsonElement>().Select(JsonFields.Unwrapped)] },
            _ => IncomingMessage.Refuse(Rejection.Shape($"The operation '{op}' is not known.")),
        };
    }

    public static IncomingMessage ReadOutbox(MessageHeaders headers, JsonElement body)
    {
        if (body.ValueKind == JsonValueKind.Null) return IncomingMessage.Nil("It is a tombstone.");
        var envelope = EnvelopeOf(body);
        var isChange = envelope.Text("op") is not null && envelope.Field("source") is not null;
        // Rows are deleted as soon as they are written, or later; what they say was said when they were written.
        if (isChange && envelope.Text("op") is not "c") return IncomingMessage.Nil("It is no new row of the outbox.");
        var row = isChange ? envelope.Field("after") ?? envelope : envelope;
        // As it stands in the table, or as the router sends it: the payload is the message, or stands beside what table.fields.additional.placement puts there. The id is a header then.
        var isRow = row.Field("aggregatetype") is not null || (row.Field("payload") is not null && (row.Text("type") ?? row.Text("eventType")) is not null);
        string? Said(params ReadOnlySpan<string> names) => ConnectHeader.TextOf(headers.First(names));
        var type = (isRow ? row.Text("type") : null) ?? row.Text("eventType") ?? Said("eventType", "type");
        var id = (isRow ? row.Text("id") : null) ?? Said("id");
        var aggregateType = (isRow ? row.Text("aggregatetype") : null) ?? Said("aggregatetype", "aggregateType");
        var aggregateId = (isRow ? row.Text("aggregateid") : null) ?? Said("aggregateid", "aggregateId", "key");
        return Outbox(type, id, aggregateType, aggregateId, (isRow ? row.Field("payload") : row)?.Unwrapped(), isChange ? TimeOf(envelope) : null);
    }

    private static IncomingMessage Outbox(string? type, string? id, string? aggregateType, string? aggregateId, JsonElement? carried, DateTimeOffset? at)
    {
        var facts = new Dictionary<string, string>();
        foreach (var (name, value) in new[] { ("type", type), ("id", id), ("subject", aggregateType), ("key", aggregateId) })
        {
            if (value is not null) facts[name] = value;
        }

        return new IncomingMessage
        {
            Types = [.. new[] { type, aggregateType }.OfType<string>()], Id = id, At = at, Facts = facts, Carried = carried is { } payload ? [payload] : [],
        };
    }

    /// <summary>When the database made the change; <c>ts_ms</c> of the envelope is when the connector saw it, which may be hours later.</summary>
    private static DateTimeOffset? TimeOf(JsonElement envelope) => envelope.Field("source")?.UnixTime("ts_ms") ?? envelope.UnixTime("ts_ms");

    /// <summary>A heartbeat has a time and nothing else; the edge of a transaction a status and an id.</summary>
    private static bool IsBookkeeping(JsonElement envelope) =>
        envelope.ValueKind == JsonValueKind.Object && envelope.Field("op") is null
        && ((envelope.Text("status") is "BEGIN" or "END" && envelope.Field("id") is not null) || envelope.EnumerateObject().Select(static m => m.Name).SequenceEqual(["ts_ms"]));

    private static JsonElement EnvelopeOf(JsonElement body) => body.Field("schema") is { ValueKind: JsonValueKind.Object } && body.Field("payload") is { } payload ? payload : body;

    private static string[] TypesOf(JsonElement source, string table) =>
        [table, .. new[] { source.Text("schema"), source.Text("db") }.OfType<string>().Select(s => s + "." + table)];
}
