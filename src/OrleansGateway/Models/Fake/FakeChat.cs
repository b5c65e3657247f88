using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using OrleansGateway.Configuration;
using OrleansGateway.Http;

namespace OrleansGateway.Models.Fake;

/// <summary>
/// What a fake provider says: a call to the first tool (or the one chosen) if the last word is the user's and there are tools, the smallest value of the
/// schema if one is demanded, the set reply, or the user's last words back.
/// </summary>
internal static class FakeChat
{
    public static FakeResponse Answer(Dialect dialect, JsonElement body, FakeSettings settings, FakeFaultSettings? fault, TimeProvider time)
    {
        var request = new ChatRequest();
        if (Dialects.Of(dialect).ReadRequest(body, request) is { } refusal) return Refuse(dialect, refusal);
        var steps = Steps(request, body, settings);
        var writer = Dialects.Of(dialect).NewAnswerWriter(request, DateTimeOffset.UnixEpoch);
        IReadOnlyList<FakePiece> pieces = request.Stream ? Stream(steps, writer) : Whole(steps, writer);
        return new FakeResponse(200, request.Stream ? "text/event-stream" : "application/json", pieces)
        {
            TokensPerSecond = settings.TokensPerSecond,
            Fault = fault,
            Time = time,
        };
    }

    public static FakeResponse CountTokens(JsonElement body) => FakeEmbeddings.Json(json =>
    {
        var request = new ChatRequest();
        AnthropicInto(body, request);
        json.WriteStartObject();
        json.WriteNumber("input_tokens", FakeTokens.Count(request));
        json.WriteEndObject();
    });

    private static void AnthropicInto(JsonElement body, ChatRequest request) => Dialects.Of(Dialect.Anthropic).ReadRequest(body, request);

    private static FakeResponse Refuse(Dialect dialect, Refusal refusal)
    {
        var body = new ArrayBufferWriter<byte>(256);
        ErrorBody.Write(dialect, refusal, "req_fake", body);
        return new FakeResponse(refusal.Status, "application/json", [new FakePiece(body.WrittenMemory, 0)]);
    }

    private static List<ChatEvent> Steps(ChatRequest request, JsonElement body, FakeSettings settings)
    {
        var model = body.Text("model") ?? "";
        var said = Say(request, settings).ToList();
        var cut = request.MaxOutputTokens is { } most && said.Count > most;
        if (cut) said.RemoveRange((int)request.MaxOutputTokens!.Value, said.Count - (int)request.MaxOutputTokens.Value);
        var usage = new TokenUsage
        {
            Input = settings.InputTokens ?? FakeTokens.Count(request),
            Output = settings.OutputTokens ?? said.Count,
        };
        var calls = said.Exists(s => s is ChatEvent.ToolCallStart);
        var stop = cut ? StopReason.MaxTokens : calls ? StopReason.ToolCalls : StopReason.EndTurn;
        var start = new ChatEvent.Start($"fake-{Digest(body)}", model, 0, usage with { Output = 0 });
        if (calls && !cut) said.Add(new ChatEvent.ToolCallEnd(0));
        return [start, .. said, new ChatEvent.Stop(stop), new ChatEvent.Usage(usage), new ChatEvent.End()];
    }

    private static IEnumerable<ChatEvent> Say(ChatRequest request, FakeSettings settings)
    {
        if (ToolToCall(request) is { } tool)
        {
            yield return new ChatEvent.ToolCallStart(0, "call_fake_0", tool.Name);
            foreach (var piece in FakeTokens.Split(FakeValue.Of(tool.Parameters))) yield return new ChatEvent.ToolCallArguments(0, piece);
            yield break;
        }

        var text = request.ResponseFormat is { } format ? FakeValue.Of(format.Schema) : settings.Reply ?? LastWords(request);
        foreach (var piece in FakeTokens.Split(text)) yield return new ChatEvent.Text(piece);
    }

    private static ChatTool? ToolToCall(ChatRequest request)
    {
        if (request.ToolChoice?.Kind == ToolChoiceKind.None) return null;
        if (request.Messages is [.., { Parts: [.., ContentPart.ToolResult] }]) return null;
        return request.Tools.Find(t => t.Raw is null && (request.ToolChoice?.Name is not { } name || t.Name == name));
    }

    private static string LastWords(ChatRequest request)
    {
        var last = request.Messages.LastOrDefault(m => m.Role == ChatRole.User);
        var words = string.Concat((last?.Parts ?? []).SelectMany(p => p is ContentPart.ToolResult result ? result.Parts : [p]).OfType<ContentPart.Text>().Select(t => t.Value));
        return words.Length > 0 ? "You said: " + words : "Hello from the fake provider.";
    }

    /// <summary>Each event is a piece of its own; those that say something count as a token.</summary>
    private static List<FakePiece> Stream(List<ChatEvent> steps, IAnswerWriter writer)
    {
        var (pieces, tokens) = (new List<FakePiece>(steps.Count), 0);
        foreach (var step in steps)
        {
            if (step is ChatEvent.Text or ChatEvent.ToolCallArguments) tokens++;
            var bytes = new ArrayBufferWriter<byte>(256);
            writer.WriteEvent(step, bytes);
            if (bytes.WrittenCount > 0) pieces.Add(new FakePiece(bytes.WrittenMemory, tokens));
        }

        return pieces;
    }

    private static FakePiece[] Whole(List<ChatEvent> steps, IAnswerWriter writer)
    {
        var bytes = new ArrayBufferWriter<byte>(1024);
        writer.WriteWhole(steps, bytes);
        return [new FakePiece(bytes.WrittenMemory, steps.Count(s => s is ChatEvent.Text or ChatEvent.ToolCallArguments))];
    }

    private static string Digest(JsonElement body) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(body.GetRawText())).AsSpan(0, 8));
}
