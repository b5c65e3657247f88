using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace OrleansGateway.Models;

/// <summary>Reading other people's JSON without exceptions: a member that is not there or not of the kind is none.</summary>
internal static class Json
{
    public static JsonElement? Member(this JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    public static string? Text(this JsonElement json, string name) =>
        json.Member(name) is { ValueKind: JsonValueKind.String } value ? value.Text() : null;

    public static long Number(this JsonElement json, string name) =>
        json.Member(name) is { ValueKind: JsonValueKind.Number } value ? value.Integer() : 0;

    public static bool? Flag(this JsonElement json, string name) => json.Member(name)?.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => null,
    };

    /// <summary>The elements of a list; none if it is not there or no list.</summary>
    public static IEnumerable<JsonElement> Items(this JsonElement json, string name) =>
        json.Member(name) is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray() : [];

    /// <summary>The strings of a list, or the one string; nothing for any other kind.</summary>
    public static IEnumerable<string> Texts(this JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.String => [json.Text()],
        JsonValueKind.Array => json.EnumerateArray().Where(s => s.ValueKind == JsonValueKind.String).Select(s => s.Text()),
        _ => [],
    };

    /// <summary>Writes a member as it came; none if there is none.</summary>
    public static void WriteMember(this Utf8JsonWriter json, string name, JsonElement? value)
    {
        if (value is not { } element) return;
        json.WritePropertyName(name);
        json.WriteCopy(element);
    }

    /// <summary>Writes a value as it came, but for half surrogate pairs, which become U+FFFD: <see cref="JsonElement.WriteTo"/> throws at them.</summary>
    public static void WriteCopy(this Utf8JsonWriter json, JsonElement value)
    {
        switch (value.ValueKind)
        {
            // Only what is escaped can be half a pair.
            case var _ when !JsonMarshal.GetRawUtf8Value(value).Contains((byte)'\\'): value.WriteTo(json); break;
            case JsonValueKind.Object:
                json.WriteStartObject();
                foreach (var member in value.EnumerateObject())
                {
                    json.WritePropertyName(LoneSurrogates.Unescape($"\"{Encoding.UTF8.GetString(JsonMarshal.GetRawUtf8PropertyName(member))}\""));
                    json.WriteCopy(member.Value);
                }

                json.WriteEndObject();
                break;
            case JsonValueKind.Array:
                json.WriteStartArray();
                foreach (var item in value.EnumerateArray()) json.WriteCopy(item);
                json.WriteEndArray();
                break;
            case JsonValueKind.String: json.WriteStringValue(value.Text()); break;
            default: value.WriteTo(json); break;
        }
    }

    /// <summary>Writes a list of strings; none if it is empty.</summary>
    public static void WriteTexts(this Utf8JsonWriter json, string name, List<string> values)
    {
        if (values.Count == 0) return;
        json.WriteStartArray(name);
        foreach (var value in values) json.WriteStringValue(value);
        json.WriteEndArray();
    }

    /// <summary>A string's text. Half a surrogate pair, which JSON can escape and UTF-8 cannot hold, becomes U+FFFD.</summary>
    public static string Text(this JsonElement json)
    {
        try
        {
            return json.GetString() ?? "";
        }
        catch (InvalidOperationException)
        {
            return LoneSurrogates.Unescape(json.GetRawText());
        }
    }

    /// <summary>A whole number; some servers write <c>12.0</c>.</summary>
    private static long Integer(this JsonElement json) =>
        json.TryGetInt64(out var whole) ? whole : json.TryGetDecimal(out var other) && other is > long.MinValue and < long.MaxValue ? (long)other : 0;
}
