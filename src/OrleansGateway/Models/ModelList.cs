using System.Text.Json;
using OrleansGateway.Http;

namespace OrleansGateway.Models;

/// <summary>
/// <c>GET /v1/models</c> and <c>GET /v1/models/{id}</c>: the models this caller may ask for on this route. Both APIs have these paths; a client that sends
/// <c>anthropic-version</c> gets Anthropic's shape, every other OpenAI's.
/// </summary>
internal static class ModelList
{
    /// <summary>Models have no creation date of their own here; a fixed one keeps answers cacheable and typed parsers content.</summary>
    private static readonly DateTimeOffset Created = DateTimeOffset.UnixEpoch;

    /// <summary>Why this caller cannot have a model on this route; none if it can.</summary>
    public static Refusal? Check(Exchange exchange, string model)
    {
        if (!exchange.Snapshot.Models.ContainsKey(model) || !exchange.Route!.Models.Matches(model))
            return new(404, "model_not_found", $"The model '{Shown(model)}' does not exist here; GET /v1/models lists those that do.", "model");
        return exchange.Caller!.Models.Matches(model)
            ? null
            : new(403, "model_not_allowed", $"This API key may not use the model '{Shown(model)}'; GET /v1/models lists those it may.", "model");
    }

    public static ValueTask WriteAllAsync(Exchange exchange)
    {
        var models = exchange.Snapshot.Models.Keys.Where(m => Check(exchange, m) is null).Order(StringComparer.Ordinal).ToList();
        return WriteAsync(exchange, models, exchange.Dialect == Dialect.Anthropic ? WriteAnthropicList : WriteOpenAIList);
    }

    public static ValueTask WriteOneAsync(Exchange exchange)
    {
        var path = exchange.Target.Path;
        var model = path[(exchange.Route!.Path.Length + ModelEndpoint.ModelPathPrefix.Length)..];
        if (Check(exchange, model) is { } refusal)
        {
            exchange.Refuse(refusal);
            return ValueTask.CompletedTask;
        }

        return WriteAsync(exchange, model, exchange.Dialect == Dialect.Anthropic ? WriteAnthropic : WriteOpenAI);
    }

    private static async ValueTask WriteAsync<T>(Exchange exchange, T content, Action<Utf8JsonWriter, T> write)
    {
        var response = exchange.Http.Response;
        response.ContentType = "application/json";
        using (var json = new Utf8JsonWriter(response.BodyWriter)) write(json, content);
        await response.BodyWriter.FlushAsync(exchange.Aborted);
    }

    private static void WriteOpenAIList(Utf8JsonWriter json, List<string> models)
    {
        json.WriteStartObject();
        json.WriteString("object", "list");
        json.WriteStartArray("data");
        foreach (var model in models) WriteOpenAI(json, model);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteOpenAI(Utf8JsonWriter json, string model)
    {
        json.WriteStartObject();
        json.WriteString("id", model);
        json.WriteString("object", "model");
        json.WriteNumber("created", Created.ToUnixTimeSeconds());
        json.WriteString("owned_by", "gateway");
        json.WriteEndObject();
    }

    private static void WriteAnthropicList(Utf8JsonWriter json, List<string> models)
    {
        json.WriteStartObject();
        json.WriteStartArray("data");
        foreach (var model in models) WriteAnthropic(json, model);
        json.WriteEndArray();
        json.WriteBoolean("has_more", false);
        json.WriteString("first_id", models.FirstOrDefault());
        json.WriteString("last_id", models.LastOrDefault());
        json.WriteEndObject();
    }

    private static void WriteAnthropic(Utf8JsonWriter json, string model)
    {
        json.WriteStartObject();
        json.WriteString("type", "model");
        json.WriteString("id", model);
        json.WriteString("display_name", model);
        json.WriteString("created_at", Created.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture));
        json.WriteEndObject();
    }

    /// <summary>A name from outside, short enough for a message.</summary>
    private static string Shown(string model) => model.Length <= 200 ? model : model[..200] + "…";
}
