namespace OrleansGateway.Invalidation;

/// <summary>
/// What is still held from which place of a sequence on, so that one can tell in one look from where on something must be remembered. Not for many threads at once.
/// </summary>
internal sealed class SeqHolds
{
    private readonly LinkedList<Hold> _holds = [];

    /// <summary>The first place that is held; none if nothing is.</summary>
    public long? Oldest => _holds.First?.Value.Seq;

    /// <summary>How many different places are held.</summary>
    public int Count => _holds.Count;

    /// <summary>Holds a place, which is not before the last one held.</summary>
    public Hold Begin(long seq)
    {
        if (_holds.Last is not { } last || last.Value.Seq != seq) (last = _holds.AddLast(new Hold(seq))).Value.Node = last;
        last.Value.Count++;
        return last.Value;
    }

    /// <summary>Holds a place once more that is held.</summary>
    public static void Add(Hold hold) => hold.Count++;

    /// <summary>True if the oldest place is held no more.</summary>
    public bool Release(Hold hold)
    {
        if (--hold.Count > 0) return false;
        var wasOldest = ReferenceEquals(_holds.First, hold.Node);
        _holds.Remove(hold.Node!);
        return wasOldest;
    }

    /// <summary>One place.</summary>
    internal sealed class Hold(long seq)
    {
        public long Seq => seq;

        public int Count { get; set; }

        public LinkedListNode<Hold>? Node { get; set; }
    }
}
