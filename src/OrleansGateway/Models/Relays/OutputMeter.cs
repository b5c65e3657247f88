using System.Text.Json;
using OrleansGateway.Http;

namespace OrleansGateway.Models.Relays;

/// <summary>
/// Tells how many output tokens of a stream have come, at most, before its provider says so: a token of visible output covers at least one byte. Where the provider reports
/// as it goes, its count stands for what came before.
/// </summary>
internal sealed class OutputMeter(OutputText said)
{
    private long _bytes;
    private long _reported;
    private long _bytesReported;

    /// <summary>Takes note of an event's data.</summary>
    public void Take(ReadOnlySpan<byte> data, TokenUsage? usage)
    {
        var before = said.Length;
        _bytes += Collect(data) ? said.Length - before : data.Length;
        if (usage is not { Output: var output } || output <= _reported) return;
        (_reported, _bytesReported) = (output, _bytes);
    }

    /// <summary>Output tokens so far, at most.</summary>
    public long Tokens => _reported + _bytes - _bytesReported;

    /// <summary>
    /// Takes all strings in what the event adds to the answer: <c>delta</c> in both dialects, and <c>content_block</c> in Anthropic's. False if it is no JSON.
    /// </summary>
    private bool Collect(ReadOnlySpan<byte> data)
    {
        if (data.IsEmpty || data[0] != '{') return true;
        var reader = new Utf8JsonReader(data);
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType != JsonTokenType.PropertyName || !(reader.ValueTextEquals("delta"u8) || reader.ValueTextEquals("content_block"u8))) continue;
                reader.Read();
                CollectPiece(ref reader);
            }
        }
        catch (JsonException)
        {
            // Passed on as it is, and the client may make something of it.
            return false;
        }

        return true;
    }

    private void CollectPiece(ref Utf8JsonReader reader)
    {
        var depth = reader.CurrentDepth;
        if (reader.TokenType != JsonTokenType.StartObject) return;
        while (reader.Read() && reader.CurrentDepth > depth)
        {
            if (reader.TokenType == JsonTokenType.String) said.Add(reader.ValueSpan);
            else if (reader.TokenType == JsonTokenType.PropertyName)
            {
                if (IsNoOutput(ref reader)) reader.Skip();
                else if (reader.ValueTextEquals("tool_calls"u8) || reader.ValueTextEquals("partial_json"u8) || reader.ValueTextEquals("input"u8)) said.NotPlain();
            }
        }
    }

    /// <summary>Whether a member is not of the model's making, or is a proof that stands for no token.</summary>
    private static bool IsNoOutput(ref Utf8JsonReader reader) =>
        reader.ValueTextEquals("type"u8) || reader.ValueTextEquals("role"u8) || reader.ValueTextEquals("signature"u8);
}
