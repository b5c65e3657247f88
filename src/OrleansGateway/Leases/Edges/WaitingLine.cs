namespace OrleansGateway.Leases.Edges;

/// <summary>
/// Requests that wait for units: by priority, then by arrival. Nobody overtakes one who waits for the same account with the same priority or a higher one; those who
/// wait for other accounts are not held up. Any thread may join and leave; one looks after it.
/// </summary>
internal sealed class WaitingLine(int lengthMax)
{
    private readonly Lock _lock = new();
    private readonly List<PendingAdmission> _line = [];
    private int _count;

    public int Count => Volatile.Read(ref _count);

    /// <summary>False if it is full.</summary>
    public bool TryJoin(PendingAdmission request)
    {
        lock (_lock)
        {
            if (_line.Count >= lengthMax) return false;
            var place = _line.Count;
            while (place > 0 && _line[place - 1].Priority < request.Priority) place--;
            _line.Insert(place, request);
            Volatile.Write(ref _count, _line.Count);
        }

        return true;
    }

    /// <summary>Whoever has left already may do so again.</summary>
    public void Leave(PendingAdmission request)
    {
        lock (_lock)
        {
            if (!_line.Remove(request)) return;
            Volatile.Write(ref _count, _line.Count);
        }
    }

    public PendingAdmission[] ToArray()
    {
        lock (_lock) return [.. _line];
    }

    /// <summary>What somebody was told who waits for one of these accounts and may not be overtaken; none if nobody does.</summary>
    public Admission? Ahead(ReadOnlySpan<Account> accounts, byte priority)
    {
        if (Count == 0) return null;
        lock (_lock)
        {
            foreach (var request in _line)
            {
                if (request.Priority < priority) return null;
                if (request.Binding is { } binding && accounts.Contains(binding)) return request.Refused;
            }

            return null;
        }
    }
}
