using OrleansGateway.Leases;
using OrleansGateway.Leases.Journal;
using OrleansGateway.Leases.Ledger;
using OrleansGateway.Leases.Owners;

namespace OrleansGateway.Tests.Leases.Simulation;

/// <summary>
/// A process that takes itself for the owner: one step at a time, writes before it answers, and takes over anew when it does not know what became of a write. What it is asked
/// meanwhile waits.
/// </summary>
internal sealed class OwnerProcess
{
    private readonly World _world;
    private readonly OwnerSite _site;
    private readonly MachineClock _clock;
    private readonly OwnerCore _core;
    private readonly List<(LeaseRequest Request, Action<LeaseReply> Answer)> _queue = [];
    private readonly Queue<Func<OwnerStep?>> _acts = [];
    private bool _isBusy;
    private TimeSpan _pausedUntil;

    public OwnerProcess(World world, OwnerSite site, MachineClock clock, bool mayOthersHold)
    {
        (_world, _site, _clock) = (world, site, clock);
        var settings = mayOthersHold ? world.OwnerSettings : world.OwnerSettings with { EmptyAt = TimeSpan.MinValue };
        _core = new OwnerCore(settings, site.Ledger.Acquire(), site.SpecOf, Now, mayOthersHold);
        Sweep();
    }

    public bool IsDead { get; private set; }

    public bool IsAwake => IsDead || _world.Agenda.Now >= _pausedUntil;

    private OwnerTime Now => new(_clock.Monotonic, _clock.Utc);

    public void Die() => IsDead = true;

    public void Pause(TimeSpan time) => _pausedUntil = TimeSpan.FromTicks(Math.Max(_pausedUntil.Ticks, (_world.Agenda.Now + time).Ticks));

    public void Receive(LeaseRequest request, Action<LeaseReply> answer) => WhenAwake(() =>
    {
        _queue.Add((request, answer));
        GoOn();
    });

    public void Recover(JournalFindings findings) => Do(() => _core.BeginRecovery(findings, Now));

    public void Suspend(Guid session) => Do(() => _core.BeginSuspend(session, Now));

    public void Act(BudgetAct act) => Do(() => _core.BeginAct(act, Now));

    public void SpecsChanged() => WhenAwake(() => _core.SpecsChanged(Now));

    private void Do(Func<OwnerStep?> act) => WhenAwake(() =>
    {
        _acts.Enqueue(act);
        GoOn();
    });

    private void WhenAwake(Action action)
    {
        if (IsDead) return;
        if (_world.Agenda.Now >= _pausedUntil) action();
        else _world.Agenda.At(_pausedUntil, () => WhenAwake(action));
    }

    private void Sweep()
    {
        if (IsDead) return;
        Do(() => _core.BeginSweep(Now));
        _world.Agenda.In(TimeSpan.FromSeconds(1), Sweep);
    }

    private void GoOn()
    {
        while (!_isBusy && !IsDead)
        {
            if (_acts.TryDequeue(out var act))
            {
                if (act() is { } step) Carry(step, []);
            }
            else if (_queue.Count > 0)
            {
                var batch = _queue.ToArray();
                _queue.Clear();
                Carry(_core.Begin([.. batch.Select(q => q.Request)], Now), batch);
            }
            else
            {
                return;
            }
        }
    }

    private void Carry(OwnerStep step, (LeaseRequest Request, Action<LeaseReply> Answer)[] batch)
    {
        if (step.Write is null)
        {
            End(step, true, batch);
            return;
        }

        _isBusy = true;
        _world.Agenda.In(_world.LedgerDelay(), () => Write(step, batch));
    }

    /// <summary>The ledger does it, or not, whether or not the one who asked for it is still there.</summary>
    private void Write(OwnerStep step, (LeaseRequest Request, Action<LeaseReply> Answer)[] batch)
    {
        var fails = _world.LedgerFails();
        var outcome = fails && !_world.IsWrittenAllTheSame() ? default(LedgerOutcome?) : _site.Ledger.Write(step.Write!);
        _world.Agenda.In(_world.LedgerDelay(), () => WhenAwake(() => Written(step, fails ? null : outcome, batch)));
    }

    private void Written(OwnerStep step, LedgerOutcome? outcome, (LeaseRequest Request, Action<LeaseReply> Answer)[] batch)
    {
        if (outcome == LedgerOutcome.Fenced)
        {
            _world.Trace.Note(() => $"{_site.Name}: fenced");
            _site.Fenced(this);
            return;
        }

        if (outcome is null || !IsDone(step))
        {
            _world.Trace.Note(() => $"{_site.Name}: write failed");
            End(step, false, batch);
            _world.Agenda.In(TimeSpan.FromMilliseconds(50), () => WhenAwake(Reload));
            return;
        }

        End(step, true, batch);
        _isBusy = false;
        GoOn();
    }

    // An act that was done before changes nothing in the ledger: what the core has is wrong then.
    private bool IsDone(OwnerStep step) =>
        step is not { ActId: not null, Act: { Fault: null, After: { } after } } || _site.Ledger.Row(after.Account, after.Period) == after;

    private void Reload()
    {
        if (!_site.IsPrimary(this))
        {
            Die();
            return;
        }

        _core.Reload(_site.Ledger.Acquire(), Now);
        _isBusy = false;
        GoOn();
    }

    private void End(OwnerStep step, bool written, (LeaseRequest Request, Action<LeaseReply> Answer)[] batch)
    {
        var replies = _core.End(step, written, Now);
        for (var i = 0; i < batch.Length; i++)
        {
            if (replies[i] is { } reply) batch[i].Answer(reply);
        }
    }
}
