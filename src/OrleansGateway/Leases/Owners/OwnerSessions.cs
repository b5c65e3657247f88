namespace OrleansGateway.Leases.Owners;

/// <summary>Which requests an owner has had, so that one that comes twice is acted on once.</summary>
internal sealed class OwnerSessions(OwnerSettings settings)
{
    private readonly Dictionary<Guid, OwnerSession> _sessions = [];

    public int Count => _sessions.Count;

    /// <summary>What is to become of a request: an answer that is ready, or one to be decided.</summary>
    public PendingReply Receive(LeaseRequest request, long epoch, in OwnerTime now)
    {
        var isKnown = _sessions.TryGetValue(request.Session, out var session) && session.Epoch == epoch;
        if (request.Epoch != epoch) return MustRegister(request, epoch);
        if (!isKnown || (request.Registers && request.Number > session!.Number + 1))
        {
            if (!request.Registers) return MustRegister(request, epoch);
            _sessions[request.Session] = session = new OwnerSession { Epoch = epoch, Number = request.Number - 1 };
        }

        session!.HeardAt = now.Monotonic;
        if (request.Number == session.Number) return Again(request, session);
        if (request.Number < session.Number) return new PendingReply(request) { Ready = new LeaseReply { Number = request.Number, Epoch = epoch } };
        if (request.Number > session.Number + 1)
        {
            _sessions.Remove(request.Session);
            return MustRegister(request, epoch);
        }

        session.Number = request.Number;
        session.Pending = new PendingReply(request) { Session = session, At = now };
        return session.Pending;
    }

    /// <summary>Forgets those unheard of for longer than a message can be late.</summary>
    public void Forget(in OwnerTime now)
    {
        var before = now.Monotonic - settings.SessionKept;
        foreach (var (id, session) in _sessions)
        {
            if (session.HeardAt <= before) _sessions.Remove(id);
        }
    }

    private static PendingReply MustRegister(LeaseRequest request, long epoch) =>
        new(request) { Ready = new LeaseReply { Number = request.Number, Epoch = epoch, MustRegister = true } };

    private static PendingReply Again(LeaseRequest request, OwnerSession session) =>
        session.Pending is { } pending ? new PendingReply(request) { SameAs = pending } : new PendingReply(request) { Ready = session.Reply };
}
