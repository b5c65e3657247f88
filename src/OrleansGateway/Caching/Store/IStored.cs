namespace OrleansGateway.Caching.Store;

/// <summary>What a <see cref="MemoryStore{TKey,TValue}"/> holds. Immutable, as far as its size goes: another size is another value.</summary>
internal interface IStored
{
    /// <summary>Bytes of memory that it takes, its own objects included. Never changes.</summary>
    long Bytes { get; }

    /// <summary>It is in the store no more. Called once, under the store's lock: it lets go of what it holds elsewhere, and does not take long.</summary>
    /// <param name="successor">What has taken its place and may share parts with it; none if nothing has.</param>
    void Left(IStored? successor);
}
