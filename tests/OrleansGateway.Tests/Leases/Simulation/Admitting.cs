using OrleansGateway.Leases;
using OrleansGateway.Leases.Edges;

namespace OrleansGateway.Tests.Leases.Simulation;

/// <summary>A request on its way in, or a stream that asks for more: what is to hand, and the rest of owner by owner; all or nothing. As the real host does it.</summary>
internal sealed class Admitting(World world, SimEdge edge, SimRequest request)
{
    private static readonly TimeSpan AnswerMax = TimeSpan.FromSeconds(15);

    private readonly TimeSpan _deadline = world.Agenda.Now + request.WaitMax;
    private readonly List<Account> _wanting = [];
    private Account[] _accounts = [];
    private int _mark;
    private TimeSpan _delay;
    private PendingTake? _take;
    private bool _isOver;

    public SimRequest Request => request;

    /// <summary>When it last began to take.</summary>
    public TimeSpan Since { get; private set; }

    private Hold Hold => request.Hold!;

    public void Begin()
    {
        edge.Track(this);
        request.Hold ??= edge.Core.NewHold(request.Name);
        _accounts = [.. request.Kind.Select(edge.Account)];
        Mark();
        if (!edge.Core.TryAdmit(Hold, _accounts, request.Units, edge.Now, out _))
        {
            Try();
            return;
        }

        // The process may be stopped after it looked at the clock and before it has what it takes.
        if (world.Plan.Faults.EdgePause > TimeSpan.Zero && world.Random.Next(500) == 0) edge.Pause(TimeSpan.FromMilliseconds(world.Random.Next(8000)));
        edge.Later(TimeSpan.Zero, Confirm);
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
        AskNext();
    }

    private void Try()
    {
        if (_isOver) return;
        _delay = TimeSpan.Zero;
        _wanting.Clear();
        Mark();
        if (edge.Core.TryAdmitWhatIsToHand(Hold, _accounts, request.Units, edge.Now, _wanting)) AskNext();
        else Refuse();
    }

    private void Mark() => (_mark, Since) = (Hold.Mark(), world.Agenda.Now);

    private void AskNext()
    {
        if (_wanting.Count == 0)
        {
            edge.Later(TimeSpan.Zero, Confirm);
            return;
        }

        var owner = _wanting.MinBy(a => a.Owner, StringComparer.Ordinal)!.Owner;
        Account[] accounts = [.. _wanting.Where(a => a.Owner == owner)];
        _wanting.RemoveAll(a => a.Owner == owner);
        var wait = _deadline - world.Agenda.Now;
        var take = _take = edge.Core.QueueTake(Hold, accounts, request.Units, request.Priority, wait > TimeSpan.Zero && request.MayBeShaped ? wait : TimeSpan.Zero);
        edge.Talk(owner);
        if (request.End == RequestEnd.Abandoned) edge.Later(TimeSpan.FromMilliseconds(world.Random.Next(20)), () => Abandon(owner, take));
        edge.Later(AnswerMax, () => Abandon(owner, take));
        GoOn();
    }

    private void Confirm()
    {
        if (_isOver) return;
        if (Hold.Confirm(_mark, edge.Now)) Admit();
        else Refuse();
    }

    private void Denied(PendingTake take)
    {
        Hold.Undo(_mark);
        var again = world.Agenda.Now + take.Delay;
        if (take.Denial == Denial.NotNow && again < _deadline) edge.Later(take.Delay + TimeSpan.FromMilliseconds(1), Try);
        else Refuse();
    }

    private void Abandon(string owner, PendingTake take)
    {
        if (_isOver || take != _take) return;
        edge.Core.Abandon(owner, take);
        Hold.Undo(_mark);
        Refuse();
    }

    // What an account has promised for later counts from then on; all else from now.
    private void Admit()
    {
        Over();
        request.IsRaised = request.IsAdmitted;
        var isLater = _delay > TimeSpan.Zero;
        request.Admit(request.Units, kind => !isLater || kind != AccountKind.Bucket);
        edge.Admitted(request, _delay);
        if (isLater) edge.Later(_delay, () => request.Admit(request.Units, kind => kind == AccountKind.Bucket));
    }

    /// <summary>A stream that gets no more goes on with what it has, to its end.</summary>
    private void Refuse()
    {
        Over();
        if (request.IsAdmitted) edge.Later(request.Takes / 2, () => edge.End(request));
        else Hold.Cancel();
    }

    private void Over()
    {
        _isOver = true;
        edge.Untrack(this);
    }
}
