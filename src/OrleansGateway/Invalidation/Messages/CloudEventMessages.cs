using System.Text.Json;

namespace OrleansGateway.Invalidation.Messages;

/// <summary>
/// CloudEvents 1.0: structured (JSON event format), or binary over AMQP, with properties <c>cloudEvents:</c> or <c>cloudEvents_</c> (AMQP binding 1.0.2 §3.1), or over HTTP with
/// <c>ce-</c> headers (HTTP binding §3.1.3).
/// </summary>
internal static class CloudEventMessages
{
    private static readonly string[] s_prefixes = ["cloudEvents:", "cloudEvents_", "ce-"];

    public static IncomingMessage Read(MessageHeaders headers, JsonElement body)
    {
        var prefix = s_prefixes.FirstOrDefault(p => headers.Has(p + "specversion"));
        return prefix is not null
            ? Of(name => headers[prefix + name], body)
            : headers["content-type"]?.StartsWith("application/cloudevents-batch", StringComparison.OrdinalIgnoreCase) == true
                ? IncomingMessage.Refuse(Rejection.Shape("A batch of CloudEvents is not accepted; send each by itself."))
                : Of(name => body.Text(name), DataOf(body));
    }

    private static IncomingMessage Of(Func<string, string?> attribute, JsonElement? data)
    {
        if (attribute("specversion") is not { } version) return IncomingMessage.Refuse(Rejection.Shape("It is no CloudEvent: it has no specversion."));
        if (version != "1.0") return IncomingMessage.Refuse(Rejection.Shape($"CloudEvents of the version '{version}' are not known; 1.0 is."));
        if (attribute("id") is not { Length: > 0 } id || attribute("source") is not { Length: > 0 } source || attribute("type") is not { Length: > 0 } type)
            return IncomingMessage.Refuse(Rejection.Shape("A CloudEvent has id, source and type; one is missing."));
        var facts = new Dictionary<string, string> { ["type"] = type, ["id"] = id, ["source"] = source };
        if (attribute("subject") is { } subject) facts["subject"] = subject;
        return new IncomingMessage
        {
            Types = [type],
            // Source and id together name an event (CloudEvents 1.0.2, "id").
            Id = source + " " + id,
            At = DateTimeOffset.TryParse(attribute("time"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null,
            Facts = facts,
            Carried = data is { } carried ? [carried] : [],
        };
    }

    private static JsonElement? DataOf(JsonElement body)
    {
        if (body.Text("data_base64") is not { } coded) return body.Field("data");
        try
        {
            using var document = JsonDocument.Parse(Convert.FromBase64String(coded), EventMapper.Reading);
            return document.RootElement.Clone();
        }
        catch (Exception broken) when (broken is FormatException or JsonException)
        {
            // Data may be anything; rules can go by the attributes alone.
            return null;
        }
    }
}
