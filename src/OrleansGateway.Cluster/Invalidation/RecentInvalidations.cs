using OrleansGateway.Invalidation;

namespace OrleansGateway.Cluster.Invalidation;

/// <summary>The last of the sequence, at hand for edges that follow closely. Those that do not are given what the database has.</summary>
internal sealed class RecentInvalidations(int most)
{
    private readonly Queue<NumberedInvalidation> _kept = new();

    /// <summary>Adds the next. If it is not the next one, nothing from before it is kept.</summary>
    public void Add(NumberedInvalidation next)
    {
        if (_kept.Count > 0 && next.Seq != _kept.Peek().Seq + _kept.Count) _kept.Clear();
        _kept.Enqueue(next);
        if (_kept.Count > most) _kept.Dequeue();
    }

    /// <summary>What is behind that place; none if not all of it is here.</summary>
    public IReadOnlyList<NumberedInvalidation>? Behind(long after, int limit) =>
        _kept.TryPeek(out var first) && first.Seq <= after + 1 ? [.. _kept.Skip((int)(after + 1 - first.Seq)).Take(limit)] : null;
}
