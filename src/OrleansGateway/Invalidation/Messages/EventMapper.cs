using System.Text.Json;
using OrleansGateway.Configuration;

namespace OrleansGateway.Invalidation.Messages;

/// <summary>
/// Makes of a message what it invalidates. Pure: it goes by the source, the headers and the body alone. Nothing is left out in silence: a message is mapped, or there is a reason why it
/// invalidates nothing, or it is refused with one.
/// </summary>
internal static class EventMapper
{
    /// <summary>Most bytes of a message.</summary>
    public const int BytesMax = 256 << 10;

    /// <summary>Most levels of a message, one within the other.</summary>
    public const int DepthMax = 32;

    /// <summary>Most characters of an event's id.</summary>
    private const int IdLengthMax = 512;

    /// <summary>A name that comes twice may be read one way here and another way by whoever wrote it.</summary>
    public static readonly JsonDocumentOptions Reading = new() { MaxDepth = DepthMax, AllowDuplicateProperties = false };

    public static Mapping Map(EventSource source, MessageHeaders headers, ReadOnlyMemory<byte> body)
    {
        if (body.Length > BytesMax) return Mapping.Refuse(new Rejection("too_large", $"It has {body.Length} bytes; {BytesMax} are allowed."));
        try
        {
            using var document = JsonDocument.Parse(IsNothing(source.Settings.Format, headers, body.Span) ? "null"u8.ToArray() : body, Reading);
            return Map(source, headers, document.RootElement);
        }
        // Texts are read when they are asked for: bytes that are no UTF-8, or half of a surrogate pair, come out then.
        catch (InvalidOperationException)
        {
            return Mapping.Refuse(Rejection.Unreadable("A text in it is not Unicode."));
        }
        catch (JsonException broken)
        {
            // Its message may quote the body.
            var place = broken is { LineNumber: { } line, BytePositionInLine: { } at } ? string.Create(CultureInfo.InvariantCulture, $" (line {line + 1}, byte {at + 1})") : "";
            return Mapping.Refuse(Rejection.Unreadable($"It is not JSON, has a field twice, or more than {DepthMax} levels{place}."));
        }
    }

    private static Mapping Map(EventSource source, MessageHeaders headers, JsonElement body)
    {
        var message = Read(source, headers, body);
        if (message.Rejected is { } unread) return Mapping.Refuse(unread);
        if (message.Nothing is { } reason) return Mapping.ToNothing(reason);

        string? Fact(string name) => name.StartsWith("header:", StringComparison.Ordinal) ? headers[name["header:".Length..]] : message.Facts.GetValueOrDefault(name);
        string? One(EventTemplate? template) => template is null ? null : message.Carried.Append(body).SelectMany(c => template.Expand(c, Fact, 1)).FirstOrDefault();

        var selection = source.Rules.Count > 0 && !message.IsBeyondRules ? EventSelection.ByRules(source, message, Fact) : EventSelection.OfItself(message);
        if (selection.Rejected is { } refused) return Mapping.Refuse(refused);
        if (selection.Nothing is { } nothing) return Mapping.ToNothing(nothing);
        if (source.Tenant is not null && One(source.Tenant) is null && source.TenantOfThoseThatNameNone is null)
            return Mapping.Refuse(new Rejection("no_tenant", $"It names no organisation: there is nothing at {source.Settings.Tenant}."));
        if (TenantOf(source, One(source.Tenant) ?? selection.Tenant ?? message.Tenant, out var wrong) is not { } tenant) return Mapping.Refuse(wrong!);
        var id = One(source.EventId) ?? message.Id ?? selection.Id ?? headers["message-id"];
        if (id?.Length > IdLengthMax) return Mapping.Refuse(Rejection.Unreadable($"The id of the event has more than {IdLengthMax} characters."));
        var mode = selection.Mode ?? message.Mode ?? (source.Settings.Mode == PurgeMode.Soft ? InvalidationMode.Soft : InvalidationMode.Hard);
        return Mapping.To(new InvalidationRequest(tenant, selection.Selectors, mode, id is null ? null : source.Name + " " + id, message.At ?? selection.At, source.Name));
    }

    private static IncomingMessage Read(EventSource source, MessageHeaders headers, JsonElement body) => source.Settings.Format switch
    {
        EventFormat.Cloudevents => CloudEventMessages.Read(headers, body),
        EventFormat.Debezium => DebeziumMessages.Read(body),
        EventFormat.DebeziumOutbox => DebeziumMessages.ReadOutbox(headers, body),
        EventFormat.Masstransit => TypedMessages.ReadMassTransit(body),
        EventFormat.Nservicebus => TypedMessages.ReadNServiceBus(headers, body),
        EventFormat.Spring => TypedMessages.ReadSpring(headers, body),
        EventFormat.Fastly => PurgeMessages.ReadFastly(headers, body),
        EventFormat.Cloudflare => PurgeMessages.ReadCloudflare(body),
        EventFormat.Akamai => PurgeMessages.ReadAkamai(body),
        EventFormat.Google => PurgeMessages.ReadGoogle(body),
        // Where rules say what it means, its fields are the publisher's own.
        _ => source.Rules.Count > 0 ? PlainMessages.ReadForRules(body) : PlainMessages.Read(body),
    };

    /// <summary>Whether the body is none, or is not to be looked at.</summary>
    private static bool IsNothing(EventFormat format, MessageHeaders headers, ReadOnlySpan<byte> body) => body.IsEmpty || format switch
    {
        EventFormat.Cloudevents => CloudEventMessages.IsOpaque(headers),
        // What Debezium Server sends to RabbitMQ for an empty message, unless debezium.sink.rabbitmq.null.value says otherwise.
        EventFormat.Debezium or EventFormat.DebeziumOutbox => body.SequenceEqual("default"u8),
        _ => false,
    };

    private static string? TenantOf(EventSource source, string? named, out Rejection? wrong)
    {
        wrong = null;
        if ((named ?? source.TenantOfThoseThatNameNone) is not { } tenant)
        {
            wrong = new Rejection("no_tenant", "It names no organisation, and its source may speak for several.");
            return null;
        }

        if (source.MaySpeakFor(tenant)) return tenant;
        wrong = new Rejection("tenant_not_allowed", $"The source {source.Name} may not speak for the organisation {Findings.Quote(tenant)}.");
        return null;
    }
}
