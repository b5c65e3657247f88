using System.Runtime.CompilerServices;
using System.Text.Json;

namespace OrleansGateway.Limits;

/// <summary>
/// What has been seen of a body so far. Names count wherever they stand: what is taken for an image or a document by mistake makes the bound greater. Bytes are
/// left out only where both APIs have the data of images and nothing else, for a text passed off as an image would make it less.
/// </summary>
internal struct CallSizePass()
{
    /// <summary>Deepest place that is told apart: the data of an image in the result of a tool.</summary>
    public const int DepthMax = 8;

    // Names of the members that lead to where the reader is, by depth; None where an array is between.
    private Path _path;

    /// <summary>A member's name, as far as it matters.</summary>
    public enum Name : byte
    {
        None,
        Other,
        Messages,
        Content,
        ImageUrl,
        Source,
    }

    public long ImageBytes { get; private set; }
    public int ImageTypes { get; private set; }
    public int ImageUrls { get; private set; }
    public bool HasTools { get; private set; }
    public bool IsOpenEnded { get; private set; }
    public long? MaxOutputTokens { get; private set; }
    public long Answers { get; private set; } = 1;

    /// <summary>Goes into an array or an object: of what was before it at that depth nothing leads there.</summary>
    public void Enter(int depth)
    {
        if (depth < DepthMax) _path[(depth + 1)..].Clear();
    }

    /// <summary>Looks at a member whose name has been read, and reads its value if it matters.</summary>
    public void Take(ref Utf8JsonReader reader)
    {
        var depth = reader.CurrentDepth;
        Note(ref reader, depth);
        if (depth == 1) TakeOwn(ref reader);
        else TakeWithin(ref reader, depth);
    }

    private void Note(ref Utf8JsonReader reader, int depth)
    {
        if (depth > DepthMax) return;
        Enter(depth);
        _path[depth] = reader.ValueTextEquals("messages"u8) ? Name.Messages
            : reader.ValueTextEquals("content"u8) ? Name.Content
            : reader.ValueTextEquals("image_url"u8) ? Name.ImageUrl
            : reader.ValueTextEquals("source"u8) ? Name.Source
            : Name.Other;
    }

    private void TakeOwn(ref Utf8JsonReader reader)
    {
        if (reader.ValueTextEquals("max_tokens"u8) || reader.ValueTextEquals("max_completion_tokens"u8) || reader.ValueTextEquals("max_output_tokens"u8))
        {
            // Of two the greater: nobody promises which one a provider goes by.
            if (Number(ref reader) is { } tokens) MaxOutputTokens = Math.Max(tokens, MaxOutputTokens ?? 0);
        }
        else if (reader.ValueTextEquals("n"u8))
        {
            Answers = Number(ref reader) ?? 1;
        }
        else if (reader.ValueTextEquals("tools"u8) || reader.ValueTextEquals("functions"u8))
        {
            HasTools = true;
        }
        else if (reader.ValueTextEquals("web_search_options"u8) || reader.ValueTextEquals("mcp_servers"u8) || reader.ValueTextEquals("container"u8)
            || reader.ValueTextEquals("previous_response_id"u8) || reader.ValueTextEquals("conversation"u8))
        {
            IsOpenEnded = true;
        }
    }

    private void TakeWithin(ref Utf8JsonReader reader, int depth)
    {
        if (reader.ValueTextEquals("type"u8))
        {
            TakeType(ref reader);
        }
        else if (reader.ValueTextEquals("image_url"u8))
        {
            ImageUrls++;
        }
        else if (reader.ValueTextEquals("url"u8) || reader.ValueTextEquals("data"u8))
        {
            if (IsOfImage(depth)) TakeImage(ref reader);
        }
        else if (reader.ValueTextEquals("file_id"u8) || reader.ValueTextEquals("file_url"u8) || reader.ValueTextEquals("file_data"u8)
            || reader.ValueTextEquals("video_url"u8) || reader.ValueTextEquals("audio_url"u8))
        {
            IsOpenEnded = true;
        }
    }

    private void TakeType(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.String) return;
        if (reader.ValueTextEquals("image_url"u8) || reader.ValueTextEquals("image"u8) || reader.ValueTextEquals("input_image"u8)) ImageTypes++;
        else if (reader.ValueIsEscaped || IsOpen(reader.ValueSpan)) IsOpenEnded = true;
    }

    // Documents, and tools that the provider runs: they have a date at their end with Anthropic (web_search_20250305), names of their own with OpenAI.
    private static bool IsOpen(ReadOnlySpan<byte> type)
    {
        if (type.SequenceEqual("document"u8) || type.SequenceEqual("file"u8) || type.SequenceEqual("input_file"u8) || type.StartsWith("video"u8)) return true;
        if (type.StartsWith("web_"u8) || type.StartsWith("file_search"u8) || type.StartsWith("code_"u8) || type.StartsWith("mcp"u8)
            || type.StartsWith("computer"u8))
            return true;
        return type.Length > 9 && type[^9] == '_' && type[^8..].IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0;
    }

    // messages[].content[].image_url.url, messages[].content[].source.data, and the latter in the content of a tool's result.
    private readonly bool IsOfImage(int depth) => depth switch
    {
        6 => _path[1..6] is [Name.Messages, Name.None, Name.Content, Name.None, Name.ImageUrl or Name.Source],
        8 => _path[1..8] is [Name.Messages, Name.None, Name.Content, Name.None, Name.Content, Name.None, Name.Source],
        _ => false,
    };

    private void TakeImage(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.String) ImageBytes += reader.ValueSpan.Length;
    }

    [InlineArray(DepthMax + 1)]
    private struct Path
    {
        private Name _name;
    }

    private static long? Number(ref Utf8JsonReader reader)
    {
        reader.Read();
        return reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var number) && number > 0 ? number : null;
    }
}
