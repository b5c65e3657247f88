using System.Collections.Concurrent;
using OrleansGateway.Leases;

namespace OrleansGateway.Tests.Leases.Edges;

/// <summary>An owner for tests of the edge: units do not come back with time, and every message is kept. Answers the same request twice with the same answer.</summary>
internal sealed class PlainOwner : ILeaseOwners
{
    private readonly Lock _lock = new();
    private readonly Dictionary<AccountId, long> _level = [];
    private readonly Dictionary<(AccountId Account, long Lease), PlainLease> _leases = [];
    private readonly ConcurrentDictionary<string, LeaseReply> _last = new();

    public List<LeaseRequest> Requests { get; } = [];

    public long Epoch { get; set; } = 1;

    public TimeSpan Lifetime { get; set; } = TimeSpan.FromSeconds(5);

    public bool IsExact { get; set; }

    /// <summary>Whether edges get what they would like to have; else only what requests take.</summary>
    public bool GrantsWants { get; set; } = true;

    public long Period { get; set; }

    public long Recall { get; set; }

    /// <summary>Whether it says of what it closes that it has not taken it down.</summary>
    public bool IsMoneyUnheard { get; set; }

    /// <summary>How long takes must wait that are granted.</summary>
    public TimeSpan Delay { get; set; }

    public TimeSpan RetryAfter { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Runs before each answer: to fail, or to wait.</summary>
    public Func<LeaseRequest, Task>? Before { get; set; }

    public long this[AccountId account]
    {
        get
        {
            lock (_lock) return _level.GetValueOrDefault(account);
        }

        set
        {
            lock (_lock) _level[account] = value;
        }
    }

    public IReadOnlyList<PlainLease> LeasesOf(AccountId account)
    {
        lock (_lock) return [.. _leases.Where(l => l.Key.Account == account).Select(l => l.Value)];
    }

    public long Out(AccountId account) => LeasesOf(account).Sum(l => l.Granted - l.Spent - l.Returned);

    public ValueTask<LeaseReply> SendAsync(string owner, LeaseRequest request, CancellationToken cancellation) =>
        Before is { } before ? WaitAsync(before, owner, request) : ValueTask.FromResult(Answer(owner, request));

    public LeaseReply Answer(string owner, LeaseRequest request)
    {
        lock (_lock)
        {
            Requests.Add(request);
            if (_last.TryGetValue(owner, out var last) && last.Number == request.Number && last.Epoch == Epoch) return last;
            var isNext = last is null ? request.Registers && (request.Epoch == 0 || request.Epoch == Epoch) : last.Number + 1 == request.Number && last.Epoch == request.Epoch;
            var reply = isNext
                ? Decide(request)
                : new LeaseReply { Number = request.Number, Epoch = Epoch, MustRegister = true };
            if (!reply.MustRegister) _last[owner] = reply;
            return reply;
        }
    }

    /// <summary>Forgets who it knows, and what it granted of what is not money.</summary>
    public void BeginAnew()
    {
        lock (_lock)
        {
            Epoch++;
            _last.Clear();
        }
    }

    private async ValueTask<LeaseReply> WaitAsync(Func<LeaseRequest, Task> before, string owner, LeaseRequest request)
    {
        await before(request);
        return Answer(owner, request);
    }

    private LeaseReply Decide(LeaseRequest request)
    {
        foreach (var report in request.Reports.Where(r => !r.IsFinal || !IsMoneyUnheard)) Note(report);
        var takes = request.Takes.Select(Take).ToArray();
        var grants = new List<LeaseGrant>();
        foreach (var report in request.Reports.Where(r => !r.IsFinal))
        {
            var lease = _leases[(report.Account, report.Lease)];
            if (GrantsWants && !IsExact) Grant(report.Account, lease, Math.Min(report.Want, _level.GetValueOrDefault(report.Account)));
            grants.Add(new(report.Account, report.Lease, lease.Granted, Period, Lifetime, IsExact, Recall));
        }

        return new() { Number = request.Number, Epoch = Epoch, Grants = grants, Takes = takes, IsMoneyUnheard = IsMoneyUnheard };
    }

    private void Note(LeaseReport report)
    {
        var lease = _leases.TryGetValue((report.Account, report.Lease), out var known) ? known : _leases[(report.Account, report.Lease)] = new();
        if (report.Spent < lease.Spent || report.Returned < lease.Returned) throw new InvalidOperationException($"Totals went back: {report}");
        if (report.Spent + report.Returned > lease.Granted) throw new InvalidOperationException($"More than was granted: {report}");
        if (report.IsFinal && report.Spent + report.Returned != lease.Granted) throw new InvalidOperationException($"Closed with something out: {report}");
        if (lease.IsClosed) throw new InvalidOperationException($"Closed already: {report}");
        _level[report.Account] = _level.GetValueOrDefault(report.Account) + report.Returned - lease.Returned;
        (lease.Spent, lease.Returned, lease.IsClosed) = (report.Spent, report.Returned, report.IsFinal);
    }

    private TakeResult Take(TakeRequest take)
    {
        foreach (var item in take.Items)
        {
            if (_level.GetValueOrDefault(item.Account) < item.Units) return new(take.Id, item.Account, Denial.NotNow, RetryAfter);
        }

        foreach (var item in take.Items) Grant(item.Account, _leases[(item.Account, item.Lease)], item.Units);
        return new(take.Id, null, Denial.None, Delay);
    }

    private void Grant(AccountId account, PlainLease lease, long units)
    {
        lease.Granted += units;
        _level[account] = _level.GetValueOrDefault(account) - units;
    }
}

internal sealed class PlainLease
{
    public long Granted { get; set; }

    public long Spent { get; set; }

    public long Returned { get; set; }

    public bool IsClosed { get; set; }
}
