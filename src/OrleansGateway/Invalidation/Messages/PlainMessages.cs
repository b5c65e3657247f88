using System.Text.Json;

namespace OrleansGateway.Invalidation.Messages;

/// <summary>Our own form: <c>{"tenant", "tags", "urls", "prefixes", "hosts", "groups", "all", "mode", "event_id", "occurred_at"}</c>, all but one selector optional.</summary>
internal static class PlainMessages
{
    public static IncomingMessage Read(JsonElement body)
    {
        if (body.ValueKind != JsonValueKind.Object) return IncomingMessage.Refuse(Rejection.Shape("It is no JSON object."));
        var fields = new SelectorFields();
        Add(fields, body);
        var mode = ModeOf(body, fields);
        if (fields.Rejection is { } rejection) return IncomingMessage.Refuse(rejection);
        return new IncomingMessage
        {
            Types = body.Text("type") is { } type ? [type] : [],
            Id = body.Text("event_id") ?? body.Text("eventId") ?? body.Text("id"),
            At = body.Time("occurred_at") ?? body.Time("occurredAt"),
            Tenant = body.Text("tenant"),
            Facts = body.Text("type") is { } known ? new Dictionary<string, string> { ["type"] = known } : new Dictionary<string, string>(),
            Carried = [body],
            Selectors = fields.Selectors,
            Mode = mode,
        };
    }

    /// <summary>The same of a message whose own fields mean what rules say, but for its type, id, time, organisation and mode.</summary>
    public static IncomingMessage ReadForRules(JsonElement body)
    {
        var type = body.Text("type");
        return new IncomingMessage
        {
            Types = type is null ? [] : [type],
            Id = body.Text("event_id") ?? body.Text("eventId"),
            At = body.Time("occurred_at") ?? body.Time("occurredAt"),
            Tenant = body.Text("tenant"),
            Facts = type is null ? new Dictionary<string, string>() : new Dictionary<string, string> { ["type"] = type },
            Carried = [body],
            Mode = ModeOf(body, new SelectorFields()),
        };
    }

    /// <summary>Its selectors, and what is wrong with them.</summary>
    private static void Add(SelectorFields fields, JsonElement body)
    {
        fields.Each(body, "tags", fields.AddTag);
        fields.Each(body, "urls", fields.AddUrl);
        fields.Each(body, "prefixes", fields.AddPrefix);
        fields.Each(body, "hosts", fields.AddHost);
        fields.Each(body, "groups", fields.AddGroup);
        if (body.Text("prefix") is { } prefix) fields.AddPrefix(prefix, "prefix");
        if (body.Field("all") is { ValueKind: JsonValueKind.True }) fields.Add(Selector.All, "all", "");
        else if (body.Field("all") is { ValueKind: not JsonValueKind.False }) fields.Fault("all", "Must be true or false.");
    }

    private static InvalidationMode? ModeOf(JsonElement body, SelectorFields fields)
    {
        switch (body.Text("mode"))
        {
            case "hard": return InvalidationMode.Hard;
            case "soft": return InvalidationMode.Soft;
            case null when body.Field("mode") is null: return null;
            default:
                fields.Fault("mode", "Must be hard or soft.");
                return null;
        }
    }
}
