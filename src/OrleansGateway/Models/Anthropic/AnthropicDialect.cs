using System.Text.Json;
using OrleansGateway.Configuration;
using OrleansGateway.Http;

namespace OrleansGateway.Models.Anthropic;

/// <summary>Anthropic's Messages API, as translated.</summary>
internal sealed class AnthropicDialect : IChatDialect
{
    public Refusal? ReadRequest(JsonElement body, ChatRequest request) => AnthropicRequestReader.Read(body, request);

    public Refusal? WriteRequest(ChatRequest request, Target target, Utf8JsonWriter json) => AnthropicRequestWriter.Write(request, target, json);

    public IAnswerReader NewAnswerReader() => new AnthropicAnswerReader();

    public IAnswerWriter NewAnswerWriter(ChatRequest request, DateTimeOffset now) => new AnthropicAnswerWriter();
}
