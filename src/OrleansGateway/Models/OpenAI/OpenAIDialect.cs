using System.Text.Json;
using OrleansGateway.Configuration;
using OrleansGateway.Http;

namespace OrleansGateway.Models.OpenAI;

/// <summary>OpenAI's Chat Completions API, as translated.</summary>
internal sealed class OpenAIDialect : IChatDialect
{
    public Refusal? ReadRequest(JsonElement body, ChatRequest request) => OpenAIRequestReader.Read(body, request);

    public Refusal? WriteRequest(ChatRequest request, Target target, Utf8JsonWriter json) => OpenAIRequestWriter.Write(request, target, json);

    public IAnswerReader NewAnswerReader() => new OpenAIAnswerReader();

    public IAnswerWriter NewAnswerWriter(ChatRequest request, DateTimeOffset now) => new OpenAIAnswerWriter(request, now);
}
