namespace OrleansGateway.Upstream.Pools;

/// <summary>
/// A hash that is the same in every process and on every machine, so that all gateways lead one client to one target: FNV-1a over the bytes, then the finalizer
/// of MurmurHash3, for FNV alone hardly spreads the last characters. Not for tables that strangers fill.
/// </summary>
internal static class StableHash
{
    private const ulong Seed = 14695981039346656037;
    private const ulong Prime = 1099511628211;

    public static ulong Of(ReadOnlySpan<char> text)
    {
        var hash = Seed;
        foreach (var c in text) hash = (hash ^ c) * Prime;
        return Mix(hash);
    }

    public static ulong Of(ReadOnlySpan<byte> bytes)
    {
        var hash = Seed;
        foreach (var b in bytes) hash = (hash ^ b) * Prime;
        return Mix(hash);
    }

    public static ulong Mix(ulong hash)
    {
        hash ^= hash >> 33;
        hash *= 0xff51afd7ed558ccd;
        hash ^= hash >> 33;
        hash *= 0xc4ceb9fe1a85ec53;
        return hash ^ (hash >> 33);
    }
}
