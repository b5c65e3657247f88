namespace OrleansGateway.Caching.Store;

/// <summary>Which part of the store an item is in.</summary>
internal enum StorePart : byte
{
    /// <summary>In none: it has left.</summary>
    None,

    /// <summary>Just come; on probation for the store as a whole.</summary>
    Window,

    /// <summary>Was let in, and has not been read since.</summary>
    Probation,

    /// <summary>Was read again.</summary>
    Protected,
}

/// <summary>One item in a store, and its place in the order of its part. All but the value is touched only under the store's lock.</summary>
internal sealed class StoreNode<TKey, TValue>(TKey key, int hash, TValue value, long bytes)
    where TValue : class
{
    // Read without the lock.
    private volatile TValue _value = value;

    public TKey Key => key;

    public int Hash => hash;

    public TValue Value
    {
        get => _value;
        set => _value = value;
    }

    /// <summary>What it counts, itself included.</summary>
    public long Bytes { get; set; } = bytes;

    public StorePart Part { get; set; }

    public StoreNode<TKey, TValue>? Newer { get; set; }

    public StoreNode<TKey, TValue>? Older { get; set; }
}
