using System.Text.Json;

namespace OrleansGateway.Invalidation.Messages;

/// <summary>Fields of JSON objects, where one may be missing or of another type.</summary>
internal static class JsonFields
{
    public static JsonElement? Field(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <summary>A text, or a number as it is written.</summary>
    public static string? Text(this JsonElement element, string name) => element.Field(name) switch
    {
        { ValueKind: JsonValueKind.String } text => text.GetString(),
        { ValueKind: JsonValueKind.Number } number => number.GetRawText(),
        _ => null,
    };

    public static DateTimeOffset? Time(this JsonElement element, string name) =>
        DateTimeOffset.TryParse(element.Text(name), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;

    /// <summary>Milliseconds since 1970.</summary>
    public static DateTimeOffset? UnixTime(this JsonElement element, string name) =>
        element.Field(name) is { ValueKind: JsonValueKind.Number } number && number.TryGetInt64(out var ms) && Math.Abs(ms) < 253_402_300_799_000 ? DateTimeOffset.FromUnixTimeMilliseconds(ms) : null;

    /// <summary>A document that is written as a text in another; itself if it is none.</summary>
    public static JsonElement Unwrapped(this JsonElement element)
    {
        if (element.ValueKind != JsonValueKind.String) return element;
        try
        {
            using var inner = JsonDocument.Parse(element.GetString()!, EventMapper.Reading);
            return inner.RootElement.Clone();
        }
        catch (JsonException)
        {
            return element;
        }
    }
}
