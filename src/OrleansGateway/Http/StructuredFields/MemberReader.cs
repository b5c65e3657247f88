using System.Diagnostics.CodeAnalysis;
namespace OrleansGateway.Http.StructuredFields;

/// <summary>Reads items, inner lists, keys and parameters (RFC 9651 §4.2.1 to §4.2.3). Each takes what it read from the front of <c>rest</c>.</summary>
internal static class MemberReader
{
    public static bool TryMember(scoped ref ReadOnlySpan<char> rest, [NotNullWhen(true)] out FieldMember? member) =>
        rest is ['(', ..] ? TryInnerList(ref rest, out member) : TryItem(ref rest, out member);

    public static bool TryItem(scoped ref ReadOnlySpan<char> rest, [NotNullWhen(true)] out FieldMember? item)
    {
        item = null;
        if (!BareReader.TryRead(ref rest, out var value) || !TryParameters(ref rest, out var parameters)) return false;
        item = new FieldMember(value, null, parameters);
        return true;
    }

    public static bool TryKey(scoped ref ReadOnlySpan<char> rest, out string key)
    {
        key = "";
        if (rest.IsEmpty || (!char.IsAsciiLetterLower(rest[0]) && rest[0] != '*')) return false;
        var end = 1;
        while (end < rest.Length && (char.IsAsciiLetterLower(rest[end]) || char.IsAsciiDigit(rest[end]) || rest[end] is '_' or '-' or '.' or '*')) end++;
        key = rest[..end].ToString();
        rest = rest[end..];
        return true;
    }

    public static bool TryParameters(scoped ref ReadOnlySpan<char> rest, out IReadOnlyList<KeyValuePair<string, BareItem>> parameters)
    {
        var found = rest is [';', ..] ? new List<KeyValuePair<string, BareItem>>() : null;
        parameters = found ?? (IReadOnlyList<KeyValuePair<string, BareItem>>)[];
        while (rest is [';', ..])
        {
            rest = rest[1..].TrimStart(' ');
            if (!TryKey(ref rest, out var key)) return false;
            var value = BareItem.True;
            if (rest is ['=', ..])
            {
                rest = rest[1..];
                if (!BareReader.TryRead(ref rest, out value)) return false;
            }

            Put(found!, key, value);
        }

        return true;
    }

    /// <summary>Adds it, or takes the place of the value of that key.</summary>
    public static void Put<T>(List<KeyValuePair<string, T>> members, string key, T value)
    {
        var at = members.FindIndex(member => member.Key == key);
        if (at < 0) members.Add(new(key, value));
        else members[at] = new(key, value);
    }

    private static bool TryInnerList(scoped ref ReadOnlySpan<char> rest, [NotNullWhen(true)] out FieldMember? list)
    {
        list = null;
        var items = new List<FieldMember>();
        rest = rest[1..].TrimStart(' ');
        while (rest is not [')', ..])
        {
            if (!TryItem(ref rest, out var item)) return false;
            items.Add(item);
            if (rest is not [' ' or ')', ..]) return false;
            rest = rest.TrimStart(' ');
        }

        rest = rest[1..];
        if (!TryParameters(ref rest, out var parameters)) return false;
        list = new FieldMember(default, items, parameters);
        return true;
    }
}
