namespace OrleansGateway.Cluster.Invalidation;

/// <summary>
/// Which edges may serve what they have stored, and how far each has applied the sequence. An edge that is silent need not be waited for once its right to serve has run out. Pure; time
/// is handed in, and never goes back.
/// </summary>
/// <param name="silenceMax">How long an edge may serve without word: on its own clock, and from when it asked.</param>
/// <param name="holdUntil">Until then others may serve that are not known here: those of a hub before this one.</param>
internal sealed class EdgeRoll(TimeSpan silenceMax, TimeSpan holdUntil)
{
    // Clocks of two machines do not run at quite the same speed.
    private static readonly TimeSpan s_margin = TimeSpan.FromMilliseconds(100);

    private readonly Dictionary<Guid, Entry> _edges = [];

    /// <summary>Edges that may serve now.</summary>
    public int CountLive(TimeSpan now) => _edges.Values.Count(e => now < e.Until);

    /// <summary>An edge says how far it has applied. It gets no right by that yet.</summary>
    public void Heard(Guid edge, long applied)
    {
        if (_edges.TryGetValue(edge, out var known)) known.Applied = Math.Max(known.Applied, applied);
    }

    /// <summary>An edge is answered: it may serve from now on what is valid by what it has applied and what it is told. It is waited for, from where it stands.</summary>
    /// <param name="edge">Its session.</param>
    /// <param name="applied">The last it had applied, or begins at.</param>
    /// <param name="now">When its answer is made.</param>
    public void Answered(Guid edge, long applied, TimeSpan now)
    {
        if (!_edges.TryGetValue(edge, out var known)) _edges.Add(edge, known = new Entry());
        known.Applied = Math.Max(known.Applied, applied);
        known.Until = now + silenceMax + s_margin;
    }

    /// <summary>An edge serves no more, and says so.</summary>
    public void Left(Guid edge) => _edges.Remove(edge);

    /// <summary>Up to where the sequence has been applied by all that may serve; none if that is not known yet.</summary>
    public long? AppliedByAll(TimeSpan now)
    {
        if (now < holdUntil) return null;
        var applied = long.MaxValue;
        foreach (var (edge, known) in _edges)
        {
            if (now < known.Until) applied = Math.Min(applied, known.Applied);
            // It comes back under the same name and tells where it stands; so nothing is lost with it.
            else _edges.Remove(edge);
        }

        return applied;
    }

    private sealed class Entry
    {
        public long Applied { get; set; }

        public TimeSpan Until { get; set; }
    }
}
