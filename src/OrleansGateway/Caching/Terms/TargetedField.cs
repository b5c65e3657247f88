using Microsoft.Extensions.Primitives;
using OrleansGateway.Http.StructuredFields;

namespace OrleansGateway.Caching.Terms;

/// <summary>
/// A field with directives for one kind of cache (<c>CDN-Cache-Control</c>, RFC 9213): a dictionary of RFC 9651. One that is not, or in which a directive has a value of
/// another type than it takes, counts as not there.
/// </summary>
internal static class TargetedField
{
    /// <summary>Reads the field; false if it is empty or not valid, and nothing must be made of it.</summary>
    public static bool TryRead(StringValues lines, out CacheDirectives directives)
    {
        directives = new CacheDirectives();
        if (!StructuredField.TryReadDictionary(lines, out var members) || members.Count == 0) return false;
        foreach (var (name, member) in members)
        {
            if (name is "max-age" or "s-maxage" or "stale-while-revalidate" or "stale-if-error")
            {
                if (member is not { Inner: null, Value: { Kind: BareKind.Integer, Number: >= 0 } }) return false;
                directives.Add(name, hasValue: true, member.Value.Number.ToString(CultureInfo.InvariantCulture));
            }
            else if (!IsOff(member))
            {
                directives.Add(name, hasValue: false, []);
            }
        }

        return true;
    }

    /// <summary>A directive that is said not to be there: <c>public=?0</c>.</summary>
    private static bool IsOff(FieldMember member) => member is { Inner: null, Value: { Kind: BareKind.Boolean, IsTrue: false } };
}
