using Microsoft.Extensions.Primitives;
using OrleansGateway.Caching.Terms;
using OrleansGateway.Invalidation;

namespace OrleansGateway.Caching;

/// <summary>By what an answer can be purged, besides its URL: tags of the route and of its own fields, and groups (RFC 9875).</summary>
internal static class AnswerTags
{
    /// <summary>Most tags and groups of one answer.</summary>
    public const int Max = 256;

    /// <summary>Most characters of one.</summary>
    public const int CharsMax = 1024;

    /// <summary>All of them; none if there are more, or longer ones, than are kept: such an answer could not be purged and is not stored.</summary>
    public static IReadOnlyCollection<Selector>? Of(StoredHead head, IReadOnlyList<string> routeTags, string origin)
    {
        var found = new HashSet<Selector>();
        foreach (var tag in routeTags) found.Add(new Selector(SelectorKind.Tag, tag));
        Add(head["Cache-Tag"], ',');
        Add(head["Surrogate-Key"], ' ');
        Add(head["xkey"], ' ');
        foreach (var group in Strings(head["Cache-Groups"])) found.Add(GroupOf(origin, group));
        return found.Count > Max || found.Any(static selector => selector.Value.Length > CharsMax) ? null : found;

        void Add(StringValues lines, char separator)
        {
            foreach (var line in lines)
            {
                foreach (var tag in (line ?? "").Split(separator, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)) found.Add(new Selector(SelectorKind.Tag, tag));
            }
        }
    }

    /// <summary>A group is its origin's own (RFC 9875 §2.1).</summary>
    public static Selector GroupOf(string origin, string name) => new(SelectorKind.Group, origin + " " + name);

    /// <summary>The strings of a list of structured fields (RFC 9651); none if it is not valid.</summary>
    public static IReadOnlyList<string> Strings(StringValues lines)
    {
        var found = new List<string>();
        var rest = string.Join(", ", lines.ToArray()).AsSpan().Trim(' ');
        while (!rest.IsEmpty)
        {
            if (rest[0] != '"') return [];
            var (text, end) = (new System.Text.StringBuilder(), 1);
            for (; end < rest.Length && rest[end] != '"'; end++)
            {
                if (rest[end] == '\\' && ++end >= rest.Length) return [];
                text.Append(rest[end]);
            }

            if (end >= rest.Length) return [];
            found.Add(text.ToString());
            rest = rest[(end + 1)..];
            // Parameters are for others.
            var comma = rest.IndexOf(',');
            if (comma < 0) return found;
            rest = rest[(comma + 1)..].TrimStart(" \t");
            if (rest.IsEmpty) return [];
        }

        return found;
    }
}
