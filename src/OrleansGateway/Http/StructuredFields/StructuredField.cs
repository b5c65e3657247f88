using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Primitives;

namespace OrleansGateway.Http.StructuredFields;

/// <summary>
/// Reads structured fields (RFC 9651 §4.2). One fault makes the whole field invalid, and a field that is not valid must be taken as if it were not
/// there: so each method gives all or nothing.
/// </summary>
internal static class StructuredField
{
    /// <summary>Reads an item; false also where there is none.</summary>
    public static bool TryReadItem(StringValues lines, [NotNullWhen(true)] out FieldMember? item)
    {
        var rest = Joined(lines);
        return MemberReader.TryItem(ref rest, out item) && rest.TrimStart(' ').IsEmpty;
    }

    /// <summary>Reads a list; no line is an empty list.</summary>
    public static bool TryReadList(StringValues lines, out IReadOnlyList<FieldMember> members)
    {
        var rest = Joined(lines);
        var found = new List<FieldMember>();
        members = found;
        while (!rest.IsEmpty)
        {
            if (!MemberReader.TryMember(ref rest, out var member) || !TryComma(ref rest)) return false;
            found.Add(member);
        }

        return true;
    }

    /// <summary>Reads a dictionary; no line is an empty one. Of a key that comes twice the last value counts, in the place of the first (§4.2.2).</summary>
    public static bool TryReadDictionary(StringValues lines, out IReadOnlyList<KeyValuePair<string, FieldMember>> members)
    {
        var rest = Joined(lines);
        var found = new List<KeyValuePair<string, FieldMember>>();
        members = found;
        while (!rest.IsEmpty)
        {
            if (!MemberReader.TryKey(ref rest, out var key)) return false;
            if (rest is not ['=', ..])
            {
                if (!MemberReader.TryParameters(ref rest, out var parameters)) return false;
                MemberReader.Put(found, key, new FieldMember(BareItem.True, null, parameters));
            }
            else
            {
                rest = rest[1..];
                if (!MemberReader.TryMember(ref rest, out var member)) return false;
                MemberReader.Put(found, key, member);
            }

            if (!TryComma(ref rest)) return false;
        }

        return true;
    }

    // Lines are one field, and may even cut a string in two (§4.2).
    private static ReadOnlySpan<char> Joined(StringValues lines) => (lines.Count == 1 ? lines[0] : string.Join(", ", lines.ToArray())).AsSpan().Trim(' ');

    /// <summary>Goes past the comma after a member. False if there is something else, or nothing after it.</summary>
    private static bool TryComma(scoped ref ReadOnlySpan<char> rest)
    {
        rest = rest.TrimStart(" \t");
        if (rest.IsEmpty) return true;
        if (rest[0] != ',') return false;
        rest = rest[1..].TrimStart(" \t");
        return !rest.IsEmpty;
    }
}
