using System.Text.Json;

namespace OrleansGateway.Invalidation.Messages;

/// <summary>
/// A header as Kafka Connect's JSON converter writes it: <c>{"schema": {…}, "payload": "a"}</c>, or <c>"a"</c> without schemas. Debezium Server uses it for headers unless told otherwise
/// (<c>debezium.format.header</c>), and hands them to RabbitMQ like that.
/// </summary>
internal static class ConnectHeader
{
    /// <summary>What it says; a header that another converter wrote is what it is.</summary>
    public static string? TextOf(string? header)
    {
        if (header is not ['"' or '{', ..]) return header;
        try
        {
            using var document = JsonDocument.Parse(header, EventMapper.Reading);
            return document.RootElement switch
            {
                { ValueKind: JsonValueKind.String } text => text.GetString(),
                { ValueKind: JsonValueKind.Object } envelope when envelope.TryGetProperty("schema", out _) => envelope.Text("payload"),
                _ => header,
            };
        }
        catch (JsonException)
        {
            return header;
        }
    }
}
