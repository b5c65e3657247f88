using System.Buffers;
using System.Text.Json;
using OrleansGateway.Configuration;
using OrleansGateway.Http;

namespace OrleansGateway.Models;

/// <summary>One provider's chat API, as translated: read from its clients, written to its servers, and the answers back.</summary>
internal interface IChatDialect
{
    /// <summary>Reads a request; returns why it cannot be carried to another dialect, or none.</summary>
    Refusal? ReadRequest(JsonElement body, ChatRequest request);

    /// <summary>Writes a request for a target; returns why it cannot be said in this dialect, or none.</summary>
    Refusal? WriteRequest(ChatRequest request, Target target, Utf8JsonWriter json);

    IAnswerReader NewAnswerReader();

    /// <param name="request">What was asked: decides on the usage chunk.</param>
    /// <param name="now">Creation time where the other dialect has none.</param>
    IAnswerWriter NewAnswerWriter(ChatRequest request, DateTimeOffset now);
}

/// <summary>Reads one answer. Keeps what it must remember between the events of a stream.</summary>
internal interface IAnswerReader
{
    void ReadWhole(JsonElement body, List<ChatEvent> events);

    void ReadEvent(in SseEvent sse, List<ChatEvent> events);
}

/// <summary>Writes one answer, whole or as a stream; the two are not mixed.</summary>
internal interface IAnswerWriter
{
    /// <summary>Writes what an event means to a stream; some mean nothing, some mean several events.</summary>
    void WriteEvent(ChatEvent step, IBufferWriter<byte> output);

    void WriteWhole(IReadOnlyList<ChatEvent> events, IBufferWriter<byte> output);
}
