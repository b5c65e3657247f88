using System.Text;

namespace OrleansGateway.Models;

/// <summary>
/// Looks for members in JSON by searching bytes, some twenty times cheaper than parsing. Sound because a quote inside a JSON string is always escaped:
/// <c>"name"</c>, both quotes bare, cannot stand in the middle of a string. It does not tell at which depth the member stands.
/// </summary>
internal static class JsonBytes
{
    /// <summary>Whether a member of that quoted name stands somewhere, whatever its value.</summary>
    public static bool HasMember(ReadOnlySpan<byte> json, ReadOnlySpan<byte> quotedName) => TakeValue(ref json, quotedName);

    /// <summary>The string after the first occurrence of a quoted name whose value is one; none where there is no such.</summary>
    public static string? StringAfter(ReadOnlySpan<byte> json, ReadOnlySpan<byte> quotedName)
    {
        while (TakeValue(ref json, quotedName))
        {
            if (json.IsEmpty || json[0] != '"') continue;
            var end = json[1..].IndexOf((byte)'"');
            if (end >= 0) return Encoding.UTF8.GetString(json.Slice(1, end));
        }

        return null;
    }

    /// <summary>Whether a quoted name stands before an object somewhere.</summary>
    public static bool HasObjectAfter(ReadOnlySpan<byte> json, ReadOnlySpan<byte> quotedName)
    {
        while (TakeValue(ref json, quotedName))
        {
            if (!json.IsEmpty && json[0] == '{') return true;
        }

        return false;
    }

    /// <summary>Moves to the value of the next member of that name.</summary>
    private static bool TakeValue(ref ReadOnlySpan<byte> json, ReadOnlySpan<byte> quotedName)
    {
        while (json.IndexOf(quotedName) is >= 0 and var at)
        {
            json = SkipSpace(json[(at + quotedName.Length)..]);
            if (json.IsEmpty || json[0] != ':') continue;
            json = SkipSpace(json[1..]);
            return true;
        }

        return false;
    }

    private static ReadOnlySpan<byte> SkipSpace(ReadOnlySpan<byte> json) => json.TrimStart(" \t\r\n"u8);
}
