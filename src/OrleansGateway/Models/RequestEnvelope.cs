using System.Text.Json;
using System.Text.Unicode;
using OrleansGateway.Http;

namespace OrleansGateway.Models;

/// <summary>
/// What the gateway must know of a request's body, found in one pass that allocates only the model's name: which bytes to replace when the
/// model is called otherwise upstream, and whether a stream is wanted. The rest travels on unread.
/// </summary>
internal readonly record struct RequestEnvelope
{
    public required string Model { get; init; }

    /// <summary>Where the model's name stands in the body, its quotes included.</summary>
    public required Range ModelAt { get; init; }

    public bool Stream { get; init; }

    /// <summary>Whether the client asked for the usage of a stream (OpenAI's <c>stream_options.include_usage</c>).</summary>
    public bool IncludeUsage { get; init; }

    /// <summary>Where the value of <c>stream_options</c> stands; <c>0..0</c> if it is not there.</summary>
    public Range StreamOptionsAt { get; init; }

    /// <summary>Deepest nesting taken. JSON Schemas of tools are the deepest there are, at some dozens.</summary>
    public const int DepthMax = 256;

    /// <summary>Reads the body, or says what is wrong with it.</summary>
    public static Refusal? Read(ReadOnlySpan<byte> body, out RequestEnvelope envelope)
    {
        envelope = default;
        // The reader lets such bytes pass and throws when the text is read, which may be stages later. RFC 8259 section 8.1: JSON is UTF-8.
        if (!Utf8.IsValid(body)) return Refusal.BadRequest("invalid_json", "The request body is not UTF-8.");
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = DepthMax });
        try
        {
            return Read(ref reader, ref envelope);
        }
        catch (JsonException broken)
        {
            return NotJson(broken);
        }
        catch (InvalidOperationException)
        {
            // All else that the reader throws so is asked for above: it was an escape such as \ud800 in the model, or in the name of a field.
            return Refusal.BadRequest("invalid_json", "The request body holds half of a surrogate pair, which is no character, in the model or the name of a field.");
        }
    }

    private static Refusal? Read(ref Utf8JsonReader reader, ref RequestEnvelope envelope)
    {
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            return Refusal.BadRequest("invalid_json", "The request body must be a JSON object.");
        var (model, modelAt, stream, options) = ((string?)null, default(Range), (bool?)null, (At: default(Range), Usage: false, Seen: false));
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("model"u8))
            {
                if (model is not null) return Twice("model");
                if (!reader.Read() || reader.TokenType != JsonTokenType.String) return Wrong("model", "must be a string that names a model");
                modelAt = (int)reader.TokenStartIndex..(int)reader.BytesConsumed;
                model = reader.GetString()!;
            }
            else if (reader.ValueTextEquals("stream"u8))
            {
                if (stream is not null) return Twice("stream");
                reader.Read();
                if (reader.TokenType is not (JsonTokenType.True or JsonTokenType.False or JsonTokenType.Null))
                    return Wrong("stream", "must be true or false");
                stream = reader.TokenType == JsonTokenType.True;
            }
            else if (reader.ValueTextEquals("stream_options"u8))
            {
                if (options.Seen) return Twice("stream_options");
                options = ReadStreamOptions(ref reader);
            }
            else
            {
                reader.Skip();
            }
        }

        while (reader.Read())
        {
            // To the end: what follows the object must be nothing but white space, and the reader throws if it is not.
        }

        if (string.IsNullOrEmpty(model)) return Wrong("model", "is missing: name a model, GET /v1/models lists them");
        envelope = new RequestEnvelope
        {
            Model = model,
            ModelAt = modelAt,
            Stream = stream ?? false,
            IncludeUsage = options.Usage,
            StreamOptionsAt = options.At,
        };
        return null;
    }

    private static (Range At, bool Usage, bool Seen) ReadStreamOptions(ref Utf8JsonReader reader)
    {
        reader.Read();
        var (start, usage) = ((int)reader.TokenStartIndex, false);
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return (start..(int)reader.BytesConsumed, false, true);
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var asked = reader.ValueTextEquals("include_usage"u8);
            reader.Read();
            if (asked) usage = reader.TokenType == JsonTokenType.True;
            reader.Skip();
        }

        return (start..(int)reader.BytesConsumed, usage, true);
    }

    private static Refusal Twice(string name) => Refusal.BadRequest(
        "duplicate_field", $"The field '{name}' stands twice in the request body; it must stand once, or it means different things to different readers.", name);

    private static Refusal Wrong(string name, string what) => Refusal.BadRequest("invalid_field", $"The field '{name}' {what}.", name);

    private static Refusal NotJson(JsonException broken) => Refusal.BadRequest(
        "invalid_json", $"The request body is not JSON: line {broken.LineNumber + 1}, byte {broken.BytePositionInLine + 1} of that line.");
}
