namespace OrleansGateway.Invalidation;

/// <summary>
/// How long an edge may trust what it has stored: as long as it hears from the owner of the sequence, and has applied all that the owner had numbered. An owner counts an edge
/// as one that need not be waited for only after as much silence. Pure; time is the edge's own, and only durations count.
/// </summary>
/// <param name="silenceMax">Longest time without word from the owner. It counts from when the edge asked, not from when the answer came: that is when the owner last knew of it.</param>
internal struct EdgeAuthority(TimeSpan silenceMax)
{
    private TimeSpan? _askedAt;
    private long _head;
    private long _applied;

    /// <summary>Whether the owner has numbered what has not been applied here: then it is to be asked for, from the one behind <see cref="Applied"/> on.</summary>
    public readonly bool HasGap => _applied < _head;

    /// <summary>The last of the sequence that has been applied here.</summary>
    public readonly long Applied => _applied;

    /// <summary>The edge is suspect from then on, unless it hears from the owner before. The past if it never heard, or if something is missing.</summary>
    public readonly TimeSpan TrustedUntil => _askedAt is { } asked && !HasGap ? asked + silenceMax : TimeSpan.MinValue;

    public readonly bool IsSuspect(TimeSpan now) => now >= TrustedUntil;

    /// <summary>The owner has said what it had numbered last. An answer to an older question than the last changes nothing but what is missing.</summary>
    public void Heard(long head, TimeSpan askedAt)
    {
        _head = Math.Max(_head, head);
        if (_askedAt is not { } before || askedAt > before) _askedAt = askedAt;
    }

    /// <summary>All up to that place has been applied.</summary>
    public void HasApplied(long seq) => _applied = Math.Max(_applied, seq);

    /// <summary>The connection is new and the owner may be another: trusted again once it was heard from.</summary>
    public void Lost() => _askedAt = null;
}
