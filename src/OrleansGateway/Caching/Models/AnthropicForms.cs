using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansGateway.Models;

namespace OrleansGateway.Caching.Models;

/// <summary>Messages: events put together, as Anthropic's own SDKs do it, and a message cut into events.</summary>
internal sealed class AnthropicForms
{
    private readonly List<string> _inputs = [];

    /// <summary>The message.</summary>
    public JsonObject Whole { get; private set; } = [];

    private JsonArray Content => Whole["content"] as JsonArray ?? [];

    /// <summary>Takes the next event.</summary>
    public void Take(JsonObject data)
    {
        switch (data["type"]?.GetValue<string>())
        {
            case "message_start" when data["message"] is JsonObject message:
                Whole = message.DeepClone().AsObject();
                break;
            case "content_block_start" when data["content_block"] is JsonObject block:
                Content.Add(block.DeepClone());
                _inputs.Add("");
                break;
            case "content_block_delta" when data["delta"] is JsonObject delta:
                TakeDelta(IndexOf(data), delta);
                break;
            case "content_block_stop":
                EndBlock(IndexOf(data));
                break;
            case "message_delta":
                TakeEnd(data);
                break;
        }
    }

    /// <summary>Cuts a message into events.</summary>
    public static void Cut(JsonObject whole, Action<string, JsonObject> write)
    {
        var start = whole.DeepClone().AsObject();
        (start["content"], start["stop_reason"], start["stop_sequence"]) = (new JsonArray(), null, null);
        write("message_start", new JsonObject { ["type"] = "message_start", ["message"] = start });
        var index = 0;
        foreach (var block in (whole["content"] as JsonArray ?? []).OfType<JsonObject>()) CutBlock(block, index++, write);
        var delta = new JsonObject { ["stop_reason"] = whole["stop_reason"]?.DeepClone(), ["stop_sequence"] = whole["stop_sequence"]?.DeepClone() };
        write("message_delta", new JsonObject { ["type"] = "message_delta", ["delta"] = delta, ["usage"] = whole["usage"]?.DeepClone() });
        write("message_stop", new JsonObject { ["type"] = "message_stop" });
    }

    private static void CutBlock(JsonObject block, int index, Action<string, JsonObject> write)
    {
        var (start, deltas) = (block.DeepClone().AsObject(), new List<JsonObject>());
        switch (block["type"]?.GetValue<string>())
        {
            case "text":
                foreach (var citation in block["citations"] as JsonArray ?? [])
                    deltas.Add(new JsonObject { ["type"] = "citations_delta", ["citation"] = citation?.DeepClone() });
                if (block["citations"] is JsonArray) start["citations"] = new JsonArray();
                Move("text", "text_delta", "text");
                break;
            case "thinking":
                Move("thinking", "thinking_delta", "thinking");
                Move("signature", "signature_delta", "signature");
                break;
            case "tool_use" or "server_tool_use" or "mcp_tool_use" when block["input"] is JsonObject input:
                start["input"] = new JsonObject();
                deltas.Add(new JsonObject { ["type"] = "input_json_delta", ["partial_json"] = input.ToJsonString() });
                break;
        }

        write("content_block_start", new JsonObject { ["type"] = "content_block_start", ["index"] = index, ["content_block"] = start });
        foreach (var delta in deltas) write("content_block_delta", new JsonObject { ["type"] = "content_block_delta", ["index"] = index, ["delta"] = delta });
        write("content_block_stop", new JsonObject { ["type"] = "content_block_stop", ["index"] = index });

        void Move(string field, string type, string name)
        {
            if (block[field] is not JsonValue said) return;
            start[field] = "";
            deltas.Add(new JsonObject { ["type"] = type, [name] = said.DeepClone() });
        }
    }

    private static int IndexOf(JsonObject data) => data["index"]?.GetValue<int>() ?? throw new FormatException("An event of a block does not say which.");

    private void TakeDelta(int index, JsonObject delta)
    {
        var block = Content[index]!.AsObject();
        switch (delta["type"]?.GetValue<string>())
        {
            case "text_delta":
                Append("text");
                break;
            case "thinking_delta":
                Append("thinking");
                break;
            case "signature_delta":
                block["signature"] = delta["signature"]?.DeepClone();
                break;
            case "citations_delta":
                if (block["citations"] is not JsonArray citations) block["citations"] = citations = [];
                citations.Add(delta["citation"]?.DeepClone());
                break;
            case "input_json_delta":
                _inputs[index] += delta["partial_json"]?.GetValue<string>();
                break;
        }

        void Append(string field) => block[field] = (block[field]?.GetValue<string>() ?? "") + delta[field]?.GetValue<string>();
    }

    private void EndBlock(int index)
    {
        if (_inputs[index] is { Length: > 0 } input)
            Content[index]!["input"] = JsonNode.Parse(input, documentOptions: new JsonDocumentOptions { MaxDepth = RequestEnvelope.DepthMax });
    }

    private void TakeEnd(JsonObject data)
    {
        foreach (var (name, value) in data["delta"] as JsonObject ?? []) Whole[name] = value?.DeepClone();
        if (Whole["usage"] is not JsonObject usage) Whole["usage"] = usage = [];
        // Counted from the beginning of the answer, so that the last word counts.
        foreach (var (name, value) in data["usage"] as JsonObject ?? []) usage[name] = value?.DeepClone();
        foreach (var (name, value) in data)
        {
            if (name is not ("type" or "delta" or "usage")) Whole[name] = value?.DeepClone();
        }
    }
}
