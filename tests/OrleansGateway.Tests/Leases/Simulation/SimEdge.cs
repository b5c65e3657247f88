using OrleansGateway.Leases;
using OrleansGateway.Leases.Edges;
using OrleansGateway.Leases.Journal;

namespace OrleansGateway.Tests.Leases.Simulation;

/// <summary>One edge's process: it lives, stands still, dies and comes back as another session. Does what the real host does, message by message.</summary>
internal sealed class SimEdge
{
    private static readonly TimeSpan ResendAfter = TimeSpan.FromMilliseconds(400);

    private readonly World _world;
    private readonly int _index;
    private readonly MachineClock _clock;
    private readonly HashSet<SimRequest> _open = [];
    private readonly List<Admitting> _admitting = [];
    private EdgeCore? _core;
    private EdgeSignals _signals = null!;
    private SimJournal _journal = null!;
    private int _life;
    private TimeSpan _pausedUntil;
    private Standstill _standstill = null!;

    public SimEdge(World world, int index)
    {
        (_world, _index, _clock) = (world, index, world.NewClock());
        Boot();
    }

    public Guid Session { get; private set; }

    public EdgeCore Core => _core!;

    /// <summary>As the host reads it.</summary>
    public TimeSpan Now
    {
        get
        {
            var (clock, wall) = (_clock.Monotonic.Ticks, _clock.Wall.Ticks);
            if (!_standstill.TryTell(clock, wall, out var now)) _standstill.Notice(clock, wall);
            return _standstill.TryTell(clock, wall, out now) ? now : throw new InvariantBroken("The clocks are still apart.");
        }
    }

    public void Receive(SimRequest request) => WhenAwake(() => Guarded(() => new Admitting(_world, this, request).Begin()));

    public void Pause(TimeSpan time)
    {
        if (_core is null) return;
        _world.Trace.Note(() => $"edge {_index}: stands still for {time}");
        _pausedUntil = TimeSpan.FromTicks(Math.Max(_pausedUntil.Ticks, (_world.Agenda.Now + time).Ticks));
    }

    /// <summary>Its clocks stand still with it. The wall clock is set right when it goes on: before that nobody in it could know.</summary>
    public void PauseMachine(TimeSpan time)
    {
        if (_core is null || _world.Agenda.Now < _pausedUntil) return;
        _world.Trace.Note(() => $"edge {_index}: machine paused for {time}");
        _pausedUntil = _world.Agenda.Now + time;
        _world.Agenda.At(_pausedUntil, () =>
        {
            _clock.Stood(time);
            _clock.SetWall(time);
        });
    }

    public void SetWallClock(TimeSpan by)
    {
        // Set back before the process has looked at it since a pause of the machine, it would hide so much of that: nobody could know. A host that is awake looks ten times a second.
        if (_world.Agenda.Now < _pausedUntil) return;
        _ = Now;
        _world.Trace.Note(() => $"edge {_index}: wall clock set by {by}");
        _clock.SetWall(by);
        _ = Now;
    }

    /// <param name="loss">0: the process only; 1: the power, and the journal's tail with it; 2: perhaps the disk.</param>
    /// <param name="gone">How long until it is started again.</param>
    public void Crash(int loss, TimeSpan gone)
    {
        if (_core is null) return;
        var isDiskGone = loss == 2 && _world.Random.Next(100) < _world.Plan.Faults.DiskGone;
        _world.Trace.Note(() => $"edge {_index}: crash, {(isDiskGone ? "disk gone" : loss > 0 ? "power lost" : "disk kept")}");
        var (session, findings) = (Session, isDiskGone ? null : _journal.Findings(loss > 0 ? _world.Random.Next(20) : null));
        Die(isWithoutProof: loss > 0);
        _world.Agenda.In(gone, Boot);
        // Whoever finds out tells it until it surely was heard.
        for (var i = 0; i < 8; i++) _world.Agenda.In(gone + TimeSpan.FromSeconds(2 + (4 * i)), () => Tell(session, findings));
    }

    /// <summary>It will die in the middle of a write to its journal.</summary>
    public void CrashWhileWriting() => _journal.DieIn(_world.Random.Next(1, 20), _world.Random.Next(2) == 0);

    public void Calm()
    {
        _journal.DieNoMore();
        _world.Network.Reconnect(_index);
        _journal.IsFull = false;
        _world.Agenda.At(_pausedUntil, () =>
        {
            foreach (var request in _open.Where(r => r.End == RequestEnd.Stuck).ToArray()) Guarded(() => End(request));
        });
    }

    public void WhenAwake(Action action)
    {
        if (_core is null) return;
        var life = _life;
        if (_world.Agenda.Now >= _pausedUntil) action();
        else _world.Agenda.At(_pausedUntil, () => WhenLiving(life, action));
    }

