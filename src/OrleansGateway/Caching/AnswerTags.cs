using Microsoft.Extensions.Primitives;
using OrleansGateway.Caching.Terms;
using OrleansGateway.Http.StructuredFields;
using OrleansGateway.Invalidation;

namespace OrleansGateway.Caching;

/// <summary>
/// By what an answer can be purged, besides its URL: tags of the route and of its own fields, groups (RFC 9875), and the URLs of its path where it is for other queries too.
/// </summary>
internal static class AnswerTags
{
    /// <summary>Most tags and groups of one answer.</summary>
    public const int Max = 256;

    /// <summary>All of them; none if there are more, or longer ones, than are kept: such an answer could not be purged and is not stored.</summary>
    public static IReadOnlyCollection<Selector>? Of(StoredHead head, IReadOnlyList<string> routeTags, in CacheKey key)
    {
        var (found, isWhole) = (new HashSet<Selector>(), true);
        foreach (var tag in routeTags) AddTag(tag);
        Add(head["Cache-Tag"], ',');
        Add(head["Surrogate-Key"], ' ');
        Add(head["xkey"], ' ');
        var origin = OriginOf(key.Scheme, key.Host);
        foreach (var group in Strings(head["Cache-Groups"]))
        {
            isWhole &= group.Length <= Selector.TagLengthMax;
            found.Add(Selector.OfGroup(origin, group));
        }

        if (SearchVariance.Read(head[SearchVariance.Name]) is not null) found.Add(Selector.OfAnyQuery(ClientUrl.Of(key.Url) ?? key.Url));
        return isWhole && found.Count <= Max ? found : null;

        void Add(StringValues lines, char separator)
        {
            foreach (var line in lines)
            {
                foreach (var tag in (line ?? "").Split(separator, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)) AddTag(tag);
            }
        }

        void AddTag(string tag)
        {
            if (Selector.OfTag(tag) is { } selector) found.Add(selector);
            else isWhole = false;
        }
    }

    /// <summary>The origin whose groups they are (RFC 9875 §2.1): scheme and host.</summary>
    public static string OriginOf(string scheme, string host) => scheme + "://" + (ClientUrl.HostOf(host) ?? host);

    /// <summary>The strings of a list of structured fields (RFC 9651); none if it is not valid or holds something else (RFC 9875 §2).</summary>
    public static IReadOnlyList<string> Strings(StringValues lines) =>
        StructuredField.TryReadList(lines, out var list) && list.All(static member => member.IsString) ? [.. list.Select(static member => member.Value.Text)] : [];
}
