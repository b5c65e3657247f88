using OrleansGateway.Leases;

namespace OrleansGateway.Tests.Leases.Owners;

/// <summary>An edge that keeps to the protocol, as simply as can be: one lease per account, what was granted, spent and returned.</summary>
internal sealed class BenchEdge(OwnerBench bench)
{
    private readonly SortedDictionary<string, Cell> _cells = new(StringComparer.Ordinal);
    private long _number;
    private long _epoch;
    private long _lease;
    private long _take;

    public Guid Session { get; } = new(Random.Shared.Next(), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

    public LeaseReply? Last { get; private set; }

    public LeaseRequest? LastRequest { get; private set; }

    public Cell this[string rule]
    {
        get
        {
            if (!_cells.TryGetValue(rule, out var cell)) _cells[rule] = cell = new Cell(rule, ++_lease);
            return cell;
        }
    }

    /// <summary>Takes units of each account, or none; they are held until they are spent or returned.</summary>
    public TakeResult Take(long units, params string[] rules) => Take(units, 1, TimeSpan.Zero, rules);

    public TakeResult Take(long units, byte priority, TimeSpan waitMax, params string[] rules)
    {
        var take = new TakeRequest(++_take, [.. rules.Select(r => new TakeItem(OwnerBench.Id(r), this[r].Lease, units))], priority, waitMax);
        return Send(takes: [take]).Takes.Single();
    }

    /// <summary>Reports, and asks for units in advance; answers how many more it got.</summary>
    public long Want(string rule, long units)
    {
        var before = this[rule].Granted;
        this[rule].Want = units;
        Send();
        return this[rule].Granted - before;
    }

    public void Spend(string rule, long units) => this[rule].Spent += units;

    public void GiveBack(string rule, long units) => this[rule].Returned += units;

    /// <summary>Closes the lease; the next use opens another.</summary>
    public void Close(string rule)
    {
        this[rule].IsFinal = true;
        Send();
    }

    public LeaseReply Send(IReadOnlyList<TakeRequest>? takes = null)
    {
        for (var attempt = 0; attempt < 3; attempt++)
        {
            LastRequest = new LeaseRequest { Session = Session, Number = ++_number, Epoch = _epoch, Registers = Last?.MustRegister ?? true, Reports = [.. _cells.Values.Select(c => c.Report)], Takes = takes ?? [] };
            Last = bench.Send(LastRequest)[0];
            if (!Last.MustRegister) return Taken(Last);
            _epoch = Last.Epoch;
        }

        throw new InvalidOperationException("never registered");
    }

    private LeaseReply Taken(LeaseReply reply)
    {
        foreach (var cell in _cells.Values.Where(c => c.IsFinal).ToArray())
        {
            if (!reply.IsMoneyUnheard) _cells.Remove(cell.Rule);
        }

        foreach (var grant in reply.Grants)
        {
            if (!_cells.TryGetValue(grant.Account.Rule, out var cell) || cell.Lease != grant.Lease) continue;
            cell.Granted = Math.Max(cell.Granted, grant.Granted);
            cell.Grant = grant;
            cell.Want = 0;
        }

        return reply;
    }

    internal sealed class Cell(string rule, long lease)
    {
        public string Rule => rule;

        public long Lease => lease;

        public long Granted { get; set; }

        public long Spent { get; set; }

        public long Returned { get; set; }

        public long Want { get; set; }

        public long TypicalHold { get; set; } = 1;

        public bool IsFinal { get; set; }

        public LeaseGrant Grant { get; set; }

        public long ToHand => Granted - Spent - Returned;

        public LeaseReport Report => new(OwnerBench.Id(rule), lease, Spent, Returned, Want, TypicalHold, IsFinal, Granted);
    }
}
