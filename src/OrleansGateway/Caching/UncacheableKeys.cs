namespace OrleansGateway.Caching;

/// <summary>
/// Remembers for a while what could not be stored, so that requests for it need not wait for one another. A fixed table without locks: where two keys meet, the later
/// one stands, and a key that is remembered wrongly costs one collapsing, no more.
/// </summary>
internal sealed class UncacheableKeys(TimeProvider time)
{
    /// <summary>How long: what has become storable is collapsed again after this.</summary>
    public static readonly TimeSpan Memory = TimeSpan.FromMinutes(2);

    private const int Places = 1 << 16;

    private readonly ulong[] _places = new ulong[Places];
    private readonly long _start = time.GetTimestamp();

    // 24 bits of seconds are half a year; 40 bits of the hash besides the 16 of the place tell keys apart.
    private ulong Now => (ulong)time.GetElapsedTime(_start).TotalSeconds & 0xFF_FFFF;

    public void Add(in CacheKey key)
    {
        var hash = Spread(key);
        Volatile.Write(ref _places[hash & (Places - 1)], (hash & ~0xFF_FFFFUL) | ((Now + (ulong)Memory.TotalSeconds) & 0xFF_FFFF));
    }

    public bool Has(in CacheKey key)
    {
        var hash = Spread(key);
        var place = Volatile.Read(ref _places[hash & (Places - 1)]);
        if (place == 0 || (place & ~0xFF_FFFFUL) != (hash & ~0xFF_FFFFUL)) return false;
        var left = ((place & 0xFF_FFFF) - Now) & 0xFF_FFFF;
        return left > 0 && left <= (ulong)Memory.TotalSeconds;
    }

    public void Remove(in CacheKey key)
    {
        if (Has(key)) Volatile.Write(ref _places[Spread(key) & (Places - 1)], 0);
    }

    private static ulong Spread(in CacheKey key)
    {
        var mixed = (uint)key.GetHashCode() * 0x9E37_79B9_7F4A_7C15UL;
        return (mixed ^ (mixed >> 32)) * 0xD6E8_FEB8_6659_FD93UL | 1UL << 63;
    }
}
