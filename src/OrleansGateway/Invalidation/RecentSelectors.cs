namespace OrleansGateway.Invalidation;

/// <summary>Selectors and when they were invalidated last, in that order, so that the oldest go first and at no cost. Not for many threads at once.</summary>
internal sealed class RecentSelectors
{
    private readonly Dictionary<Selector, LinkedListNode<Recent>> _bySelector = [];
    private readonly LinkedList<Recent> _inOrder = [];

    public int Count => _bySelector.Count;

    /// <summary>Last invalidation of the oldest; 0 for none.</summary>
    public long OldestSeq => _inOrder.First?.Value.Last.Seq ?? 0;

    /// <summary>When it was invalidated last; zeros if that is not remembered.</summary>
    public LastInvalidated Of(in Selector selector) => _bySelector.TryGetValue(selector, out var node) ? node.Value.Last : default;

    /// <summary>Remembers it. What comes later in the sequence mostly comes later here; what does not is put where it belongs.</summary>
    public void Add(in Selector selector, in LastInvalidated last)
    {
        var both = last;
        if (_bySelector.Remove(selector, out var before))
        {
            both = last.And(before.Value.Last);
            _inOrder.Remove(before);
        }

        var after = _inOrder.Last;
        while (after is not null && after.Value.Last.Seq > both.Seq) after = after.Previous;
        var recent = new Recent(selector, both);
        _bySelector.Add(selector, after is null ? _inOrder.AddFirst(recent) : _inOrder.AddAfter(after, recent));
    }

    /// <summary>Takes out the oldest if its last invalidation is not behind that place.</summary>
    public bool TryTakeOldest(long notBehind, out Recent oldest)
    {
        oldest = _inOrder.First?.Value ?? default;
        if (_inOrder.First is null || oldest.Last.Seq > notBehind) return false;
        _inOrder.RemoveFirst();
        _bySelector.Remove(oldest.Selector);
        return true;
    }

    internal readonly record struct Recent(Selector Selector, LastInvalidated Last);
}