    /// <summary>Later, if it has not died by then.</summary>
    public void Later(TimeSpan delay, Action action)
    {
        var life = _life;
        _world.Agenda.In(delay, () => WhenLiving(life, () => Guarded(action)));
    }

    public Account Account(int number)
    {
        var account = _world.Account(number);
        return Core.Open(account.Owner, account.Id, account.Spec)!;
    }

    public void Track(Admitting admitting) => _admitting.Add(admitting);

    public void Untrack(Admitting admitting) => _admitting.Remove(admitting);

    public void Admitted(SimRequest request, TimeSpan delay)
    {
        _open.Add(request);
        _world.Trace.Note(() => $"edge {_index}: {request.Name} admitted, after {delay.TotalSeconds} s, to {string.Join(",", request.Kind)} for {request.Units}");
        if (request.End == RequestEnd.Stuck && !_world.IsCalm) return;
        if (request.End == RequestEnd.Raised && !request.IsRaised) Later(delay + (request.Takes / 2), () => new Admitting(_world, this, request).Begin());
        else Later(delay + request.Takes, () => End(request));
    }

    public void End(SimRequest request)
    {
        if (!_open.Remove(request)) return;
        var used = request.End == RequestEnd.Cancelled ? default : request.Used();
        _world.Trace.Note(() => $"edge {_index}: {request.Name} ends with {used}");
        // What is said to the world must be so whenever the process dies: it has ended from its journal's entry on.
        request.Settled(used);
        if (request.End == RequestEnd.Cancelled) request.Hold!.Cancel();
        else request.Hold!.Settle(used);
        // Who comes second changes nothing.
        if (_world.Random.Next(10) == 0) request.Hold!.Cancel();
        request.Proven();
    }

    /// <summary>Says what there is to be said.</summary>
    public void Talk(string owner)
    {
        if (Core.NextRequest(owner, Now) is { } request) Send(owner, request, _world.Agenda.Now);
    }

    private void Boot()
    {
        Session = _world.NewSession();
        _standstill = new Standstill(_clock.Monotonic.Ticks, _clock.Wall.Ticks);
        _journal = new SimJournal(Session);
        _core = new EdgeCore(_world.EdgeSettings, Session, _journal, _signals = new EdgeSignals(new EdgeNotices()));
        _life++;
        Tick();
    }

    private void Tick()
    {
        Core.Visit(Now);
        foreach (var site in _world.Sites) Talk(site.Name);
        Later(TimeSpan.FromMilliseconds(250), Tick);
    }

    private void Send(string owner, LeaseRequest request, TimeSpan first)
    {
        var life = _life;
        _world.Network.Send(_index, () => _world.Site(owner).Receive(_index, request, reply =>
            _world.Network.Send(_index, () => WhenLiving(life, () => Guarded(() => Received(owner, reply, first))))));
        Later(ResendAfter, () =>
        {
            if (Core.UnderWay(owner) == request) Send(owner, request, first);
        });
    }

    private void Received(string owner, LeaseReply reply, TimeSpan sent)
    {
        _world.Touched(_index, owner, sent);
        Core.Received(owner, reply, Now);
        foreach (var admitting in _admitting.ToArray()) admitting.GoOn();
        Talk(owner);
    }

    private void WhenLiving(int life, Action action)
    {
        if (life == _life && _core is not null) WhenAwake(action);
    }

    private void Guarded(Action action)
    {
        if (_core is null) return;
        try
        {
            action();
            while (_signals.Links.TryRead(out var link)) Later(TimeSpan.Zero, () => Talk(link.Owner));
        }
        catch (ProcessDied)
        {
            var (session, findings) = (Session, _journal.Findings(null));
            _world.Trace.Note(() => $"edge {_index}: died while it wrote");
            Die(isWithoutProof: false);
            _world.Agenda.In(TimeSpan.FromSeconds(1), Boot);
            for (var i = 0; i < 8; i++) _world.Agenda.In(TimeSpan.FromSeconds(3 + (4 * i)), () => Tell(session, findings));
        }
    }

    private void Die(bool isWithoutProof)
    {
        _world.Evidence.Dead.Add(Session);
        if (isWithoutProof) _world.Evidence.WithoutProof.Add(Session);
        foreach (var request in _open) request.Orphaned(Session);
        foreach (var admitting in _admitting) admitting.Request.MayHaveHeld(admitting.Since);
        _open.Clear();
        _admitting.Clear();
        _core = null;
        _pausedUntil = TimeSpan.Zero;
        _life++;
    }

    private void Tell(Guid session, JournalFindings? findings)
    {
        foreach (var site in _world.Sites)
        {
            site.Tell(p =>
            {
                if (findings is null) p.Suspend(session);
                else p.Recover(findings);
            });
        }
    }
}
