using System.Text.Json;
using OrleansGateway.Configuration;
using OrleansGateway.Models;

namespace OrleansGateway.Limits;

/// <summary>
/// How large a model call can be, read off its body in one pass without allocating. A token of every known tokenizer stands for a byte of text at least, and
/// the names and marks of the JSON are more bytes than what providers add to a message (some 4 to 10 tokens each): so the bytes of the body bound its tokens,
/// but for what stands in it otherwise: images, whose data says nothing of their tokens, and what the provider brings in itself.
/// </summary>
internal readonly record struct CallSize
{
    // What providers add to a request with tools (Anthropic up to some 700 tokens); the rest is room.
    private const long ToolsTokens = 2_000;

    /// <summary>Bound of all input tokens but those of images.</summary>
    public long TextTokens { get; init; }

    /// <summary>Images, by address or as data.</summary>
    public int Images { get; init; }

    /// <summary>
    /// Whether it holds something whose size only the provider knows: files by id or address, documents, videos, or tools of the provider's own.
    /// </summary>
    public bool IsOpenEnded { get; init; }

    /// <summary>Output tokens that the client allows for one answer; none if it names no such number.</summary>
    public long? MaxOutputTokens { get; init; }

    /// <summary>Answers wanted: OpenAI's <c>n</c>. 1 if it says nothing.</summary>
    public long Answers { get; init; }

    /// <summary>
    /// Reads a body that is known to be a JSON object. A pass of its own, beside that of <see cref="RequestEnvelope"/>: this one looks into every value, which that one skips, and calls
    /// under no limit or budget never pay for it.
    /// </summary>
    public static CallSize Read(ReadOnlySpan<byte> body)
    {
        var pass = new CallSizePass();
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = RequestEnvelope.DepthMax });
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.PropertyName) pass.Take(ref reader);
            else if (reader.TokenType is JsonTokenType.StartArray or JsonTokenType.StartObject) pass.Enter(reader.CurrentDepth);
        }

        return new CallSize
        {
            TextTokens = body.Length - pass.ImageBytes + FeasibilityRules.FrameTokens + (pass.HasTools ? ToolsTokens : 0),
            Images = Math.Max(pass.ImageTypes, pass.ImageUrls),
            IsOpenEnded = pass.IsOpenEnded,
            MaxOutputTokens = pass.MaxOutputTokens,
            Answers = pass.Answers,
        };
    }

    /// <summary>The most input tokens it can have: never more than the model's context.</summary>
    public long InputTokens(long imageTokensMax, long inputTokensMax) =>
        IsOpenEnded ? inputTokensMax : (long)Int128.Min(inputTokensMax, TextTokens + (Int128)Images * imageTokensMax);
}
