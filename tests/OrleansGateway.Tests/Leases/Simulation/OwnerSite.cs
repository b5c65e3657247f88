using OrleansGateway.Leases;

namespace OrleansGateway.Tests.Leases.Simulation;

/// <summary>An owner by name: its ledger, its accounts as configured, and the process that has it now; for a while perhaps another that believes it still has.</summary>
internal sealed class OwnerSite
{
    private readonly World _world;
    private readonly Dictionary<AccountId, AccountSpec> _specs;
    private OwnerProcess? _primary;
    private OwnerProcess? _former;

    public OwnerSite(World world, string name, IEnumerable<AccountPlan> accounts)
    {
        _world = world;
        Name = name;
        Ledger = new SimLedger(name);
        _specs = accounts.ToDictionary(a => a.Id, a => a.Spec);
        _primary = Start(mayOthersHold: false);
    }

    public string Name { get; }

    public SimLedger Ledger { get; }

    /// <summary>Whether nobody that takes itself for the owner stands still.</summary>
    public bool IsAwake => _primary?.IsAwake != false && _former?.IsAwake != false;

    public AccountSpec? SpecOf(AccountId id) => _specs.GetValueOrDefault(id);

    public bool IsPrimary(OwnerProcess process) => process == _primary;

    public void Change(AccountId id, AccountSpec spec)
    {
        _specs[id] = spec;
        _primary?.SpecsChanged();
        _former?.SpecsChanged();
    }

    /// <summary>Half of the edges have not heard yet that another has taken over.</summary>
    public void Receive(int edge, LeaseRequest request, Action<LeaseReply> answer)
    {
        var process = _former is { IsDead: false } && edge % 2 == 0 ? _former : _primary;
        process?.Receive(request, answer);
    }

    public void Tell(Action<OwnerProcess> what)
    {
        if (_primary is { } process) what(process);
    }

    public void Pause(TimeSpan time) => _primary?.Pause(time);

    public void Crash(TimeSpan gone)
    {
        _world.Trace.Note(() => $"{Name}: crash");
        _primary?.Die();
        _former?.Die();
        (_primary, _former) = (null, null);
        _world.Agenda.In(gone, () => _primary ??= Start(mayOthersHold: true));
    }

    /// <summary>Another takes over, and the first does not know it.</summary>
    public void TakeOver(TimeSpan overlap)
    {
        if (_primary is null) return;
        _world.Trace.Note(() => $"{Name}: two owners");
        _former?.Die();
        var former = _former = _primary;
        _primary = Start(mayOthersHold: true);
        _world.Agenda.In(overlap, former.Die);
    }

    /// <summary>It has found out that it is not the owner, or that its write was built on what is not so any more.</summary>
    public void Fenced(OwnerProcess process)
    {
        process.Die();
        if (process == _primary) _primary = Start(mayOthersHold: true);
    }

    private OwnerProcess Start(bool mayOthersHold) => new(_world, this, _world.NewClock(), mayOthersHold);
}
