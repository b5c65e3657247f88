using System.Text.Json;
using OrleansGateway.Configuration;
using OrleansGateway.Http;
using OrleansGateway.Models;

namespace OrleansGateway.Caching.Models;

/// <summary>
/// An answer that has come, read for the cache: whether it is complete, why the model stopped, and where its id stands. Strict: what it does not know for sure to be a
/// whole, good answer is not stored. A stream must have its final event, blank line included; a connection that merely ends says nothing.
/// </summary>
internal sealed class KnownAnswer
{
    private readonly HashSet<long> _choices = [];
    private readonly HashSet<long> _finished = [];
    private readonly List<int> _ids = [];
    private byte[]? _id;
    private bool _isEnded;
    private bool _isFaulty;

    /// <summary>Why it stopped; none for what does not speak. Any other reason than these makes it no answer to store.</summary>
    public HashSet<StoredFinish> Finishes { get; } = [];

    /// <summary>Whether it tells usage.</summary>
    public bool TellsUsage { get; private set; }

    /// <summary>Where its id stands: the first byte after the quote, each time.</summary>
    public int[] IdsAt => [.. _ids];

    /// <summary>Bytes of its id.</summary>
    public int IdLength => _id?.Length ?? 0;

    /// <summary>Reads it; none if it is not complete and good.</summary>
    /// <param name="dialect">What its provider speaks.</param>
    /// <param name="isChat">Whether a model speaks, rather than measures.</param>
    /// <param name="isStream">Whether it is a stream of events.</param>
    /// <param name="body">All of it.</param>
    public static KnownAnswer? Read(Dialect dialect, bool isChat, bool isStream, ReadOnlySpan<byte> body)
    {
        var answer = new KnownAnswer();
        try
        {
            if (isStream) answer.TakeStream(dialect, body);
            else answer.TakeWhole(dialect, isChat, body);
        }
        catch (Exception broken) when (broken is JsonException or InvalidOperationException or Upstream.UpstreamException)
        {
            return null;
        }

        return answer is { _isEnded: true, _isFaulty: false } && answer._finished.SetEquals(answer._choices) && (answer.Finishes.Count > 0 || !isChat) ? answer : null;
    }

    private void TakeStream(Dialect dialect, ReadOnlySpan<byte> body)
    {
        using var events = new SseReader();
        var at = 0;
        for (var rest = body; !rest.IsEmpty;)
        {
            var room = events.Free().Span;
            var bytes = Math.Min(room.Length, rest.Length);
            rest[..bytes].CopyTo(room);
            events.Advance(bytes);
            rest = rest[bytes..];
            while (events.TryRead(out var sse))
            {
                Take(dialect, sse, at);
                at += sse.Raw.Length;
            }
        }

        // What follows the final event, or an event cut in the middle, is not of the answer.
        if (at != body.Length) _isFaulty = true;
    }

    private void Take(Dialect dialect, in SseEvent sse, int at)
    {
        if (!sse.HasData) return;
        if (_isEnded)
        {
            _isFaulty = true;
            return;
        }

        if (sse.Data.SequenceEqual("[DONE]"u8))
        {
            _isEnded = dialect == Dialect.OpenAI;
            return;
        }

        if (sse.Raw.Overlaps(sse.Data, out var offset)) NoteId(dialect, sse.Data, at + offset);
        var reader = new Utf8JsonReader(sse.Data);
        using var json = JsonDocument.ParseValue(ref reader);
        if (dialect == Dialect.Anthropic) TakeMessageEvent(json.RootElement, sse.Name);
        else TakeChunk(json.RootElement, "delta");
    }

    private void TakeWhole(Dialect dialect, bool isChat, ReadOnlySpan<byte> body)
    {
        NoteId(dialect, body, 0);
        var reader = new Utf8JsonReader(body);
        using var json = JsonDocument.ParseValue(ref reader);
        _isFaulty |= !body[(int)reader.BytesConsumed..].TrimStart(" \t\r\n"u8).IsEmpty;
        var root = json.RootElement;
        _isEnded = root.ValueKind == JsonValueKind.Object;
        if (!isChat) _isFaulty |= root.Member("error") is not null || !root.Items("data").Any();
        else if (dialect == Dialect.OpenAI) TakeChunk(root, "message");
        else
        {
            _isFaulty |= root.Text("type") != "message" || root.Member("error") is not null;
            TellsUsage = root.Member("usage") is not null;
            Stopped(root.Text("stop_reason"));
        }
    }

    private void TakeChunk(JsonElement chunk, string said)
    {
        _isFaulty |= chunk.Member("error") is not null;
        TellsUsage |= chunk.Member("usage") is { ValueKind: JsonValueKind.Object };
        foreach (var choice in chunk.Items("choices"))
        {
            var index = choice.Number("index");
            _choices.Add(index);
            if (choice.Member(said)?.Items("tool_calls").Any() == true) Finishes.Add(StoredFinish.ToolCalls);
            if (choice.Text("finish_reason") is not { Length: > 0 } reason) continue;
            _finished.Add(index);
            Stopped(reason);
        }
    }

    private void TakeMessageEvent(JsonElement body, ReadOnlySpan<byte> name)
    {
        switch (body.Text("type") ?? System.Text.Encoding.UTF8.GetString(name))
        {
            case "message_delta":
                if (body.Member("delta")?.Text("stop_reason") is { } reason) Stopped(reason);
                TellsUsage |= body.Member("usage") is not null;
                break;
            case "message_stop":
                _isEnded = true;
                break;
            case "error":
                _isFaulty = true;
                break;
        }
    }

    private void Stopped(string? reason)
    {
        StoredFinish? known = reason switch
        {
            "stop" or "end_turn" or "stop_sequence" => StoredFinish.Stop,
            "length" or "max_tokens" => StoredFinish.Length,
            "tool_calls" or "tool_use" or "function_call" => StoredFinish.ToolCalls,
            _ => null,
        };
        if (known is { } finish) Finishes.Add(finish);
        // A filter, a pause, an overflow, or what is not known yet.
        else _isFaulty = true;
    }

    /// <summary>Notes where the id of an answer, or of its event, stands: of OpenAI's on top, of Anthropic's events in the message that they begin.</summary>
    private void NoteId(Dialect dialect, ReadOnlySpan<byte> json, int at)
    {
        var reader = new Utf8JsonReader(json);
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.PropertyName) continue;
            if (reader.ValueTextEquals("id"u8))
            {
                reader.Read();
                if (reader.TokenType == JsonTokenType.String && !reader.ValueIsEscaped) NoteId(reader.ValueSpan, at + (int)reader.TokenStartIndex + 1);
                return;
            }

            var isMessage = dialect == Dialect.Anthropic && reader.CurrentDepth == 1 && reader.ValueTextEquals("message"u8);
            reader.Read();
            if (!isMessage) reader.Skip();
        }
    }

    private void NoteId(ReadOnlySpan<byte> id, int at)
    {
        _id ??= id.ToArray();
        if (id.SequenceEqual(_id)) _ids.Add(at);
    }
}
