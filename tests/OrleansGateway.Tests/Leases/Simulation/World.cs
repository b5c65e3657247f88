using OrleansGateway.Leases;
using OrleansGateway.Leases.Edges;
using OrleansGateway.Leases.Owners;

namespace OrleansGateway.Tests.Leases.Simulation;

/// <summary>
/// Edges, owners, their ledgers, the network between them and the clients before them, all on one thread and in virtual time. What may never happen throws
/// <see cref="InvariantBroken"/> as soon as it does. The same plan always gives the same run.
/// </summary>
internal sealed class World
{
    private readonly Random _random;
    private readonly Dictionary<string, OwnerSite> _sites;
    private readonly AccountPlan[] _accounts;
    private readonly Dictionary<(int, string), TimeSpan> _touched = [];

    public World(Plan plan)
    {
        Plan = plan;
        _random = new Random(plan.Seed);
        Agenda = new Agenda();
        Trace = new Trace(Agenda);
        Network = new Network(Agenda, _random, plan.Faults);
        _accounts = [.. plan.Accounts];
        Oracles = plan.Accounts.ToDictionary(a => a.Id, OracleOf);
        _sites = plan.Accounts.GroupBy(a => a.Owner).ToDictionary(g => g.Key, g => new OwnerSite(this, g.Key, g));
        Edges = [.. Enumerable.Range(0, plan.Edges).Select(i => new SimEdge(this, i))];
    }

    public Plan Plan { get; }

    public Agenda Agenda { get; }

    public Trace Trace { get; }

    public Network Network { get; }

    public IReadOnlyDictionary<AccountId, AccountOracle> Oracles { get; }

    public IReadOnlyList<SimEdge> Edges { get; }

    public IReadOnlyCollection<OwnerSite> Sites => _sites.Values;

    public Evidence Evidence { get; } = new();

    public OwnerSettings OwnerSettings { get; } = new();

    public EdgeSettings EdgeSettings { get; } = new();

    /// <summary>Whether nothing goes wrong any more, and no more requests come.</summary>
    public bool IsCalm { get; private set; }

    public Random Random => _random;

    public AccountPlan Account(int number) => _accounts[number];

    public int Accounts => _accounts.Length;

    public OwnerSite Site(string owner) => _sites[owner];

    public MachineClock NewClock()
    {
        var drift = Plan.Faults.DriftPpm;
        return new MachineClock(Agenda, _random.Next(-drift, drift + 1), TimeSpan.FromSeconds(_random.Next(1_000_000)));
    }

    public Guid NewSession()
    {
        Span<byte> bytes = stackalloc byte[16];
        _random.NextBytes(bytes);
        return new Guid(bytes);
    }

    public TimeSpan LedgerDelay() => TimeSpan.FromMicroseconds(_random.Next(20) == 0 ? _random.Next(100_000) : _random.Next(200, 2000));

    public bool LedgerFails() => !IsCalm && _random.Next(1000) < Plan.Faults.LedgerFails;

    public bool IsWrittenAllTheSame() => _random.Next(2) == 0;

    /// <summary>The account is another from now on; owners hear of it within a second, and edges in the same time; an owner that stands still when it goes on.</summary>
    public void Change(int number, AccountSpec spec)
    {
        var account = _accounts[number];
        Trace.Note(() => $"{account.Id}: limit {account.Spec.Limit} → {spec.Limit}");
        Oracles[account.Id].Changing(spec, Agenda.Now);
        _accounts[number] = account with { Spec = spec };
        _sites[account.Owner].Change(account.Id, spec);
        Agenda.In(TimeSpan.FromSeconds(1), () => Changed(number));
    }

    /// <summary>An edge has heard from an owner what it asked at an instant. Had it not for long, others may have got its slots.</summary>
    public void Touched(int edge, string owner, TimeSpan asked)
    {
        if (!IsInTouch(edge, owner))
        {
            foreach (var account in _accounts.Where(a => a.Owner == owner)) (Oracles[account.Id] as SlotOracle)?.CutOff(edge);
        }

        if (asked > _touched.GetValueOrDefault((edge, owner))) _touched[(edge, owner)] = asked;
    }

    // A lease may be past half of its life, and a late visit, when its edge is heard for the last time.
    public bool IsInTouch(int edge, string owner) => Agenda.Now - _touched.GetValueOrDefault((edge, owner)) < (OwnerSettings.LeaseLifetime / 2) - (0.3 * EdgeSettings.VisitEvery);

    /// <summary>Faults and requests until the plan's end, then quiet, then the proof that nothing was lost.</summary>
    public void Run()
    {
        new Clients(this).Start();
        new Weather(this).Start();
        Agenda.RunUntil(Plan.Length);
        Calm();
        Agenda.RunUntil(Plan.Length + TimeSpan.FromSeconds(100));
        new Aftermath(this).Prove();
    }

    private void Changed(int number)
    {
        var account = _accounts[number];
        if (_sites[account.Owner].IsAwake) Oracles[account.Id].Changed(account.Spec, Agenda.Now);
        else Agenda.In(TimeSpan.FromMilliseconds(100), () => Changed(number));
    }

    private void Calm()
    {
        Trace.Note(() => "calm");
        IsCalm = true;
        Network.IsFaulty = false;
        foreach (var edge in Edges) edge.Calm();
    }

    // Two that both take themselves for the owner may each give what a rate has; of money only one can write. That there are not two is a matter of terms, above the cores.
    private AccountOracle OracleOf(AccountPlan account) => account.Spec.Kind switch
    {
        AccountKind.Budget => new BudgetOracle(account.Id, account.Spec),
        _ when Plan.Faults.TwoOwners > TimeSpan.Zero => new NoOracle(account.Id),
        // When a request is let through that was put off, nobody knows: its time is told by a message that takes some.
        AccountKind.Bucket when Plan.IsShaped => new NoOracle(account.Id),
        AccountKind.Bucket => new BucketOracle(account.Id, account.Spec, Plan.Faults.DriftPpm),
        AccountKind.FixedWindow => new WindowOracle(account.Id, account.Spec),
        AccountKind.SlidingWindow => new SlidingOracle(account.Id, account.Spec, Plan.Faults.DriftPpm),
        _ => new SlotOracle(account.Id, account.Spec, edge => IsInTouch(edge, account.Owner)),
    };
}
