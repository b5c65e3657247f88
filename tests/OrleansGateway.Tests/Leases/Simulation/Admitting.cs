using OrleansGateway.Leases;
using OrleansGateway.Leases.Edges;

namespace OrleansGateway.Tests.Leases.Simulation;

/// <summary>A request on its way in, or a stream that asks for more: from what is to hand if there is enough, else owner by owner; all or nothing.</summary>
internal sealed class Admitting(World world, SimEdge edge, SimRequest request)
{
    private static readonly TimeSpan AnswerMax = TimeSpan.FromSeconds(15);

    private readonly TimeSpan _deadline = world.Agenda.Now + request.WaitMax;
    private Account[][] _byOwner = [];
    private int _owner;
    private int _mark;
    private TimeSpan _delay;
    private PendingTake? _take;
    private bool _isOver;

    public SimRequest Request => request;

    public void Begin()
    {
        edge.Track(this);
        var hold = request.Hold ??= edge.Core.NewHold(request.Name);
        Account[] accounts = [.. request.Kind.Select(edge.Account)];
        _mark = hold.Mark();
        var isAdmitted = edge.Core.TryAdmit(hold, accounts, request.Units, edge.Now, out _);
        _byOwner = [.. accounts.GroupBy(a => a.Owner).Select(g => g.ToArray())];
        // The process may be stopped after it looked at the clock and before it has what it takes.
        if (isAdmitted && world.Random.Next(500) == 0) edge.Pause(TimeSpan.FromMilliseconds(world.Random.Next(8000)));
        edge.WhenAwake(() => edge.Later(TimeSpan.Zero, () =>
        {
            if (isAdmitted && hold.Confirm(_mark, edge.Now)) Admit();
            else Take();
        }));
    }

    /// <summary>The owner may have answered.</summary>
    public void GoOn()
    {
        if (_isOver || _take is not { IsEnded: true } take) return;
        _take = null;
        if (take.Denial != Denial.None)
        {
            Denied(take);
            return;
        }

        _delay = take.Delay > _delay ? take.Delay : _delay;
        if (++_owner < _byOwner.Length) Take();
        else edge.Later(_delay, Release);
    }

    private void Take()
    {
        var accounts = _byOwner[_owner];
        var wait = _deadline - world.Agenda.Now;
        _take = edge.Core.QueueTake(request.Hold!, accounts, request.Units, request.Priority, wait > TimeSpan.Zero ? wait : TimeSpan.Zero);
        var take = _take;
        edge.Talk(accounts[0].Owner);
        if (request.End == RequestEnd.Abandoned) edge.Later(TimeSpan.FromMilliseconds(world.Random.Next(20)), () => Abandon(take));
        edge.Later(AnswerMax, () => Abandon(take));
        GoOn();
    }

    private void Release()
    {
        if (_isOver) return;
        if (request.Hold!.Confirm(_mark, edge.Now)) Admit();
        else Refuse();
    }

    private void Denied(PendingTake take)
    {
        request.Hold!.Undo(_mark);
        (_owner, _delay) = (0, TimeSpan.Zero);
        var again = world.Agenda.Now + take.Delay;
        if (take.Denial == Denial.NotNow && again < _deadline) edge.Later(take.Delay + TimeSpan.FromMilliseconds(1), Take);
        else Refuse();
    }

    private void Abandon(PendingTake take)
    {
        if (_isOver || take != _take) return;
        edge.Core.Abandon(_byOwner[_owner][0].Owner, take);
        request.Hold!.Undo(_mark);
        Refuse();
    }

    private void Admit()
    {
        Over();
        if (request.IsAdmitted) request.IsRaised = true;
        request.Admit(request.Units);
        edge.Admitted(request);
    }

    /// <summary>A stream that gets no more goes on with what it has, to its end.</summary>
    private void Refuse()
    {
        Over();
        if (request.IsAdmitted) edge.Later(request.Takes / 2, () => edge.End(request));
        else request.Hold!.Cancel();
    }

    private void Over()
    {
        _isOver = true;
        edge.Untrack(this);
    }
}
