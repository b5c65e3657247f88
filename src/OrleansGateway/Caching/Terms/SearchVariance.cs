using System.Text;
using Microsoft.Extensions.Primitives;
using OrleansGateway.Http.StructuredFields;

namespace OrleansGateway.Caching.Terms;

/// <summary>
/// Which parameters of a query an answer does not vary by: <c>No-Vary-Search</c> (draft-ietf-httpbis-no-vary-search). A field that is not valid, or says what is not known
/// here, counts as not there: then every difference counts, which is safe.
/// </summary>
internal sealed class SearchVariance
{
    public const string Name = "No-Vary-Search";

    /// <summary>Most names that are listed: a request is compared with each list that its path is known to have.</summary>
    private const int NamesMax = 256;

    private readonly bool _countsOrder;
    private readonly bool _namesWhatCounts;
    private readonly HashSet<string> _names;

    private SearchVariance(bool countsOrder, bool namesWhatCounts, HashSet<string> names) =>
        (_countsOrder, _namesWhatCounts, _names, Text) = (countsOrder, namesWhatCounts, names, TextOf(countsOrder, namesWhatCounts, names));

    /// <summary>Tells it from others: those with the same text mean the same.</summary>
    public string Text { get; }

    /// <summary>Reads the field; none if every difference between queries counts.</summary>
    public static SearchVariance? Read(StringValues lines)
    {
        if (lines.Count == 0 || !StructuredField.TryReadDictionary(lines, out var members)) return null;
        FieldMember? order = null, parameters = null, except = null;
        foreach (var (key, member) in members)
        {
            if (key == "key-order") order = member;
            else if (key == "params") parameters = member;
            else if (key == "except") except = member;
            else return null;
        }

        if (!IsBoolean(order)) return null;
        var countsOrder = order is not { Value.IsTrue: true };
        if (parameters is { Inner: not null })
        {
            return except is null && Names(parameters) is { } ignored ? Make(countsOrder, namesWhatCounts: false, ignored) : null;
        }

        if (!IsBoolean(parameters)) return null;
        var ignoresAll = parameters is { Value.IsTrue: true };
        if (except is null) return Make(countsOrder, ignoresAll, []);
        return ignoresAll && Names(except) is { } counted ? Make(countsOrder, namesWhatCounts: true, counted) : null;
    }

    /// <summary>What counts of a query, without its question mark: queries for which it is the same are answered alike.</summary>
    public string KeyOf(ReadOnlySpan<char> query)
    {
        var counted = new List<(string Name, string Value)>();
        foreach (var range in query.Split('&'))
        {
            var part = query[range];
            if (part.IsEmpty) continue;
            var equals = part.IndexOf('=');
            var name = Decoded(equals < 0 ? part : part[..equals]);
            if (_names.Contains(name) == _namesWhatCounts) counted.Add((name, equals < 0 ? "" : Decoded(part[(equals + 1)..])));
        }

        // A stable sort: values of the same name keep their order, which may mean something.
        IEnumerable<(string Name, string Value)> ordered = _countsOrder ? counted : counted.OrderBy(static pair => pair.Name, StringComparer.Ordinal);
        var text = new StringBuilder(query.Length + 8);
        foreach (var (name, value) in ordered)
        {
            // Lengths tell parts apart whatever they hold.
            text.Append(name.Length).Append(':').Append(name).Append(value.Length).Append(':').Append(value);
        }

        return text.ToString();
    }

    private static SearchVariance? Make(bool countsOrder, bool namesWhatCounts, HashSet<string> names) =>
        countsOrder && !namesWhatCounts && names.Count == 0 ? null : new SearchVariance(countsOrder, namesWhatCounts, names);

    private static string TextOf(bool countsOrder, bool namesWhatCounts, HashSet<string> names)
    {
        var text = new StringBuilder().Append(countsOrder ? 'o' : '-').Append(namesWhatCounts ? '+' : '-');
        foreach (var name in names.Order(StringComparer.Ordinal)) text.Append(CultureInfo.InvariantCulture, $"{name.Length}:{name}");
        return text.ToString();
    }

    private static bool IsBoolean(FieldMember? member) => member is null or { Inner: null, Value.Kind: BareKind.Boolean };

    private static HashSet<string>? Names(FieldMember list) =>
        list.Inner is { Count: <= NamesMax } items && items.All(static item => item.IsString) ? [.. items.Select(static item => Decoded(item.Value.Text))] : null;

    /// <summary>As forms are decoded: a plus is a space, and a percent sign without two digits is itself.</summary>
    private static string Decoded(ReadOnlySpan<char> text)
    {
        if (!text.ContainsAny('+', '%')) return text.ToString();
        var bytes = new List<byte>(text.Length);
        var utf8 = Encoding.UTF8.GetBytes(text.ToString());
        for (var i = 0; i < utf8.Length; i++)
        {
            if (utf8[i] == '+') bytes.Add((byte)' ');
            else if (utf8[i] == '%' && i + 2 < utf8.Length && byte.TryParse(utf8.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var octet))
            {
                bytes.Add(octet);
                i += 2;
            }
            else bytes.Add(utf8[i]);
        }

        // Octets that are no UTF-8 become U+FFFD, and two different ones would count as the same: keep those as they are written.
        return System.Text.Unicode.Utf8.IsValid(bytes.ToArray()) ? Encoding.UTF8.GetString([.. bytes]) : text.ToString();
    }
}
