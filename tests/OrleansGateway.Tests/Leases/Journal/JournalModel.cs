using OrleansGateway.Leases;
using OrleansGateway.Leases.Journal;

namespace OrleansGateway.Tests.Leases.Journal;

/// <summary>Does to a journal what an edge does, by a seed, and knows what the journal must say of it.</summary>
internal sealed class JournalModel(IHoldJournal journal, Random random)
{
    private readonly Dictionary<int, FoundLease> _leases = [];
    private readonly Dictionary<long, List<Charge>> _holds = [];
    private long _lastLease;
    private long _lastHold;

    /// <summary>Holds that were refused for want of room.</summary>
    public int Refused { get; private set; }

    public int OpenHolds => _holds.Count;

    public void Step()
    {
        switch (random.Next(10))
        {
            case 0 when _leases.Count < 20:
            case var _ when _leases.Count == 0:
                Open();
                break;
            case 1 when _leases.Keys.Where(l => _holds.Values.All(h => h.All(c => c.Lease != l))).Order().ToArray() is { Length: > 1 } idle:
                journal.Closed(idle[0]);
                _leases.Remove(idle[0]);
                break;
            case 2 when _holds.Count > 0:
                Hold(Some(), 100);
                break;
            case < 6 when _holds.Count > 0:
                End(Some());
                break;
            default:
                Hold(++_lastHold, 0);
                break;
        }
    }

    public void EndAll()
    {
        foreach (var hold in _holds.Keys.ToArray()) End(hold);
    }

    public void CloseAll()
    {
        foreach (var lease in _leases.Keys) journal.Closed(lease);
        _leases.Clear();
    }

    /// <summary>What the journal should say.</summary>
    public string Expected => Describe(_leases.Values, _holds.SelectMany(h => h.Value.Select(c => new FoundHold(NameOf(h.Key), _leases[c.Lease].Account, _leases[c.Lease].Lease, c.Amount))));

    public static string Describe(JournalFindings findings) => Describe(findings.Leases, findings.Open);

    private static string Describe(IEnumerable<FoundLease> leases, IEnumerable<FoundHold> holds) => string.Join('\n',
        leases.OrderBy(l => l.Lease).Select(l => l.ToString()).Concat(holds.OrderBy(h => h.Name, StringComparer.Ordinal).ThenBy(h => h.Lease).Select(h => h.ToString())));

    private static string NameOf(long hold) => string.Create(CultureInfo.InvariantCulture, $"req-{hold}-ü");

    private long Some() => _holds.Keys.Order().ElementAt(random.Next(_holds.Count));

    private void Open()
    {
        var lease = new FoundLease(new AccountId("budgets.b", $"acme/\ud83d{random.Next(5)}"), ++_lastLease, random.Next(3), 0);
        _leases.Add(journal.Opened(lease.Account, lease.Lease, lease.Period), lease);
    }

    private void Hold(long hold, long more)
    {
        var charges = _holds.TryGetValue(hold, out var held)
            ? held.Select(c => c with { Amount = c.Amount + more }).ToList()
            : [.. _leases.Keys.Order().Take(1 + random.Next(_leases.Count)).Select(l => new Charge(l, random.Next(1_000_000)))];
        if (journal.Held(hold, NameOf(hold), charges.ToArray())) _holds[hold] = charges;
        else Refused++;
    }

    private void End(long hold)
    {
        var spent = _holds[hold].Select(c => c with { Amount = random.NextInt64(c.Amount + 1) }).ToArray();
        foreach (var charge in spent) _leases[charge.Lease] = _leases[charge.Lease] with { Spent = _leases[charge.Lease].Spent + charge.Amount };
        _holds.Remove(hold);
        journal.Ended(hold, spent);
    }
}
