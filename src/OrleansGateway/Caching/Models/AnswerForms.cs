using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansGateway.Http;
using OrleansGateway.Models;

namespace OrleansGateway.Caching.Models;

/// <summary>
/// Turns an answer into its other form, in the words of its own provider: a stream into the whole that the provider would have sent, and a whole into a stream. Members
/// that this program does not know are carried along. A stream that is made of a whole has each piece of text in one event.
/// </summary>
internal static class AnswerForms
{
    private static readonly JsonDocumentOptions s_options = new() { MaxDepth = RequestEnvelope.DepthMax };

    // As texts of a model are sent everywhere else: HTML is not made of them here.
    private static readonly JsonSerializerOptions s_plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, MaxDepth = RequestEnvelope.DepthMax };

    /// <summary>An answer in its other form; none if it is whole, but not of the API: its other form is nobody's guess.</summary>
    public static byte[]? TryTurn(Dialect dialect, ReadOnlySpan<byte> answer, bool toStream)
    {
        try
        {
            return toStream ? ToStream(dialect, answer) : ToWhole(dialect, answer);
        }
        catch (Exception broken) when (broken is JsonException or InvalidOperationException or ArgumentException or FormatException)
        {
            return null;
        }
    }

    /// <summary>A whole answer as a stream.</summary>
    public static byte[] ToStream(Dialect dialect, ReadOnlySpan<byte> whole)
    {
        var (answer, events) = (JsonNode.Parse(whole, documentOptions: s_options)!.AsObject(), new StringBuilder());
        if (dialect == Dialect.Anthropic)
        {
            AnthropicForms.Cut(answer, (name, data) => events.Append("event: ").Append(name).Append("\ndata: ").Append(data.ToJsonString(s_plain)).Append("\n\n"));
        }
        else
        {
            OpenAIForms.Cut(answer, chunk => events.Append("data: ").Append(chunk.ToJsonString(s_plain)).Append("\n\n"));
            events.Append("data: [DONE]\n\n");
        }

        return Encoding.UTF8.GetBytes(events.ToString());
    }

    /// <summary>A complete stream as a whole answer.</summary>
    public static byte[] ToWhole(Dialect dialect, ReadOnlySpan<byte> stream)
    {
        using var events = new SseReader();
        var (openAI, anthropic) = (new OpenAIForms(), new AnthropicForms());
        while (!stream.IsEmpty)
        {
            var room = events.Free().Span;
            var bytes = Math.Min(room.Length, stream.Length);
            stream[..bytes].CopyTo(room);
            events.Advance(bytes);
            stream = stream[bytes..];
            while (events.TryRead(out var sse))
            {
                if (!sse.HasData || sse.Data.SequenceEqual("[DONE]"u8)) continue;
                if (JsonNode.Parse(sse.Data, documentOptions: s_options) is not JsonObject data) continue;
                if (dialect == Dialect.Anthropic) anthropic.Take(data);
                else openAI.Take(data);
            }
        }

        var whole = dialect == Dialect.Anthropic ? anthropic.Whole : openAI.Whole();
        return Encoding.UTF8.GetBytes(whole.ToJsonString(s_plain));
    }
}
