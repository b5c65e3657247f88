namespace OrleansGateway.Caching.SecondLevel;

/// <summary>Bytes that the edges of a cluster share. It knows nothing of what they are, and may forget them at any time.</summary>
internal interface ISecondLevelStore
{
    /// <summary>Whether it can be asked now.</summary>
    bool IsOpen { get; }

    /// <summary>What stands under a key, and for how much longer. None if nothing does. Throws <see cref="IOException"/> if that cannot be found out in time.</summary>
    ValueTask<SecondLevelValue?> FindAsync(string key);

    /// <summary>Puts bytes under a key. False if it keeps what is of another sequence of invalidations. Throws <see cref="IOException"/> if nobody knows whether it is done.</summary>
    /// <param name="key">Letters, digits and colons.</param>
    /// <param name="fillSeq">The last invalidation that had been applied before the origin was asked.</param>
    /// <param name="value">At most some MiB.</param>
    /// <param name="kept">After that it is forgotten.</param>
    ValueTask<bool> StoreAsync(string key, long fillSeq, byte[] value, TimeSpan kept);
}

/// <summary>What stands in the store.</summary>
/// <param name="Bytes">As they were put there.</param>
/// <param name="Left">How much longer they stand there, by the one clock that all edges share: the store's.</param>
internal readonly record struct SecondLevelValue(byte[] Bytes, TimeSpan Left);
