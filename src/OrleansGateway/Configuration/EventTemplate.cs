using System.Text.Json;

namespace OrleansGateway.Configuration;

/// <summary>
/// A text in which <c>{…}</c> stands for what a message carries, and <c>{@…}</c> for what stands around it. What is missing makes the whole text missing; several values make several
/// texts. <c>{{</c> and <c>}}</c> are braces.
/// </summary>
internal sealed class EventTemplate
{
    private const string HeaderFact = "header:";

    /// <summary>What stands around what a message carries.</summary>
    public static readonly string[] Facts = ["type", "id", "subject", "source", "schema", "table", "key", "op"];

    private readonly List<Part> _parts = [];

    private EventTemplate()
    {
    }

    /// <summary>The template; or what is wrong with the text.</summary>
    public static (EventTemplate? Template, string? Fault) Parse(string text)
    {
        var (template, literal) = (new EventTemplate(), new System.Text.StringBuilder());
        for (var at = 0; at < text.Length; at++)
        {
            if (text[at] is '{' or '}' && at + 1 < text.Length && text[at + 1] == text[at])
            {
                literal.Append(text[at++]);
                continue;
            }

            if (text[at] == '}') return (null, "A closing brace has no opening one; write }} for a brace.");
            if (text[at] != '{')
            {
                literal.Append(text[at]);
                continue;
            }

            var end = text.IndexOf('}', at);
            if (end < 0) return (null, "An opening brace is not closed; write {{ for a brace.");
            if (literal.Length > 0) template._parts.Add(new Part(literal.ToString(), null, null));
            literal.Clear();
            var inside = text[(at + 1)..end].Trim();
            if (PartOf(inside) is not { } part) return (null, FaultOf(inside));
            template._parts.Add(part);
            at = end;
        }

        if (literal.Length > 0 || template._parts.Count == 0) template._parts.Add(new Part(literal.ToString(), null, null));
        return (template, null);
    }

    /// <summary>All texts it makes, at most so many; none if something is missing.</summary>
    public IReadOnlyList<string> Expand(JsonElement carried, Func<string, string?> fact, int most)
    {
        IReadOnlyList<string> texts = [""];
        foreach (var part in _parts)
        {
            var values = part.Of(carried, fact).Take(most).ToArray();
            texts = [.. texts.SelectMany(text => values.Select(value => text + value)).Distinct(StringComparer.Ordinal).Take(most)];
        }

        return texts;
    }

    private static Part? PartOf(string inside)
    {
        if (!inside.StartsWith('@')) return JsonPath.TryParse(inside) is { } path ? new Part(null, path, null) : null;
        var fact = inside[1..];
        return Facts.Contains(fact, StringComparer.Ordinal) || (fact.StartsWith(HeaderFact, StringComparison.Ordinal) && fact.Length > HeaderFact.Length) ? new Part(null, null, fact) : null;
    }

    private static string FaultOf(string inside) => inside.StartsWith('@')
        ? $"There is no {{{inside}}}; there are {string.Join(", ", Facts.Select(f => $"{{@{f}}}"))} and {{@header:name}}."
        : $"'{inside}' is no place in a JSON document, such as product.id or items[*].id.";

    private sealed record Part(string? Literal, JsonPath? Path, string? Fact)
    {
        public IEnumerable<string> Of(JsonElement carried, Func<string, string?> fact) =>
            Literal is not null ? [Literal]
            : Path is not null ? Path.Of(carried).Select(TextOf).OfType<string>()
            : fact(Fact!) is { Length: > 0 } known ? [known]
            : [];

        private static string? TextOf(JsonElement element) => element.ValueKind switch
        {
            JsonValueKind.String => element.GetString() is { Length: > 0 } text ? text : null,
            JsonValueKind.Number => element.GetRawText(),
            JsonValueKind.True => "true",
            JsonValueKind.False => "false",
            _ => null,
        };
    }
}
