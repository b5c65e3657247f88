using System.Text.Json;

namespace OrleansGateway.Configuration;

/// <summary>
/// A place in a JSON document: names with dots between them, <c>[0]</c> for one of an array, <c>[*]</c> for each, <c>["a.b"]</c> for a name that has dots. A leading <c>$.</c> may be
/// left out.
/// </summary>
internal sealed class JsonPath
{
    private const int StepsMax = 32;

    private readonly Step[] _steps;

    private JsonPath(Step[] steps) => _steps = steps;

    /// <summary>None if it is not one.</summary>
    public static JsonPath? TryParse(string text)
    {
        var (steps, at) = (new List<Step>(), text.StartsWith('$') ? 1 : 0);
        if (at == 1 && text.Length > 1 && text[1] == '.') at = 2;
        while (at < text.Length && steps.Count < StepsMax)
        {
            var step = text[at] == '[' ? Bracket(text, ref at) : Name(text, ref at);
            if (step is not { } known) return null;
            steps.Add(known);
            if (at < text.Length && text[at] == '.' && (++at == text.Length || text[at] == '[')) return null;
        }

        return at == text.Length && text.Length > 0 ? new JsonPath([.. steps]) : null;
    }

    /// <summary>All that stands there.</summary>
    public IEnumerable<JsonElement> Of(JsonElement root)
    {
        IEnumerable<JsonElement> found = [root];
        foreach (var step in _steps) found = found.SelectMany(step.Of);
        return found;
    }

    private static Step? Name(string text, ref int at)
    {
        var start = at;
        while (at < text.Length && text[at] is not ('.' or '[')) at++;
        return at == start ? null : new Step(text[start..at], null);
    }

    private static Step? Bracket(string text, ref int at)
    {
        var end = text.IndexOf(']', at);
        if (end < 0) return null;
        var inside = text[(at + 1)..end];
        if (inside is ['"', ..] or ['\'', ..])
        {
            end = text.IndexOf(inside[0] + "]", at + 2, StringComparison.Ordinal);
            if (end < 0) return null;
            inside = text[(at + 2)..end];
            at = end + 2;
            return new Step(inside, null);
        }

        at = end + 1;
        if (inside == "*") return new Step(null, null);
        return int.TryParse(inside, NumberStyles.None, CultureInfo.InvariantCulture, out var index) ? new Step(null, index) : null;
    }

    private readonly record struct Step(string? Name, int? Index)
    {
        public JsonElement[] Of(JsonElement element)
        {
            if (Name is not null) return element.ValueKind == JsonValueKind.Object && element.TryGetProperty(Name, out var value) ? [value] : [];
            if (element.ValueKind != JsonValueKind.Array) return [];
            if (Index is not { } index) return [.. element.EnumerateArray()];
            return index < element.GetArrayLength() ? [element[index]] : [];
        }
    }
}
