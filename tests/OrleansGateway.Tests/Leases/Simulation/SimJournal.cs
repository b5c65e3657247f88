using OrleansGateway.Leases;
using OrleansGateway.Leases.Journal;

namespace OrleansGateway.Tests.Leases.Simulation;

/// <summary>The hold journal of one session, on a disk that may be lost, or lose its tail when the power goes. The process may die in the middle of a call.</summary>
internal sealed class SimJournal(Guid session) : IHoldJournal
{
    /// <summary>How many of the last entries the power may take.</summary>
    private const int Tail = 48;

    private readonly Queue<Action> _tail = new();
    private readonly Dictionary<int, (AccountId Account, long Lease, long Period, long Spent)> _leases = [];
    private readonly Dictionary<long, (string Name, Charge[] Charges)> _holds = [];
    private int _last;
    private int? _callsLeft;
    private bool _diesAfterWriting;

    /// <summary>Whether nothing more can be written but ends.</summary>
    public bool IsFull { get; set; }

    /// <summary>The process dies in one of the next calls, before or after what it writes is there.</summary>
    public void DieIn(int calls, bool afterWriting) => (_callsLeft, _diesAfterWriting) = (calls, afterWriting);

    public void DieNoMore() => _callsLeft = null;

    public int Opened(AccountId account, long lease, long period)
    {
        var number = ++_last;
        Write(() => _leases[number] = (account, lease, period, 0));
        return number;
    }

    public void Closed(int lease) => Write(() => _leases.Remove(lease));

    public bool Held(long hold, string name, ReadOnlySpan<Charge> charges)
    {
        if (IsFull) return false;
        var copy = charges.ToArray();
        Write(() => _holds[hold] = (name, copy));
        return true;
    }

    public void Ended(long hold, ReadOnlySpan<Charge> spent)
    {
        var copy = spent.ToArray();
        Write(() => End(hold, copy));
    }

    /// <summary>What it proves once the process is gone.</summary>
    /// <param name="lost">How many of the last entries the power took; none: the process died, and the machine did not.</param>
    public JournalFindings Findings(int? lost)
    {
        var kept = _tail.Count - Math.Min(lost ?? 0, _tail.Count);
        while (kept-- > 0) _tail.Dequeue()();
        return new JournalFindings(
            session,
            lost is null,
            [.. _leases.Values.Select(l => new FoundLease(l.Account, l.Lease, l.Period, l.Spent))],
            [.. _holds.Values.SelectMany(h => h.Charges.Where(c => c.Amount > 0 && _leases.ContainsKey(c.Lease)).Select(c => Found(h.Name, c)))]);
    }

    private FoundHold Found(string name, Charge charge) => new(name, _leases[charge.Lease].Account, _leases[charge.Lease].Lease, charge.Amount);

    private void End(long hold, Charge[] spent)
    {
        _holds.Remove(hold);
        foreach (var (lease, amount) in spent)
        {
            if (_leases.TryGetValue(lease, out var found)) _leases[lease] = found with { Spent = found.Spent + amount };
        }
    }

    private void Write(Action entry)
    {
        var dies = _callsLeft is { } left && (_callsLeft = left - 1) <= 0;
        if (!dies || _diesAfterWriting)
        {
            if (_tail.Count == Tail) _tail.Dequeue()();
            _tail.Enqueue(entry);
        }

        if (dies) throw new ProcessDied();
    }
}

/// <summary>The process was killed here.</summary>
internal sealed class ProcessDied : Exception;
