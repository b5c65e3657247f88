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

    /// <summary>Most output tokens of each answer, as the client states it; none if it states none, or what is no whole number from 1.</summary>
    public long? OutputTokensMax { get; init; }

    /// <summary>Where the value of <c>max_tokens</c> stands; <c>0..0</c> if it is not there.</summary>
    public Range MaxTokensAt { get; init; }

    /// <summary>Where the value of <c>max_completion_tokens</c> (OpenAI) stands; <c>0..0</c> if it is not there.</summary>
    public Range MaxCompletionTokensAt { get; init; }

    /// <summary>Where the value of <c>metadata</c> stands; <c>0..0</c> if it is not there.</summary>
    public Range MetadataAt { get; init; }

    /// <summary>How many answers are asked for (OpenAI's <c>n</c>); <see cref="long.MaxValue"/> if it is no whole number from 1.</summary>
    public long Answers { get; init; }

    /// <summary>Deepest nesting taken. JSON Schemas of tools are the deepest there are, at some dozens.</summary>
    public const int DepthMax = 256;

    /// <summary>What a body is refused with whose names are no text.</summary>
    public static readonly Refusal NotUnicode = Refusal.BadRequest("invalid_json", "The request body has a field whose name, or a model whose name, is not valid Unicode.");

    /// <summary>Reads the body, or says what is wrong with it.</summary>
    public static Refusal? Read(ReadOnlySpan<byte> body, out RequestEnvelope envelope)
    {
        envelope = default;
        // RFC 8259 section 8.1. The reader does not look inside strings, and what it lets through would fail whoever reads them.
        if (!Utf8.IsValid(body)) return Refusal.BadRequest("invalid_json", "The request body is not valid UTF-8.");
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = DepthMax });
        try
        {
            return Read(body, ref reader, ref envelope);
        }
        catch (JsonException broken)
        {
            return NotJson(broken);
        }
        catch (InvalidOperationException)
        {
            // The platform's way to say that a name, or the model's, escapes half a surrogate pair.
            return NotUnicode;
        }
    }

    private static Refusal? Read(ReadOnlySpan<byte> body, ref Utf8JsonReader reader, ref RequestEnvelope envelope)
    {
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            return Refusal.BadRequest("invalid_json", "The request body must be a JSON object.");
        var (model, modelAt, stream, options) = ((string?)null, default(Range), (bool?)null, (At: default(Range), Usage: false));
        var (maxTokens, maxCompletionTokens, answers) = ((At: default(Range), Value: (long?)null), (At: default(Range), Value: (long?)null), (At: default(Range), Value: (long?)1));
        var metadataAt = default(Range);
        var names = new MemberNames(stackalloc Range[MemberNames.Usual]);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var start = (int)reader.TokenStartIndex + 1;
            if (!names.Add(body, start..(start + reader.ValueSpan.Length), reader.ValueIsEscaped ? reader.GetString() : null)) return Twice(reader.GetString()!);
            if (reader.ValueTextEquals("model"u8))
            {
                if (!reader.Read() || reader.TokenType != JsonTokenType.String) return Wrong("model", "must be a string that names a model");
                modelAt = (int)reader.TokenStartIndex..(int)reader.BytesConsumed;
                model = reader.GetString()!;
            }
            else if (reader.ValueTextEquals("stream"u8))
            {
                reader.Read();
                if (reader.TokenType is not (JsonTokenType.True or JsonTokenType.False or JsonTokenType.Null))
                    return Wrong("stream", "must be true or false");
                stream = reader.TokenType == JsonTokenType.True;
            }
            else if (reader.ValueTextEquals("stream_options"u8))
            {
                options = ReadStreamOptions(ref reader);
            }
            else if (reader.ValueTextEquals("max_tokens"u8))
            {
                maxTokens = ReadCount(ref reader);
            }
            else if (reader.ValueTextEquals("max_completion_tokens"u8))
            {
                maxCompletionTokens = ReadCount(ref reader);
            }
            else if (reader.ValueTextEquals("n"u8))
            {
                answers = ReadCount(ref reader);
                // Null is as good as absent.
                if (body[answers.At].SequenceEqual("null"u8)) answers.Value = 1;
            }
            else if (reader.ValueTextEquals("metadata"u8))
            {
                metadataAt = ValueOf(ref reader);
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
            OutputTokensMax = maxCompletionTokens.Value ?? maxTokens.Value,
            MaxTokensAt = maxTokens.At,
            MaxCompletionTokensAt = maxCompletionTokens.At,
            Answers = answers.Value ?? long.MaxValue,
            MetadataAt = metadataAt,
        };
        return null;
    }

    private static (Range At, long? Value) ReadCount(ref Utf8JsonReader reader)
    {
        reader.Read();
        var start = (int)reader.TokenStartIndex;
        var count = reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var value) && value > 0 ? value : (long?)null;
        reader.Skip();
        return (start..(int)reader.BytesConsumed, count);
    }

    private static Range ValueOf(ref Utf8JsonReader reader)
    {
        reader.Read();
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        return start..(int)reader.BytesConsumed;
    }

    private static (Range At, bool Usage) ReadStreamOptions(ref Utf8JsonReader reader)
    {
        reader.Read();
        var (start, usage) = ((int)reader.TokenStartIndex, false);
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return (start..(int)reader.BytesConsumed, false);
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var asked = reader.ValueTextEquals("include_usage"u8);
            reader.Read();
            if (asked) usage = reader.TokenType == JsonTokenType.True;
            reader.Skip();
        }

        return (start..(int)reader.BytesConsumed, usage);
    }

    private static Refusal Twice(string name) => Refusal.BadRequest(
        "duplicate_field", $"The field '{name}' stands twice in the request body; it must stand once, or it means different things to different readers.", name);

    private static Refusal Wrong(string name, string what) => Refusal.BadRequest("invalid_field", $"The field '{name}' {what}.", name);

    private static Refusal NotJson(JsonException broken) => Refusal.BadRequest(
        "invalid_json", $"The request body is not JSON: line {broken.LineNumber + 1}, byte {broken.BytePositionInLine + 1} of that line.");
}
