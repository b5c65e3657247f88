using OrleansGateway.Leases;
using OrleansGateway.Leases.Journal;
using OrleansGateway.Leases.Ledger;
using OrleansGateway.Leases.Owners;

namespace OrleansGateway.Tests.Leases.Simulation;

/// <summary>One owner with one ledger, and edges, moved by hand: a schedule says what happens when, and what is said arrives when the schedule lets it.</summary>
internal sealed class Bench
{
    public const string OwnerName = "owner";

    private readonly Dictionary<AccountId, AccountSpec> _specs = [];
    private readonly Dictionary<AccountId, AccountOracle> _oracles = [];
    private int _acts;
    private int _edges;

    /// <param name="spec">What the account is like.</param>
    /// <param name="driftPpm">How much too fast, in millionths, the owner's clock runs.</param>
    public Bench(AccountSpec spec, int driftPpm = 0)
    {
        Clock = new MachineClock(Agenda, driftPpm, TimeSpan.FromHours(3));
        Account = Add("a", spec);
        Owner = NewOwner(mayOthersHold: false, wasEmpty: false);
    }

    public Agenda Agenda { get; } = new();

    public MachineClock Clock { get; }

    public SimLedger Ledger { get; } = new(OwnerName);

    public OwnerCore Owner { get; private set; }

    public AccountId Account { get; }

    public OwnerSettings Settings { get; } = new();

    public OwnerTime OwnerNow => new(Clock.Monotonic, Clock.Utc);

    public long Epoch => Owner.View(OwnerNow).Epoch;

    public AccountRow Row => Ledger.Accounts.Where(a => a.Account == Account).MaxBy(a => a.Period) ?? throw new InvariantBroken("No row.");

    public LeaseRow Lease => Ledger.Leases.Where(l => l.Account == Account).MaxBy(l => l.Number) ?? throw new InvariantBroken("No lease.");

    public AccountId Add(string name, AccountSpec spec)
    {
        var id = new AccountId("rule", name);
        _specs[id] = spec;
        _oracles[id] = spec.Kind switch
        {
            AccountKind.Bucket => new BucketOracle(id, spec, Math.Max(0, Clock.DriftPpm)),
            AccountKind.FixedWindow => new WindowOracle(id, spec),
            AccountKind.SlidingWindow => new SlidingOracle(id, spec, Math.Max(0, Clock.DriftPpm)),
            AccountKind.Concurrency => new SlotOracle(id, spec, _ => true),
            _ => new BudgetOracle(id, spec),
        };
        return id;
    }

    public AccountOracle Oracle(AccountId id) => _oracles[id];

    public AccountSpec SpecOf(AccountId id) => _specs[id];

    public BenchEdge Edge(int driftPpm = 0) => new(this, ++_edges, driftPpm);

    public void Pass(double seconds) => Agenda.RunUntil(Agenda.Now + TimeSpan.FromSeconds(seconds));

    public void Change(AccountId id, AccountSpec spec)
    {
        _oracles[id].Changing(spec, Agenda.Now);
        _specs[id] = spec;
        Owner.SpecsChanged(OwnerNow);
        _oracles[id].Changed(spec, Agenda.Now);
    }

    /// <summary>Another process takes over; the one before may go on, if the schedule has kept it.</summary>
    public OwnerCore NewOwner(bool mayOthersHold, bool wasEmpty = true)
    {
        var settings = wasEmpty ? Settings : Settings with { EmptyAt = TimeSpan.MinValue };
        return Owner = new OwnerCore(settings, Ledger.Acquire(), id => _specs.GetValueOrDefault(id), OwnerNow, mayOthersHold);
    }

    public LeaseReply Ask(LeaseRequest request) => Ask(Owner, request) ?? throw new InvariantBroken("The owner was fenced.");

    /// <summary>None if the owner finds at its write that another has taken over.</summary>
    public LeaseReply? Ask(OwnerCore owner, LeaseRequest request)
    {
        var step = owner.Begin([request], OwnerNow);
        if (step.Write is { } write && Ledger.Write(write) == LedgerOutcome.Fenced) return null;
        return owner.End(step, true, OwnerNow)[0];
    }

    /// <summary>The ledger does not answer, whether or not it has written; the owner then takes over anew.</summary>
    public LeaseReply AskInVain(LeaseRequest request, bool isWritten)
    {
        var step = Owner.Begin([request], OwnerNow);
        if (step.Write is { } write && isWritten) Ledger.Write(write);
        var reply = Owner.End(step, false, OwnerNow)[0];
        Owner.Reload(Ledger.Acquire(), OwnerNow);
        return reply;
    }

    public void Sweep() => Write(Owner.BeginSweep(OwnerNow));

    public void Suspend(Guid session) => Write(Owner.BeginSuspend(session, OwnerNow));

    public void Recover(JournalFindings findings) => Write(Owner.BeginRecovery(findings, OwnerNow));

    public BudgetActResult Act(BudgetActKind kind, long amount, string? id = null) => Act(new BudgetAct(id ?? $"act{_acts++}", kind, Account, amount, "bench", null));

    public BudgetActResult Act(BudgetAct act)
    {
        var step = Owner.BeginAct(act, OwnerNow);
        Write(step);
        return step.Act!;
    }

    public OwnerAccountView View(AccountId? id = null) => Owner.View(OwnerNow).Accounts.Single(a => a.Id == (id ?? Account));

    private void Write(OwnerStep? step)
    {
        if (step is null) return;
        if (step.Write is { } write) Ledger.Write(write);
        Owner.End(step, true, OwnerNow);
    }
}
