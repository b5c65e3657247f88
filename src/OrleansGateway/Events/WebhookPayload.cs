using System.Buffers;
using System.Text.Json;

namespace OrleansGateway.Events;

/// <summary>Writes what a receiver reads: type, timestamp and data, as Standard Webhooks has it, and where the event stands. The same bytes each time it is sent.</summary>
internal static class WebhookPayload
{
    public static byte[] Of(GatewayEvent one)
    {
        var buffer = new ArrayBufferWriter<byte>(256 + one.Data.Length);
        using (var json = new Utf8JsonWriter(buffer, EventData.Plain))
        {
            json.WriteStartObject();
            json.WriteString("type", one.Type);
            json.WriteString("timestamp", one.At.UtcDateTime);
            json.WriteString("id", one.Id);
            if (one.Tenant is { } tenant) json.WriteString("tenant", tenant);
            if (one.Sequence > 0) json.WriteNumber("sequence", one.Sequence);
            EventData.WriteRaw(json, "data", one.Data);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }
}
