using System.Text.Json;

namespace OrleansGateway.Invalidation.Messages;

/// <summary>Messages of libraries that say by a type what they carry: MassTransit's envelope, and the headers of NServiceBus and Spring AMQP.</summary>
internal static class TypedMessages
{
    private const string MassTransitUrn = "urn:message:";

    public static IncomingMessage ReadMassTransit(JsonElement body)
    {
        if (body.Field("message") is not { } message || body.Field("messageType") is not { ValueKind: JsonValueKind.Array } types)
            return IncomingMessage.Refuse(Rejection.Shape("It is no envelope of MassTransit: message or messageType is missing."));
        string[] names = [.. types.EnumerateArray().Where(t => t.ValueKind == JsonValueKind.String).Select(t => t.GetString()!)];
        // Rules may name them as the envelope does, or as programs do: Shop.Events:ProductChanged, ProductChanged. A class within another is Shop.Events:Orders+Placed.
        string[] known = [.. names.SelectMany(static n => n.StartsWith(MassTransitUrn, StringComparison.Ordinal) ? [n[MassTransitUrn.Length..], .. WithShort(n[(n.LastIndexOf(':') + 1)..]), n] : new[] { n })];
        return Of(known, body.Text("messageId"), body.Time("sentTime"), message);
    }

    public static IncomingMessage ReadNServiceBus(MessageHeaders headers, JsonElement body)
    {
        // Others who send to NServiceBus may name the type in the property of AMQP alone.
        if (headers.First("NServiceBus.EnclosedMessageTypes", "type") is not { } types)
            return IncomingMessage.Refuse(Rejection.Shape("It is no message of NServiceBus: the header NServiceBus.EnclosedMessageTypes is missing."));
        // Type, Assembly, Version=…; one behind the other with semicolons between.
        string[] known = [.. types.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(static t => t.Split(',')[0].Trim()).SelectMany(WithShort)];
        return Of(known, headers.First("NServiceBus.MessageId", "message-id"), TimeOf(headers["NServiceBus.TimeSent"]), body);
    }

    public static IncomingMessage ReadSpring(MessageHeaders headers, JsonElement body)
    {
        if (headers.First("__TypeId__", "type") is not { } type) return IncomingMessage.Refuse(Rejection.Shape("It does not say its type: the header __TypeId__ is missing."));
        // A list says what it is a list of in a header of its own.
        string[] elements = headers["__ContentTypeId__"] is { } element ? WithShort(element) : [];
        return Of([.. WithShort(type), .. elements], headers.First("message-id", "id", "amqp_messageId"), null, body);
    }

    private static IncomingMessage Of(string[] types, string? id, DateTimeOffset? at, JsonElement carried)
    {
        var facts = new Dictionary<string, string>();
        if (types.Length > 0) facts["type"] = types[0];
        if (id is not null) facts["id"] = id;
        return new IncomingMessage { Types = types, Id = id, At = at, Facts = facts, Carried = [carried] };
    }

    /// <summary>With its namespace, and without.</summary>
    private static string[] WithShort(string type) => type.LastIndexOfAny(['.', '+', '$']) is > 0 and var dot ? [type, type[(dot + 1)..]] : [type];

    /// <summary>NServiceBus writes <c>yyyy-MM-dd HH:mm:ss:ffffff Z</c>.</summary>
    private static DateTimeOffset? TimeOf(string? text) =>
        DateTimeOffset.TryParseExact(text, "yyyy-MM-dd HH:mm:ss:ffffff 'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;
}
