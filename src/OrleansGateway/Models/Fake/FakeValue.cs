using System.Text;
using System.Text.Json;

namespace OrleansGateway.Models.Fake;

/// <summary>
/// The smallest value that satisfies a JSON Schema, for the keywords that tools and structured output use (types, properties, required, items, enum, const,
/// bounds, $ref, anyOf).
/// </summary>
internal static class FakeValue
{
    private const int DepthMax = 32;

    /// <summary>The value as JSON text; an empty object for no schema.</summary>
    public static string Of(JsonElement? schema)
    {
        if (schema is not { ValueKind: JsonValueKind.Object } root) return "{}";
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes)) Write(root, root, json, 0);
        return Encoding.UTF8.GetString(bytes.ToArray());
    }

    private static void Write(JsonElement schema, JsonElement root, Utf8JsonWriter json, int depth)
    {
        if (depth > DepthMax || schema.ValueKind != JsonValueKind.Object) json.WriteNullValue();
        else if (schema.TryGetProperty("const", out var constant)) constant.WriteTo(json);
        else if (schema.Items("enum").Select(v => (JsonElement?)v).FirstOrDefault() is { } first) first.WriteTo(json);
        else if (schema.Text("$ref") is { } reference) Write(Resolve(reference, root), root, json, depth + 1);
        else if (Choice(schema) is { } choice) Write(choice, root, json, depth + 1);
        else WriteTyped(schema, root, json, depth);
    }

    private static JsonElement? Choice(JsonElement schema) =>
        schema.Items("anyOf").Concat(schema.Items("oneOf")).Concat(schema.Items("allOf")).Select(c => (JsonElement?)c).FirstOrDefault();

    private static void WriteTyped(JsonElement schema, JsonElement root, Utf8JsonWriter json, int depth)
    {
        switch (TypeOf(schema))
        {
            case "string":
                json.WriteStringValue(new string('a', (int)Math.Min(schema.Number("minLength"), 1_000)));
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
                for (var count = Math.Min(schema.Number("minItems"), 100); count > 0; count--) Write(schema.Member("items") ?? default, root, json, depth + 1);
                json.WriteEndArray();
                break;
            default:
                WriteObject(schema, root, json, depth);
                break;
        }
    }

    private static void WriteObject(JsonElement schema, JsonElement root, Utf8JsonWriter json, int depth)
    {
        json.WriteStartObject();
        foreach (var name in schema.Items("required").Where(r => r.ValueKind == JsonValueKind.String).Select(r => r.Text()))
        {
            json.WritePropertyName(name);
            Write(schema.Member("properties")?.Member(name) ?? default, root, json, depth + 1);
        }

        json.WriteEndObject();
    }

    private static string? TypeOf(JsonElement schema) =>
        schema.Text("type") ?? schema.Items("type").Select(t => t.Text()).FirstOrDefault() ?? (schema.Member("properties") is null ? null : "object");

    private static JsonElement Resolve(string reference, JsonElement root)
    {
        var found = root;
        foreach (var name in reference.TrimStart('#').Split('/', StringSplitOptions.RemoveEmptyEntries)) found = found.Member(name) ?? default;
        return found;
    }
}
