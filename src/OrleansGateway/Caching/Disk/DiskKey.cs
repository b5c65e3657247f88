namespace OrleansGateway.Caching.Disk;

/// <summary>Where on disk the answers stored under a key are looked for.</summary>
/// <param name="Key">The key.</param>
/// <param name="Hash">Names its files.</param>
/// <param name="Bytes">The key as files state it, so that two with the same hash are not taken for one another.</param>
internal readonly record struct DiskKey(CacheKey Key, UInt128 Hash, byte[] Bytes)
{
    public static DiskKey Of(in CacheKey key)
    {
        var bytes = key.ToBytes();
        return new DiskKey(key, DiskFolder.HashOf(bytes), bytes);
    }
}
