using System.Text.Json;
using System.Text.Json.Nodes;

namespace OrleansGateway.Caching.Models;

/// <summary>Chat Completions: chunks put together, and a completion cut into chunks.</summary>
internal sealed class OpenAIForms
{
    // Said once, or again and again, but never in pieces.
    private static readonly string[] s_names = ["role", "id", "type", "name", "index", "format", "signature"];

    private readonly JsonObject _whole = [];
    private readonly SortedDictionary<int, JsonObject> _choices = [];

    /// <summary>Takes the next chunk.</summary>
    public void Take(JsonObject chunk)
    {
        foreach (var (name, value) in chunk)
        {
            if (name is "choices" or "obfuscation") continue;
            // Later chunks may say more, and say nothing of what was said.
            if (value is not null || !_whole.ContainsKey(name)) _whole[name] = value?.DeepClone();
        }

        foreach (var choice in chunk["choices"] as JsonArray ?? [])
        {
            if (choice is JsonObject one) TakeChoice(one);
        }
    }

    /// <summary>The completion.</summary>
    public JsonObject Whole()
    {
        _whole["object"] = "chat.completion";
        _whole["choices"] = new JsonArray([.. _choices.Values]);
        return _whole;
    }

    /// <summary>Cuts a completion into chunks: the words of each choice, its end, and the usage.</summary>
    public static void Cut(JsonObject whole, Action<JsonObject> write)
    {
        foreach (var choice in (whole["choices"] as JsonArray ?? []).OfType<JsonObject>())
        {
            var said = (choice["message"] as JsonObject)?.DeepClone().AsObject() ?? [];
            var index = 0;
            foreach (var call in (said["tool_calls"] as JsonArray ?? []).OfType<JsonObject>()) call["index"] = index++;
            var (first, last) = (WithoutMessage(choice), WithoutMessage(choice));
            (first["delta"], first["finish_reason"]) = (said, null);
            (last["delta"], last["logprobs"]) = (new JsonObject(), null);
            write(Chunk(whole, first));
            write(Chunk(whole, last));
        }

        if (whole["usage"] is not { } usage) return;
        var told = Chunk(whole, null);
        told["usage"] = usage.DeepClone();
        write(told);
    }

    private static JsonObject WithoutMessage(JsonObject choice)
    {
        var copy = choice.DeepClone().AsObject();
        copy.Remove("message");
        return copy;
    }

    private static JsonObject Chunk(JsonObject whole, JsonObject? choice)
    {
        var chunk = new JsonObject();
        foreach (var (name, value) in whole)
        {
            if (name is not ("choices" or "usage")) chunk[name] = value?.DeepClone();
        }

        chunk["object"] = "chat.completion.chunk";
        chunk["choices"] = choice is null ? new JsonArray() : new JsonArray(choice);
        return chunk;
    }

    private void TakeChoice(JsonObject choice)
    {
        var index = choice["index"] is JsonValue number && number.TryGetValue(out int at) ? at : 0;
        if (!_choices.TryGetValue(index, out var whole))
        {
            var message = new JsonObject { ["role"] = "assistant", ["content"] = null, ["refusal"] = null };
            _choices[index] = whole = new JsonObject { ["index"] = index, ["message"] = message, ["logprobs"] = null, ["finish_reason"] = null };
        }

        foreach (var (name, value) in choice)
        {
            if (name == "delta") Merge(whole["message"]!.AsObject(), value as JsonObject ?? []);
            else if (name == "logprobs" && value is JsonObject more && whole["logprobs"] is JsonObject before) Merge(before, more);
            else if (value is not null) whole[name] = value.DeepClone();
        }
    }

    /// <summary>Adds what a delta says to what was said: texts go on, lists grow, names stay.</summary>
    private static void Merge(JsonObject whole, JsonObject delta)
    {
        foreach (var (name, value) in delta)
        {
            switch (value)
            {
                case null:
                    whole.TryAdd(name, null);
                    break;
                case JsonArray calls when name == "tool_calls":
                    MergeCalls(whole, calls);
                    break;
                case JsonArray more when whole[name] is JsonArray list:
                    foreach (var item in more) list.Add(item?.DeepClone());
                    break;
                case JsonObject more when whole[name] is JsonObject before:
                    Merge(before, more);
                    break;
                case JsonValue text when text.GetValueKind() == JsonValueKind.String && IsText(whole[name]) && Array.IndexOf(s_names, name) < 0:
                    whole[name] = whole[name]!.GetValue<string>() + text.GetValue<string>();
                    break;
                default:
                    whole[name] = value.DeepClone();
                    break;
            }
        }
    }

    private static bool IsText(JsonNode? value) => value?.GetValueKind() == JsonValueKind.String;

    /// <summary>Tool calls come in pieces, each with the index of its call.</summary>
    private static void MergeCalls(JsonObject message, JsonArray pieces)
    {
        if (message["tool_calls"] is not JsonArray calls) message["tool_calls"] = calls = [];
        foreach (var piece in pieces.OfType<JsonObject>())
        {
            var index = piece["index"] is JsonValue number && number.TryGetValue(out int at) ? at : calls.Count;
            while (calls.Count <= index && calls.Count < CallsMax) calls.Add(new JsonObject());
            if (index < 0 || index >= calls.Count) continue;
            var copy = piece.DeepClone().AsObject();
            copy.Remove("index");
            Merge(calls[index]!.AsObject(), copy);
        }
    }

    // No model calls so many at once; an index out of all bounds must not fill memory.
    private const int CallsMax = 1024;
}
