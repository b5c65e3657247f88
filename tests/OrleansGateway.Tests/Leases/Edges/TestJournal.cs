using OrleansGateway.Leases;
using OrleansGateway.Leases.Journal;

namespace OrleansGateway.Tests.Leases.Edges;

/// <summary>Keeps what is written, in words, and can be full.</summary>
internal sealed class TestJournal : IHoldJournal
{
    private readonly Lock _lock = new();
    private int _leases;

    public List<string> Lines { get; } = [];

    public bool IsFull { get; set; }

    public int Opened(AccountId account, long lease, long period)
    {
        lock (_lock)
        {
            Lines.Add($"opened {account} {lease} {period}");
            return ++_leases;
        }
    }

    public void Closed(int lease) => Add($"closed {lease}");

    public bool Held(long hold, string name, ReadOnlySpan<Charge> charges)
    {
        if (IsFull) return false;
        Add($"held {hold} {name} {Text(charges)}");
        return true;
    }

    public void Ended(long hold, ReadOnlySpan<Charge> spent) => Add($"ended {hold} {Text(spent)}");

    private static string Text(ReadOnlySpan<Charge> charges) => string.Join(',', charges.ToArray().Select(c => $"{c.Lease}:{c.Amount}"));

    private void Add(string line)
    {
        lock (_lock) Lines.Add(line);
    }
}
