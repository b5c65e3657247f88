using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.WebUtilities;

namespace OrleansGateway.Admin;

/// <summary>
/// The admin API as an OpenAPI 3.1 document, written from the endpoints and the records they read and write: it cannot say anything else than they do.
/// ASP.NET's own generator sees only a delegate, and would pull in its metadata and reflection.
/// </summary>
internal static class OpenApiDocument
{
    private static readonly JsonSerializerOptions Indented = new(AdminJson.Default.Options) { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static string? _text;

    /// <summary>The document of all endpoints, as JSON.</summary>
    // The handlers are not called: the document says what there is, not what it does it with.
    public static string Text => _text ??= Write(AdminEndpoints.All(
        null!, null!, null!, null!, null!, null!, null!, null!, null!, null!, null!, null!, null!, null!, null!, null!, null!, null!, null!));

    private static string Write(IReadOnlyList<AdminEndpoint> endpoints)
    {
        var paths = new JsonObject();
        foreach (var path in endpoints.GroupBy(e => e.Path))
        {
            var methods = new JsonObject();
            foreach (var endpoint in path) methods[endpoint.Method.ToLowerInvariant()] = Operation(endpoint);
            paths[AdminEndpoint.Root + path.Key] = methods;
        }

        var document = new JsonObject
        {
            ["openapi"] = "3.1.0",
            ["info"] = new JsonObject { ["title"] = "OrleansGateway admin API", ["version"] = "1" },
            ["security"] = new JsonArray(new JsonObject { ["admin_token"] = new JsonArray() }),
            ["paths"] = paths,
            ["components"] = Components(endpoints),
        };
        return document.ToJsonString(Indented) + "\n";
    }

    private static JsonObject Operation(AdminEndpoint endpoint)
    {
        var operation = new JsonObject
        {
            ["summary"] = endpoint.Summary,
            ["operationId"] = IdOf(endpoint),
            ["description"] = $"Roles: {string.Join(", ", Enum.GetValues<AdminRole>().Where(r => Permissions.Allow(r, null, endpoint.Permission)).Select(Permissions.NameOf))}.",
        };
        if (Parameters(endpoint) is { Count: > 0 } parameters) operation["parameters"] = parameters;
        if (endpoint.TakesYaml) operation["requestBody"] = Body(true, AdminEndpoint.Yaml, new JsonObject { ["type"] = "string" });
        if (endpoint.Body is { } body) operation["requestBody"] = Body(false, "application/json", Reference(body));
        operation["responses"] = Responses(endpoint);
        return operation;
    }

    // post /keys/{id}/rotate is post_keys_id_rotate: unique because method and path together are.
    private static string IdOf(AdminEndpoint endpoint) =>
        (endpoint.Method.ToLowerInvariant() + endpoint.Path.Replace("{", "", StringComparison.Ordinal).Replace("}", "", StringComparison.Ordinal)).Replace('/', '_').Replace('.', '_');

    private static JsonObject Body(bool required, string media, JsonNode schema) =>
        new() { ["required"] = required, ["content"] = new JsonObject { [media] = new JsonObject { ["schema"] = schema } } };

    private static JsonArray Parameters(AdminEndpoint endpoint)
    {
        var parameters = new JsonArray();
        foreach (var name in (string[])["id", "team", "user"])
        {
            if (endpoint.Path.Contains($"{{{name}}}", StringComparison.Ordinal)) Add(name, "path", needed: true);
        }

        foreach (var name in endpoint.Query) Add(name, "query", needed: false);
        foreach (var (name, needed) in endpoint.Headers) Add(name, "header", needed);
        return parameters;

        void Add(string name, string place, bool needed) => parameters.Add((JsonNode)new JsonObject
        {
            ["name"] = name, ["in"] = place, ["required"] = needed, ["schema"] = new JsonObject { ["type"] = "string" },
        });
    }

    private static JsonObject Responses(AdminEndpoint endpoint)
    {
        var content = new JsonObject();
        if (endpoint.Answer is { } answer) content["application/json"] = new JsonObject { ["schema"] = Reference(answer) };
        foreach (var other in endpoint.OtherAnswers) content[other] = new JsonObject { ["schema"] = new JsonObject { ["type"] = "string" } };
        var responses = new JsonObject();
        foreach (var status in new[] { endpoint.RepeatStatus, endpoint.Status }.OfType<int>())
        {
            var response = responses[Number(status)] = new JsonObject { ["description"] = ReasonPhrases.GetReasonPhrase(status) };
            if (content.Count > 0) response["content"] = content.DeepClone();
        }

        foreach (var status in endpoint.Refusals.Concat([401, 403]).Order())
        {
            responses[Number(status)] = new JsonObject
            {
                ["description"] = ReasonPhrases.GetReasonPhrase(status),
                ["content"] = new JsonObject { ["application/problem+json"] = new JsonObject { ["schema"] = Reference(AdminJson.Default.ProblemDocument) } },
            };
        }

        return responses;
    }

    private static JsonObject Components(IReadOnlyList<AdminEndpoint> endpoints)
    {
        var types = endpoints.SelectMany(e => new[] { e.Body, e.Answer }).OfType<JsonTypeInfo>().Append(AdminJson.Default.ProblemDocument);
        var schemas = new JsonObject();
        foreach (var type in types.DistinctBy(t => t.Type).OrderBy(t => t.Type.Name, StringComparer.Ordinal)) schemas[NameOf(type)] = Schema(type);
        return new JsonObject
        {
            ["schemas"] = schemas,
            ["securitySchemes"] = new JsonObject { ["admin_token"] = new JsonObject { ["type"] = "http", ["scheme"] = "bearer" } },
        };
    }

    private static JsonNode Schema(JsonTypeInfo type) => type.GetJsonSchemaAsNode(new JsonSchemaExporterOptions
    {
        TreatNullObliviousAsNonNullable = true,
        TransformSchemaNode = (context, schema) => WithoutNeedOfNulls(FromTheRoot(schema, NameOf(type)), context.TypeInfo),
    });

    /// <summary>The exporter refers to a form that it wrote before by its place in the one schema; here it has its place in the document.</summary>
    private static JsonNode FromTheRoot(JsonNode schema, string name)
    {
        if (schema is JsonObject form && form["$ref"]?.GetValue<string>() is { } place) form["$ref"] = $"#/components/schemas/{name}{place[1..]}";
        return schema;
    }

    /// <summary>The exporter takes every parameter of a record for needed; ours are left out where they have no value, and may be.</summary>
    private static JsonNode WithoutNeedOfNulls(JsonNode schema, JsonTypeInfo type)
    {
        if (schema is not JsonObject form || form["required"] is not JsonArray required) return schema;
        var needed = required.Select(n => n!.GetValue<string>()).Where(name => !MayBeNull(form["properties"]![name]!) && !IsNullable(type, name)).ToArray();
        if (needed.Length > 0) form["required"] = new JsonArray([.. needed.Select(n => (JsonNode)n)]);
        else form.Remove("required");
        return schema;
    }

    // A reference does not say so itself.
    private static bool IsNullable(JsonTypeInfo type, string name) => type.Properties.Any(p => p.Name == name && p.IsGetNullable);

    // 'true' in place of a schema stands for any value, null too.
    private static bool MayBeNull(JsonNode schema) => schema is not JsonObject form || (form["type"] is JsonArray types && types.Any(t => t!.GetValue<string>() == "null"));

    private static JsonObject Reference(JsonTypeInfo type) => new() { ["$ref"] = $"#/components/schemas/{NameOf(type)}" };

    private static string NameOf(JsonTypeInfo type) => type.Type == typeof(JsonObject) ? "Any" : type.Type.Name.Replace("Document", "", StringComparison.Ordinal);

    private static string Number(int status) => status.ToString(CultureInfo.InvariantCulture);
}
