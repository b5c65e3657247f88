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
        if (envelope.Text("op") is not { } op || envelope.Field("source") is not { ValueKind: JsonValueKind.Object } source)
            return IncomingMessage.Refuse(Rejection.Shape("It is no change of a row as Debezium has it: op or source is missing."));
        var table = source.Text("table") ?? source.Text("collection") ?? "";
        var facts = new Dictionary<string, string> { ["op"] = op, ["table"] = table, ["source"] = source.Text("name") ?? "" };
        if ((source.Text("schema") ?? source.Text("db")) is { } schema) facts["schema"] = schema;
        var message = new IncomingMessage { Types = TypesOf(source, table), Facts = facts, At = envelope.UnixTime("ts_ms") };
        return op switch
        {
            "r" => IncomingMessage.Nil("It is a row of a snapshot, and not a change."),
            "m" => IncomingMessage.Nil("It is a message in the log, and not a change of a row."),
            // All rows are gone and none is named: what is tagged with the table is.
            "t" => message with { IsBeyondRules = true, Selectors = [.. new[] { Selector.OfTag(table) }.OfType<Selector>()] },
            // Both images: a row that moves from one tag to another touches both.
            "c" or "u" or "d" => message with { Carried = [.. new[] { envelope.Field("before"), envelope.Field("after") }.OfType<JsonElement>()] },
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
        if (row.Field("aggregatetype") is not null) return OfRow(row, isChange ? envelope.UnixTime("ts_ms") : null);
        // As the router sends it: the payload is the message, or with eventType beside it; the id is a header.
        var carried = (row.Field("payload") is { } payload && row.Field("eventType") is not null ? payload : row).Unwrapped();
        return Outbox(row.Text("eventType") ?? headers.First("eventType", "type"), headers["id"], headers.First("aggregatetype", "aggregateType"), headers.First("aggregateid", "aggregateId", "key"), carried, null);
    }

    private static IncomingMessage OfRow(JsonElement row, DateTimeOffset? at) =>
        Outbox(row.Text("type"), row.Text("id"), row.Text("aggregatetype"), row.Text("aggregateid"), row.Field("payload")?.Unwrapped(), at);

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

    private static JsonElement EnvelopeOf(JsonElement body) => body.Field("schema") is { ValueKind: JsonValueKind.Object } && body.Field("payload") is { } payload ? payload : body;

    private static string[] TypesOf(JsonElement source, string table) =>
        [table, .. new[] { source.Text("schema"), source.Text("db") }.OfType<string>().Select(s => s + "." + table)];
}
