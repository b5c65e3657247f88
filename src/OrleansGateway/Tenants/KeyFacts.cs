using System.Buffers;
using System.Text;
using System.Text.Json;

namespace OrleansGateway.Tenants;

/// <summary>A key as the audit log shows it: what it may do and until when, without its text and without any hash of it.</summary>
internal static class KeyFacts
{
    public static string Of(Key key)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer)) Write(json, key);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void Write(Utf8JsonWriter json, Key key)
    {
        json.WriteStartObject();
        json.WriteString("display", key.Display);
        Instant(json, "expires_at", key.ExpiresAt);
        List(json, "ip_ranges", key.IpRanges.Select(r => r.ToString()));
        json.WriteStartObject("metadata");
        foreach (var (name, value) in key.Metadata.OrderBy(m => m.Key, StringComparer.Ordinal)) json.WriteString(name, value);
        json.WriteEndObject();
        List(json, "models", key.Models);
        if (key.Name is { } title) json.WriteString("name", title);
        Instant(json, "previous_until", key.PreviousUntil);
        Instant(json, "revoked_at", key.RevokedAt);
        List(json, "routes", key.Routes);
        if (key.Team is { } team) json.WriteString("team", team);
        json.WriteString("tenant", key.Tenant);
        if (key.User is { } user) json.WriteString("user", user);
        json.WriteEndObject();
    }

    private static void Instant(Utf8JsonWriter json, string name, DateTimeOffset? instant)
    {
        if (instant is { } at) json.WriteString(name, at);
    }

    private static void List(Utf8JsonWriter json, string name, IEnumerable<string> items)
    {
        json.WriteStartArray(name);
        foreach (var item in items) json.WriteStringValue(item);
        json.WriteEndArray();
    }
}
