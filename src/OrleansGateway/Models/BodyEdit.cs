using System.Text;
using System.Text.Json;
using OrleansGateway.Configuration;

namespace OrleansGateway.Models;

/// <summary>
/// The one or two changes to a body that is otherwise sent as it came: the model's name at the target, and the wish for a stream's usage. Bytes are cut and
/// put in; the rest is neither parsed nor written anew.
/// </summary>
internal static class BodyEdit
{
    public static ReadOnlyMemory<byte> Apply(ModelCall call, Target target, bool askUsage)
    {
        var edits = new List<(Range At, ReadOnlyMemory<byte> Text)>(2);
        if (call.Entry.Name != target.Model) edits.Add((call.Envelope.ModelAt, target.ModelJson));
        if (askUsage) edits.Add(UsageEdit(call));
        if (edits.Count == 0) return call.Body;
        edits.Sort(static (a, b) => a.At.Start.Value.CompareTo(b.At.Start.Value));
        return Splice(call.Body, edits);
    }

    private static (Range At, ReadOnlyMemory<byte> Text) UsageEdit(ModelCall call)
    {
        var at = call.Envelope.StreamOptionsAt;
        if (at.Equals(default))
        {
            // After the opening brace: the first place that is sure to be outside all values.
            var brace = call.Body.Span.IndexOf((byte)'{') + 1;
            return (brace..brace, "\"stream_options\":{\"include_usage\":true},"u8.ToArray());
        }

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
