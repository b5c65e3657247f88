namespace OrleansGateway.Caching.Store;

/// <summary>One part of a store, in the order in which its items were used last.</summary>
internal sealed class StoreQueue<TKey, TValue>(StorePart part)
    where TValue : class
{
    private StoreNode<TKey, TValue>? _newest;

    public StoreNode<TKey, TValue>? Oldest { get; private set; }

    public long Bytes { get; private set; }

    public void Add(StoreNode<TKey, TValue> node)
    {
        node.Part = part;
        (node.Older, node.Newer) = (_newest, null);
        if (_newest is not null) _newest.Newer = node;
        _newest = node;
        Oldest ??= node;
        Bytes += node.Bytes;
    }

    public void Remove(StoreNode<TKey, TValue> node)
    {
        if (node.Newer is { } newer) newer.Older = node.Older;
        else _newest = node.Older;
        if (node.Older is { } older) older.Newer = node.Newer;
        else Oldest = node.Newer;
        (node.Older, node.Newer, node.Part) = (null, null, StorePart.None);
        Bytes -= node.Bytes;
    }

    public void Touch(StoreNode<TKey, TValue> node)
    {
        if (node.Newer is null) return;
        Remove(node);
        Add(node);
    }

    /// <summary>An item of it has another size.</summary>
    public void Resize(StoreNode<TKey, TValue> node, long bytes)
    {
        Bytes += bytes - node.Bytes;
        node.Bytes = bytes;
    }
}
