using Tags = System.ReadOnlySpan<System.Collections.Generic.KeyValuePair<string, object?>>;

namespace OrleansGateway.Telemetry;

/// <summary>Compares tags in the order they came in, so that a series is found from the stack without making a key.</summary>
internal sealed class TagComparer
    : IEqualityComparer<KeyValuePair<string, object?>[]>, IAlternateEqualityComparer<Tags, KeyValuePair<string, object?>[]>
{
    public static TagComparer Instance { get; } = new();

    public bool Equals(KeyValuePair<string, object?>[]? x, KeyValuePair<string, object?>[]? y) => x is not null && y is not null && Equals(x.AsSpan(), y);

    public bool Equals(Tags alternate, KeyValuePair<string, object?>[] other)
    {
        if (alternate.Length != other.Length) return false;
        for (var i = 0; i < other.Length; i++)
        {
            if (!Equals(alternate[i].Value, other[i].Value) || alternate[i].Key != other[i].Key) return false;
        }

        return true;
    }

    public int GetHashCode(KeyValuePair<string, object?>[] obj) => GetHashCode(obj.AsSpan());

    // Values only: the names of one instrument's tags are nearly always the same.
    public int GetHashCode(Tags alternate)
    {
        var hash = 17;
        foreach (var tag in alternate) hash = (hash * 31) + (tag.Value?.GetHashCode() ?? 0);
        return hash;
    }

    public KeyValuePair<string, object?>[] Create(Tags alternate) => alternate.ToArray();
}
