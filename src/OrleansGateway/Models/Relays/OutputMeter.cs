using System.Text.Json;
using OrleansGateway.Http;

namespace OrleansGateway.Models.Relays;

/// <summary>
/// Tells how many output tokens of a stream have come, at most, before its provider says so: a token of visible output covers at least one byte. Where the provider reports
/// as it goes, its count stands for what came before.
/// </summary>
internal sealed class OutputMeter
{
    private long _bytes;
    private long _reported;
    private long _bytesReported;

    /// <summary>Takes note of an event's data.</summary>
    public void Take(ReadOnlySpan<byte> data, TokenUsage? usage)
    {
        _bytes += BytesOf(data);
        if (usage is not { Output: var output } || output <= _reported) return;
        (_reported, _bytesReported) = (output, _bytes);
    }

    /// <summary>Output tokens so far, at most.</summary>
    public long Tokens => _reported + _bytes - _bytesReported;

    /// <summary>Bytes of all strings in what the event adds to the answer: <c>delta</c> in both dialects, and <c>content_block</c> in Anthropic's.</summary>
    private static long BytesOf(ReadOnlySpan<byte> data)
    {
        if (data.IsEmpty || data[0] != '{') return 0;
        var bytes = 0L;
        var reader = new Utf8JsonReader(data);
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType != JsonTokenType.PropertyName || !(reader.ValueTextEquals("delta"u8) || reader.ValueTextEquals("content_block"u8))) continue;
                reader.Read();
                bytes += BytesOfPiece(ref reader);
            }
        }
        catch (JsonException)
        {
            // Passed on as it is, and the client may make something of it.
            return data.Length;
        }

        return bytes;
    }

    private static long BytesOfPiece(ref Utf8JsonReader reader)
    {
        var (depth, bytes) = (reader.CurrentDepth, 0L);
        if (reader.TokenType != JsonTokenType.StartObject) return 0;
        while (reader.Read() && reader.CurrentDepth > depth)
        {
            if (reader.TokenType == JsonTokenType.String) bytes += reader.ValueSpan.Length;
            else if (reader.TokenType == JsonTokenType.PropertyName && IsNoOutput(ref reader)) reader.Skip();
        }

        return bytes;
    }

    /// <summary>Whether a member is not of the model's making, or is a proof that stands for no token.</summary>
    private static bool IsNoOutput(ref Utf8JsonReader reader) =>
        reader.ValueTextEquals("type"u8) || reader.ValueTextEquals("role"u8) || reader.ValueTextEquals("signature"u8);
}
