using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace OrleansGateway.Configuration;

/// <summary>The JSON Schema (draft 2020-12) of the configuration file, for editors. Made from the settings records, so it cannot lag behind them.</summary>
internal sealed class ConfigurationSchema
{
    private static readonly JsonSerializerOptions Written = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly DocComments _comments = DocComments.Load();
    private readonly JsonObject _definitions = [];

    private ConfigurationSchema() { }

    public static string Write()
    {
        var schema = new ConfigurationSchema();
        var root = new JsonObject
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["title"] = "Configuration of OrleansGateway",
        };
        foreach (var (name, value) in schema.Section(SettingRecord.Of(typeof(GatewaySettings)))) root[name] = value?.DeepClone();
        schema._definitions["reference"] = new JsonObject
        {
            ["description"] = "A value from the environment: `${NAME}` or `${NAME:-default}`.",
            ["type"] = "string",
            ["pattern"] = References.Pattern,
        };
        root["$defs"] = schema._definitions;
        return root.ToJsonString(Written).ReplaceLineEndings("\n") + "\n";
    }

    private JsonObject Section(SettingRecord record)
    {
        var properties = new JsonObject();
        foreach (var field in record.Fields) properties[field.Name] = Field(field);
        var section = new JsonObject
        {
            ["description"] = _comments.Of(record.Type),
            ["type"] = "object",
            ["properties"] = properties,
            ["additionalProperties"] = false,
        };
        JsonNode[] required = [.. record.Fields.Where(f => f.MustBeGiven).Select(f => JsonValue.Create(f.Name))];
        if (required.Length > 0) section["required"] = new JsonArray(required);
        return section;
    }

    private JsonObject Field(SettingField field)
    {
        var schema = Shape(field.Shape, field);
        schema.Insert(0, "description", _comments.Of(field.Property));
        if (DefaultOf(field) is { } value) schema["default"] = value;
        return schema;
    }

    private JsonObject Shape(SettingShape shape, SettingField? field)
    {
        switch (shape)
        {
            case SettingShape.Section section:
                return section.Record.ShortForm is { } only
                    ? new JsonObject { ["anyOf"] = new JsonArray(Refer(section.Record), Shape(only.Shape, only)) }
                    : Refer(section.Record);
            case SettingShape.ListOf list:
                var items = new JsonObject { ["type"] = "array", ["items"] = Shape(list.Item, field: null) };
                return Counted(items, field, "Items");
            case SettingShape.MapOf map:
                var entries = new JsonObject { ["type"] = "object", ["additionalProperties"] = Shape(map.Value, field: null) };
                return Counted(entries, field, "Properties");
            default:
                return Single(((SettingShape.Single)shape).Format, field);
        }
    }

    private JsonObject Refer(SettingRecord record)
    {
        var name = record.Type.Name;
        if (!_definitions.ContainsKey(name))
        {
            // Its place first: a record that holds itself then ends here.
            _definitions[name] = null;
            _definitions[name] = Section(record);
        }

        return new JsonObject { ["$ref"] = $"#/$defs/{name}" };
    }

    private static JsonObject Counted(JsonObject schema, SettingField? field, string noun)
    {
        if (field is { CountMin: > 0 }) schema[$"min{noun}"] = field.CountMin;
        if (field is { CountMax: < int.MaxValue }) schema[$"max{noun}"] = field.CountMax;
        return schema;
    }

    private static JsonObject Single(ScalarFormat format, SettingField? field)
    {
        var value = new JsonObject { ["type"] = format.JsonType };
        if (format.Choices.Count > 0) value["enum"] = new JsonArray([.. format.Choices.Select(c => JsonValue.Create(c))]);
        if ((field?.Pattern ?? format.Pattern) is { } pattern) value["pattern"] = pattern;
        if (field?.Range is { Min: long min, Max: long max }) (value["minimum"], value["maximum"]) = (min, max);
        if (field?.Range is { Min: double low, Max: double high }) (value["minimum"], value["maximum"]) = (low, high);
        if (field is { IsRequired: true } && format.JsonType == "string") value["minLength"] = 1;
        var isFree = format.JsonType == "string" && !value.ContainsKey("pattern") && !value.ContainsKey("enum");
        if (isFree) return value;
        var choices = new JsonArray(value, new JsonObject { ["$ref"] = "#/$defs/reference" });
        // A size without a unit is a number to YAML.
        if (field?.Range is { Min: ByteSize least, Max: ByteSize most })
        {
            choices.Add(new JsonObject { ["type"] = "integer", ["minimum"] = least.Bytes, ["maximum"] = most.Bytes });
        }

        // An amount is a number to YAML, but for unlimited.
        if (field?.Shape is SettingShape.Single { Type: var type } && type == typeof(Quantity))
            choices.Add(new JsonObject { ["type"] = "number", ["minimum"] = 0 });
        return new JsonObject { ["anyOf"] = choices };
    }

    private static JsonNode? DefaultOf(SettingField field) => (field.Shape, field.Default) switch
    {
        (SettingShape.Single, null or "") => null,
        (SettingShape.Single single, bool or int or long or double) => JsonNode.Parse(single.Format.Write(field.Default!)),
        (SettingShape.Single single, { } value) => single.Format.Write(value),
        (SettingShape.ListOf { Item: SettingShape.Single item }, System.Collections.IEnumerable list) =>
            new JsonArray([.. list.Cast<object>().Select(i => JsonValue.Create(item.Format.Write(i)))]),
        _ => null,
    };
}
