namespace OrleansGateway.Configuration;

/// <summary>A tag with placeholders, read: pieces of text, and names of what stands between them.</summary>
internal sealed class CacheTagTemplate
{
    /// <summary>Longest tag, in characters.</summary>
    public const int TagCharsMax = 256;

    private const string MetadataPrefix = "metadata.";

    private static readonly string[] s_names = ["model", "route", "team", "user"];

    private readonly (string Text, string? Name)[] _pieces;

    private CacheTagTemplate((string Text, string? Name)[] pieces) => _pieces = pieces;

    /// <summary>Reads it, or says what is wrong with it.</summary>
    public static (CacheTagTemplate? Template, string Wrong) Parse(string text)
    {
        if (text.Length is 0 or > TagCharsMax) return (null, $"is no tag: it has 1 to {TagCharsMax} characters.");
        var pieces = new List<(string Text, string? Name)>();
        for (var rest = text.AsSpan(); !rest.IsEmpty;)
        {
            var open = rest.IndexOf('{');
            if (open < 0)
            {
                pieces.Add((rest.ToString(), null));
                break;
            }

            var length = rest[open..].IndexOf('}');
            if (length < 0) return (null, "has a { without its }.");
            var name = rest.Slice(open + 1, length - 1).ToString();
            if (!IsName(name)) return (null, $"has {{{name}}}; a tag knows {{model}}, {{route}}, {{team}}, {{user}} and {{metadata.NAME}}.");
            pieces.Add((rest[..open].ToString(), name));
            rest = rest[(open + length + 1)..];
        }

        return (new CacheTagTemplate([.. pieces]), "");
    }

    /// <summary>Adds the tags that it makes: none where a value is missing, several where one is a list.</summary>
    /// <param name="valueOf">The value of a name, with commas where it is a list; none if there is none.</param>
    /// <param name="add">Takes each tag; false if it takes no more, so that lists beside lists cannot make millions.</param>
    public bool Fill(Func<string, string?> valueOf, Func<string, bool> add) => Fill("", 0, valueOf, add);

    private bool Fill(string begun, int at, Func<string, string?> valueOf, Func<string, bool> add)
    {
        if (at == _pieces.Length) return add(begun);
        var (text, name) = _pieces[at];
        if (name is null) return Fill(begun + text, at + 1, valueOf, add);
        var isList = name.StartsWith(MetadataPrefix, StringComparison.Ordinal);
        var value = valueOf(name) ?? "";
        foreach (var one in isList ? value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) : value.Length > 0 ? [value] : [])
        {
            if (!Fill(begun + text + one, at + 1, valueOf, add)) return false;
        }

        return true;
    }

    private static bool IsName(string name) =>
        Array.IndexOf(s_names, name) >= 0 || (name.StartsWith(MetadataPrefix, StringComparison.Ordinal) && name.Length > MetadataPrefix.Length);
}
