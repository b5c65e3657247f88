using System.Text.Json;

namespace OrleansGateway.Invalidation.Messages;

/// <summary>
/// CloudEvents 1.0: structured (JSON event format), or binary over AMQP, with properties <c>cloudEvents:</c> or <c>cloudEvents_</c> (AMQP binding 1.0.2 §3.1), or over HTTP with
/// <c>ce-</c> headers (HTTP binding §3.1.3). The content type alone says that one is structured (§3 of both bindings), for such a message may have the headers of a binary one too;
/// where it says nothing, they do.
/// </summary>
internal static class CloudEventMessages
{
    private const string MediaType = "application/cloudevents";
    private const string HttpPrefix = "ce-";

    private static readonly string[] s_prefixes = ["cloudEvents:", "cloudEvents_", HttpPrefix];

    public static IncomingMessage Read(MessageHeaders headers, JsonElement body)
    {
        if (headers["content-type"] is { } type && IsStructured(type)) return ReadStructured(type, body);
        return PrefixOf(headers) switch
        {
            null => Of(name => body.Text(name), DataOf(body)),
            HttpPrefix => ReadHttp(headers, body),
            var prefix => Of(name => headers[prefix + name], body),
        };
    }

    /// <summary>Whether its data is not JSON, as a binary one's may be: rules can then go by the attributes alone.</summary>
    public static bool IsOpaque(MessageHeaders headers) => headers["content-type"] is { } type && !IsStructured(type) && !IsJson(type) && PrefixOf(headers) is not null;

    private static string? PrefixOf(MessageHeaders headers) => s_prefixes.FirstOrDefault(p => headers.Has(p + "specversion"));

    private static bool IsStructured(string contentType) => contentType.StartsWith(MediaType, StringComparison.OrdinalIgnoreCase);

    private static IncomingMessage ReadStructured(string contentType, JsonElement body) =>
        contentType.StartsWith(MediaType + "-batch", StringComparison.OrdinalIgnoreCase)
            ? IncomingMessage.Refuse(Rejection.Shape("A batch of CloudEvents is not accepted; send each by itself."))
            : Of(name => body.Text(name), DataOf(body));

    private static IncomingMessage ReadHttp(MessageHeaders headers, JsonElement body)
    {
        var attributes = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in headers.All.Where(static h => h.Key.StartsWith(HttpPrefix, StringComparison.OrdinalIgnoreCase)))
        {
            if (CloudEventHeader.Decode(value) is not { } text) return IncomingMessage.Refuse(Rejection.Shape("A header of the CloudEvent is percent-encoded and no UTF-8."));
            attributes[name[HttpPrefix.Length..]] = text;
        }

        return Of(attributes.GetValueOrDefault, body);
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
        // Bytes are JSON only where they are said to be; data in plain sight is JSON unless they are said not to be (JSON format 1.0.2 §3.1.2).
        if (!IsJson(body.Text("datacontenttype"))) return null;
        try
        {
            using var document = JsonDocument.Parse(Convert.FromBase64String(coded), EventMapper.Reading);
            return document.RootElement.Clone();
        }
        catch (Exception broken) when (broken is FormatException or JsonException)
        {
            // Rules can go by the attributes alone.
            return null;
        }
    }

    /// <summary><c>*/json</c> or <c>*/*+json</c>, whatever the parameters (JSON format 1.0.2 §3.1.1).</summary>
    private static bool IsJson(string? mediaType)
    {
        var bare = (mediaType ?? "").Split(';')[0].Trim();
        return bare.EndsWith("/json", StringComparison.OrdinalIgnoreCase) || bare.EndsWith("+json", StringComparison.OrdinalIgnoreCase);
    }
}
