using System.Text;
using System.Text.Json;
using Microsoft.ML.Tokenizers;
using OrleansGateway.Http;
using OrleansGateway.Models;

namespace OrleansGateway.Usage;

/// <summary>
/// Counts tokens where the provider did not. Exact for text to and from models of OpenAI, whose encodings are public; an estimate for all else, with the newest of them. An encoding
/// is loaded when it is first needed, which takes some 200 ms and 60 MB.
/// </summary>
/// <param name="load">Loads an encoding by its name.</param>
internal sealed class TokenCounter(Func<string, Tokenizer> load)
{
    /// <summary>What OpenAI adds to a conversation, and to each of its messages and names.</summary>
    private const int FrameTokens = 3, MessageTokens = 3, NameTokens = 1;

    private static readonly (string Prefix, bool IsNew)[] s_known =
    [
        ("gpt-4o", true), ("gpt-4.1", true), ("gpt-4.5", true), ("gpt-5", true), ("chatgpt-4o", true), ("o1", true), ("o3", true), ("o4-mini", true), ("gpt-oss", true),
        ("gpt-4", false), ("gpt-3.5", false), ("text-embedding-3", false), ("text-embedding-ada-002", false),
    ];

    private readonly Lazy<Tokenizer> _new = new(() => load("o200k_base"));
    private readonly Lazy<Tokenizer> _old = new(() => load("cl100k_base"));

    public TokenCounter() : this(static name => TiktokenTokenizer.CreateForEncoding(name))
    {
    }

    /// <summary>Tokens of what came of the answer under way, and whether that is exact.</summary>
    public (long Tokens, bool IsExact) OutputOf(ModelCall call)
    {
        if (call.Said is not { Length: > 0 } said) return (0, IsExact: call.Endpoint.Action == ModelAction.Embeddings || call.Stream);
        var (tokenizer, isKnown) = For(call.TargetModel ?? call.Model);
        var tokens = (long)tokenizer.CountTokens(Unescape(said.Kept));
        // What was not kept is as dense as what was.
        if (said.Length > OutputText.BytesMax) tokens = (long)((Int128)tokens * said.Length / OutputText.BytesMax);
        return (tokens, isKnown && said.IsPlain && said.Length <= OutputText.BytesMax);
    }

    /// <summary>Tokens of the request, and whether that is exact: it is for messages of text alone.</summary>
    public (long Tokens, bool IsExact) InputOf(ModelCall call)
    {
        var (tokenizer, isExact) = For(call.TargetModel ?? call.Model);
        using var json = JsonDocument.Parse(call.Body, new JsonDocumentOptions { MaxDepth = RequestEnvelope.DepthMax });
        var count = new RequestCount(tokenizer);
        try
        {
            if (call.Endpoint.Action == ModelAction.Embeddings) count.TakeInput(json.RootElement);
            else count.TakeConversation(json.RootElement);
            return (count.Tokens, isExact && count.IsPlain);
        }
        catch (InvalidOperationException)
        {
            // The platform's way to say that a name escapes half a surrogate pair. Four bytes make a token of English, on average.
            return (call.Body.Length / 4, false);
        }
    }

    private (Tokenizer Tokenizer, bool IsKnown) For(string model)
    {
        var name = model[(model.LastIndexOf('/') + 1)..];
        foreach (var (prefix, isNew) in s_known)
        {
            if (name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)) return ((isNew ? _new : _old).Value, true);
        }

        return (_new.Value, false);
    }

    private static string Unescape(ReadOnlySpan<byte> escaped)
    {
        var json = new byte[escaped.Length + 2];
        json[0] = json[^1] = (byte)'"';
        escaped.CopyTo(json.AsSpan(1));
        try
        {
            var reader = new Utf8JsonReader(json);
            reader.Read();
            return reader.GetString()!;
        }
        catch (Exception broken) when (broken is JsonException or InvalidOperationException)
        {
            // Cut in the middle of an escape, or half a surrogate pair.
            return Encoding.UTF8.GetString(escaped);
        }
    }

    /// <summary>A request's tokens as they are added up.</summary>
    private struct RequestCount(Tokenizer tokenizer)
    {
        public long Tokens { get; private set; }

        /// <summary>Whether there was nothing but text in it.</summary>
        public bool IsPlain { get; private set; } = true;

        public void TakeConversation(JsonElement body)
        {
            Tokens += FrameTokens;
            if (body.Member("tools") is { ValueKind: JsonValueKind.Array } tools && tools.GetArrayLength() > 0) TakeOther(tools);
            if (body.Member("system") is { } system)
            {
                IsPlain = false;
                TakeContent(system);
            }

            foreach (var message in body.Items("messages")) TakeMessage(message);
        }

        /// <summary>Input of embeddings: a text, some texts, or tokens.</summary>
        public void TakeInput(JsonElement body)
        {
            if (body.Member("input") is not { } input) return;
            if (input.ValueKind == JsonValueKind.String) TakeText(input);
            if (input.ValueKind != JsonValueKind.Array) return;
            foreach (var item in input.EnumerateArray())
            {
                if (item.ValueKind == JsonValueKind.String) TakeText(item);
                else Tokens += item.ValueKind == JsonValueKind.Array ? item.GetArrayLength() : 1;
            }
        }

        private void TakeMessage(JsonElement message)
        {
            Tokens += MessageTokens;
            if (message.ValueKind != JsonValueKind.Object) return;
            foreach (var member in message.EnumerateObject())
            {
                if (member.NameEquals("content")) TakeContent(member.Value);
                else if (member.NameEquals("role")) TakeText(member.Value);
                else if (member.NameEquals("name")) TakeName(member.Value);
                else if (member.Value.ValueKind != JsonValueKind.Null) TakeOther(member.Value);
            }
        }

        private void TakeName(JsonElement name)
        {
            Tokens += NameTokens;
            TakeText(name);
        }

        private void TakeContent(JsonElement content)
        {
            if (content.ValueKind == JsonValueKind.String) TakeText(content);
            if (content.ValueKind != JsonValueKind.Array) return;
            foreach (var part in content.EnumerateArray())
            {
                if (part.Member("text") is { ValueKind: JsonValueKind.String } text) TakeText(text);
                else IsPlain = false;
            }
        }

        private void TakeOther(JsonElement value)
        {
            IsPlain = false;
            Tokens += tokenizer.CountTokens(value.GetRawText());
        }

        private void TakeText(JsonElement text)
        {
            if (text.ValueKind == JsonValueKind.String) Tokens += tokenizer.CountTokens(text.Text());
            else IsPlain = false;
        }
    }
}
