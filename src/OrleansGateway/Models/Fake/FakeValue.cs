using System.Text;
using System.Text.Json;

namespace OrleansGateway.Models.Fake;

/// <summary>
/// The smallest value that satisfies a JSON Schema, for the keywords that tools and structured output use (types, properties, required, items, enum, const,
/// bounds, $ref, anyOf).
/// </summary>
internal sealed class FakeValue
{
    private const int DepthMax = 32;

    /// <summary>Values that one schema may ask for; a few nested <c>minItems</c> would ask for billions. What is beyond is null.</summary>
    private const int ValuesMax = 1_000;

    private readonly JsonElement _root;
    private int _values;

    private FakeValue(JsonElement root) => _root = root;

    /// <summary>The value as JSON text; an empty object for no schema.</summary>
    public static string Of(JsonElement? schema)
    {
        if (schema is not { ValueKind: JsonValueKind.Object } root) return "{}";
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes)) new FakeValue(root).Write(root, json, 0);
        return Encoding.UTF8.GetString(bytes.ToArray());
    }

    private void Write(JsonElement schema, Utf8JsonWriter json, int depth)
    {
        if (depth > DepthMax || ++_values > ValuesMax || schema.ValueKind != JsonValueKind.Object) json.WriteNullValue();
        else if (schema.TryGetProperty("const", out var constant)) json.WriteCopy(constant);
        else if (schema.Items("enum").Select(v => (JsonElement?)v).FirstOrDefault() is { } first) json.WriteCopy(first);
        else if (schema.Text("$ref") is { } reference) Write(Resolve(reference), json, depth + 1);
        else if (Choice(schema) is { } choice) Write(choice, json, depth + 1);
        else WriteTyped(schema, json, depth);
    }

    private static JsonElement? Choice(JsonElement schema) =>
        schema.Items("anyOf").Concat(schema.Items("oneOf")).Concat(schema.Items("allOf")).Select(c => (JsonElement?)c).FirstOrDefault();

    private void WriteTyped(JsonElement schema, Utf8JsonWriter json, int depth)
    {
        switch (TypeOf(schema))
        {
            case "string":
                json.WriteStringValue(new string('a', (int)Math.Clamp(schema.Number("minLength"), 0, 1_000)));
                break;
            case "integer" or "number":
                json.WriteNumberValue(Math.Max(schema.Number("minimum"), schema.Member("exclusiveMinimum") is null ? 0 : schema.Number("exclusiveMinimum") + 1));
                break;
            case "boolean":
                json.WriteBooleanValue(false);
                break;
            case "null":
                json.WriteNullValue();
                break;
            case "array":
                json.WriteStartArray();
                for (var count = Math.Min(schema.Number("minItems"), 100); count > 0; count--) Write(schema.Member("items") ?? default, json, depth + 1);
                json.WriteEndArray();
                break;
            default:
                WriteObject(schema, json, depth);
                break;
        }
    }

    private void WriteObject(JsonElement schema, Utf8JsonWriter json, int depth)
    {
        json.WriteStartObject();
        foreach (var name in schema.Items("required").Where(r => r.ValueKind == JsonValueKind.String).Select(r => r.Text()))
        {
            json.WritePropertyName(name);
            Write(schema.Member("properties")?.Member(name) ?? default, json, depth + 1);
        }

        json.WriteEndObject();
    }

    private static string? TypeOf(JsonElement schema) =>
        schema.Text("type") ?? schema.Items("type").Select(t => t.Text()).FirstOrDefault() ?? (schema.Member("properties") is null ? null : "object");

    private JsonElement Resolve(string reference)
    {
        var found = _root;
        foreach (var name in reference.TrimStart('#').Split('/', StringSplitOptions.RemoveEmptyEntries)) found = found.Member(name) ?? default;
        return found;
    }
}
