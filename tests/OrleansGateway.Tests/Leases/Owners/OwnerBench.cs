using OrleansGateway.Leases;
using OrleansGateway.Leases.Ledger;
using OrleansGateway.Leases.Owners;

namespace OrleansGateway.Tests.Leases.Owners;

/// <summary>An owner with a ledger, a clock that a test moves, and the specs of its accounts.</summary>
internal sealed class OwnerBench
{
    public const string Owner = "tenant:acme";

    private readonly Dictionary<AccountId, AccountSpec> _specs = [];
    private TimeSpan _elapsed;

    public OwnerBench(OwnerSettings? settings = null, DateTimeOffset? start = null, params (string Rule, AccountSpec Spec)[] accounts)
    {
        Settings = settings ?? new OwnerSettings { EmptyAt = TimeSpan.MinValue };
        Start = start ?? new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        foreach (var (rule, spec) in accounts) this[rule] = spec;
        Core = Make(mayOthersHold: false);
    }

    public OwnerSettings Settings { get; set; }

    public DateTimeOffset Start { get; }

    public MemoryLedger Ledger { get; } = new();

    public OwnerCore Core { get; private set; }

    public OwnerTime Now => new(TimeSpan.FromHours(1) + _elapsed, Start + _elapsed);

    public AccountSpec this[string rule]
    {
        get => _specs[Id(rule)];
        set => _specs[Id(rule)] = value;
    }

    public static AccountId Id(string rule) => new(rule, "");

    public static AccountSpec Bucket(long limit, long refill = 1, double seconds = 1) => new()
    {
        Kind = AccountKind.Bucket,
        Dimension = Dimension.Requests,
        Limit = limit,
        Refill = refill,
        Time = TimeSpan.FromSeconds(seconds),
    };

    public static AccountSpec Window(long limit, double seconds = 60) => new()
    {
        Kind = AccountKind.FixedWindow,
        Dimension = Dimension.Requests,
        Limit = limit,
        Periods = new SteadyPeriods(TimeSpan.FromSeconds(seconds)),
    };

    public static AccountSpec Sliding(long limit, double seconds = 60) => new()
    {
        Kind = AccountKind.SlidingWindow,
        Dimension = Dimension.Requests,
        Limit = limit,
        Time = TimeSpan.FromSeconds(seconds),
    };

    public static AccountSpec Slots(long limit) => new() { Kind = AccountKind.Concurrency, Dimension = Dimension.Concurrency, Limit = limit };

    public static AccountSpec Budget(long limit, double days = 0) => new()
    {
        Kind = AccountKind.Budget,
        Dimension = Dimension.Cost,
        Limit = limit,
        Periods = days > 0 ? new SteadyPeriods(TimeSpan.FromDays(days)) : null,
    };

    public void Advance(TimeSpan by) => _elapsed += by;

    public void Remove(string rule) => _specs.Remove(Id(rule));

    /// <summary>A new life: the core is lost, the ledger is not.</summary>
    public void Restart(bool mayOthersHold = false) => Core = Make(mayOthersHold);

    public IReadOnlyList<LeaseReply> Send(params LeaseRequest[] requests) => Commit(Core.Begin(requests, Now));

    public IReadOnlyList<LeaseReply> Commit(OwnerStep step)
    {
        if (step.Write is null) return Core.End(step, written: true, Now);
        try
        {
            Assert.Equal(LedgerOutcome.Written, Ledger.Write(step.Write));
            return Core.End(step, written: true, Now);
        }
        catch (LedgerException)
        {
            return Core.End(step, written: false, Now);
        }
    }

    public void Sweep()
    {
        if (Core.BeginSweep(Now) is { } step) Commit(step);
    }

    public void Reload() => Core.Reload(Ledger.Acquire(Owner), Now);

    public BudgetActResult Act(BudgetAct act)
    {
        var step = Core.BeginAct(act, Now);
        Commit(step);
        return step.Act!;
    }

    public OwnerAccountView View(string rule) => Core.View(Now).Accounts.Single(a => a.Id == Id(rule));

    private OwnerCore Make(bool mayOthersHold) => new(Settings, Ledger.Acquire(Owner), _specs.GetValueOrDefault, Now, mayOthersHold);

    private sealed class SteadyPeriods(TimeSpan length) : IPeriods
    {
        public Period At(DateTimeOffset instant)
        {
            var number = instant.UtcTicks / length.Ticks;
            return new Period(number, new DateTimeOffset(number * length.Ticks, TimeSpan.Zero), new DateTimeOffset((number + 1) * length.Ticks, TimeSpan.Zero));
        }
    }
}
