using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using OrleansGateway.Configuration;

namespace OrleansGateway.Tests.Configuration;

/// <summary>Judges a document by the keywords of JSON Schema that ours use, and fails on one it does not know.</summary>
/// <param name="definitions">What is referred to by <paramref name="root"/> and a name.</param>
/// <param name="root">What references begin with.</param>
internal sealed class JsonSchemaJudge(JsonObject definitions, string root)
{
    private readonly JsonObject _schema = [];

    public JsonSchemaJudge(JsonObject schema) : this(schema["$defs"]!.AsObject(), "#/$defs/") => _schema = schema;

    public bool Accepts(string yaml) => Accepts(_schema, Json(YamlTree.Parse(yaml, new Findings("sample"))!));

    public bool Accepts(JsonObject rules, JsonNode? value) => rules.All(rule => rule.Key switch
    {
        "$schema" or "title" or "description" or "default" or "$defs" => true,
        // Where others may stand beside them, that keyword looks at all; where nothing is said of others, there shall be none.
        "properties" => rules.ContainsKey("additionalProperties") || value is not JsonObject map || map.All(entry => AcceptsEntry(rules, entry)),
        "format" => rule.Value!.GetValue<string>() != "date-time" || TypeOf(value) != "string" || DateTimeOffset.TryParse(value!.GetValue<string>(), CultureInfo.InvariantCulture, out _),
        "$ref" => Accepts(Definition(rule.Value!.GetValue<string>()), value),
        "anyOf" => rule.Value!.AsArray().Any(r => Accepts(r!.AsObject(), value)),
        "type" => (rule.Value is JsonArray types ? types.Select(t => t!.GetValue<string>()) : [rule.Value!.GetValue<string>()])
            .Any(t => t == TypeOf(value) || t == "number" && TypeOf(value) == "integer"),
        "enum" => rule.Value!.AsArray().Any(choice => JsonNode.DeepEquals(choice, value)),
        "pattern" => TypeOf(value) != "string" || Regex.IsMatch(value!.GetValue<string>(), rule.Value!.GetValue<string>()),
        "minLength" => TypeOf(value) != "string" || value!.GetValue<string>().Length >= rule.Value!.GetValue<int>(),
        "minimum" => TypeOf(value) != "integer" || value!.GetValue<long>() >= rule.Value!.GetValue<long>(),
        "maximum" => TypeOf(value) != "integer" || value!.GetValue<long>() <= rule.Value!.GetValue<long>(),
        "items" => value is not JsonArray list || list.All(item => Accepts(rule.Value!.AsObject(), item)),
        "minItems" => value is not JsonArray list || list.Count >= rule.Value!.GetValue<int>(),
        "maxItems" => value is not JsonArray list || list.Count <= rule.Value!.GetValue<int>(),
        "maxProperties" => value is not JsonObject map || map.Count <= rule.Value!.GetValue<int>(),
        "required" => value is not JsonObject map || rule.Value!.AsArray().All(name => map.ContainsKey(name!.GetValue<string>())),
        "additionalProperties" => value is not JsonObject map || map.All(entry => AcceptsEntry(rules, entry)),
        _ => throw new InvalidOperationException($"The judge does not know {rule.Key}."),
    });

    // A definition, or a place in one (RFC 6901).
    private JsonObject Definition(string reference) =>
        reference[root.Length..].Split('/').Aggregate((JsonNode)definitions, (node, step) => node[step] ?? throw new InvalidOperationException($"{reference} leads nowhere."))
            .AsObject();

    private bool AcceptsEntry(JsonObject rules, KeyValuePair<string, JsonNode?> entry)
    {
        if (rules["properties"]?[entry.Key] is { } property) return property is not JsonObject schema || Accepts(schema, entry.Value);
        return rules["additionalProperties"] is JsonObject others && Accepts(others, entry.Value);
    }

    private static string TypeOf(JsonNode? value) => value switch
    {
        null => "null",
        JsonObject => "object",
        JsonArray => "array",
        _ => value.GetValueKind() switch
        {
            System.Text.Json.JsonValueKind.String => "string",
            System.Text.Json.JsonValueKind.Number => "integer",
            _ => "boolean",
        },
    };

    private static JsonNode? Json(YamlNode node) => node switch
    {
        { Kind: YamlKind.Mapping } => new JsonObject(node.Entries.Select(e => KeyValuePair.Create(e.Key.Text, Json(e.Value)))),
        { Kind: YamlKind.Sequence } => new JsonArray([.. node.Items.Select(Json)]),
        { IsNull: true } => null,
        { Plain: true, Text: "true" or "false" } => JsonValue.Create(node.Text == "true"),
        { Plain: true } when long.TryParse(node.Text, CultureInfo.InvariantCulture, out var number) => JsonValue.Create(number),
        _ => JsonValue.Create(node.Text),
    };
}
