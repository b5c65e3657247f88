using System.Text;
using System.Text.Json;
using OrleansGateway.Configuration;

namespace OrleansGateway.Models;

/// <summary>
/// The few changes to a body that is otherwise sent as it came: the model's name at the target, the wish for a stream's usage, and the most output tokens that
/// the call may use. Bytes are cut and put in; the rest is neither parsed nor written anew.
/// </summary>
internal static class BodyEdit
{
    public static ReadOnlyMemory<byte> Apply(ModelCall call, Target target, bool askUsage)
    {
        var edits = new List<(Range At, ReadOnlyMemory<byte> Text)>(2);
        if (call.Envelope.Model != target.Model) edits.Add((call.Envelope.ModelAt, target.ModelJson));
        if (askUsage) edits.Add(UsageEdit(call));
        if (call.Allowance?.OutputTokensMax is { } most) Cap(call, target, most, edits);
        if (edits.Count == 0) return call.Body;
        edits.Sort(static (a, b) => a.At.Start.Value.CompareTo(b.At.Start.Value));
        return Splice(call.Body, edits);
    }

    /// <summary>Lowers what the client stated, where it is more, or no number that we understand and a provider might; states it where the client did not.</summary>
    private static void Cap(ModelCall call, Target target, long most, List<(Range At, ReadOnlyMemory<byte> Text)> edits)
    {
        var digits = most.ToString(CultureInfo.InvariantCulture);
        var (maxTokens, maxCompletionTokens) = (call.Envelope.MaxTokensAt, call.Envelope.MaxCompletionTokensAt);
        if (maxTokens.Equals(default) && maxCompletionTokens.Equals(default))
        {
            var name = Dialects.Of(target.Provider.Kind, call.Endpoint.Dialect) == Http.Dialect.Anthropic ? "max_tokens" : OpenAI.OpenAIRequestWriter.MaxTokensName(target);
            edits.Add(AtTheFront(call, $"\"{name}\":{digits},"));
            return;
        }

        Lower(maxTokens);
        Lower(maxCompletionTokens);

        void Lower(Range at)
        {
            if (at.Equals(default)) return;
            var isFine = long.TryParse(call.Body.Span[at], NumberStyles.None, CultureInfo.InvariantCulture, out var stated) && stated <= most;
            if (!isFine) edits.Add((at, Encoding.UTF8.GetBytes(digits)));
        }
    }

    /// <summary>After the opening brace: the first place that is sure to be outside all values.</summary>
    private static (Range At, ReadOnlyMemory<byte> Text) AtTheFront(ModelCall call, string members)
    {
        var brace = call.Body.Span.IndexOf((byte)'{') + 1;
        return (brace..brace, Encoding.UTF8.GetBytes(members));
    }

    private static (Range At, ReadOnlyMemory<byte> Text) UsageEdit(ModelCall call)
    {
        var at = call.Envelope.StreamOptionsAt;
        if (at.Equals(default)) return AtTheFront(call, "\"stream_options\":{\"include_usage\":true},");

        using var options = JsonDocument.Parse(call.Body[at]);
        var text = new StringBuilder("{\"include_usage\":true");
        if (options.RootElement.ValueKind == JsonValueKind.Object)
        {
            foreach (var option in options.RootElement.EnumerateObject().Where(o => o.Name != "include_usage"))
                text.Append(',').Append(JsonSerializer.Serialize(option.Name)).Append(':').Append(option.Value.GetRawText());
        }

        return (at, Encoding.UTF8.GetBytes(text.Append('}').ToString()));
    }

    private static byte[] Splice(ReadOnlyMemory<byte> body, List<(Range At, ReadOnlyMemory<byte> Text)> edits)
    {
        var length = body.Length;
        foreach (var (range, text) in edits) length += text.Length - (range.End.Value - range.Start.Value);
        var spliced = new byte[length];
        var (from, to) = (0, 0);
        foreach (var (range, text) in edits)
        {
            body[from..range.Start.Value].CopyTo(spliced.AsMemory(to));
            to += range.Start.Value - from;
            text.CopyTo(spliced.AsMemory(to));
            to += text.Length;
            from = range.End.Value;
        }

        body[from..].CopyTo(spliced.AsMemory(to));
        return spliced;
    }
}
