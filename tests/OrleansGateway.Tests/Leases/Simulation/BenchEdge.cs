using OrleansGateway.Leases;
using OrleansGateway.Leases.Edges;

namespace OrleansGateway.Tests.Leases.Simulation;

/// <summary>One edge on the bench.</summary>
internal sealed class BenchEdge
{
    private readonly Bench _bench;
    private readonly MachineClock _clock;
    private readonly Standstill _standstill;
    private int _requests;

    public BenchEdge(Bench bench, int number, int driftPpm)
    {
        _bench = bench;
        _clock = new MachineClock(bench.Agenda, driftPpm, TimeSpan.FromMinutes(driftPpm + 1000));
        _standstill = new Standstill(_clock.Monotonic.Ticks, _clock.Wall.Ticks);
        Session = new Guid(number, 0, 0, new byte[8]);
        Journal = new SimJournal(Session);
        Core = new EdgeCore(new EdgeSettings(), Session, Journal);
    }

    public Guid Session { get; }

    public SimJournal Journal { get; }

    public EdgeCore Core { get; }

    /// <summary>Number of the last request.</summary>
    public long Said { get; private set; }

    public TimeSpan Now
    {
        get
        {
            var (clock, wall) = (_clock.Monotonic.Ticks, _clock.Wall.Ticks);
            if (!_standstill.TryTell(clock, wall, out _)) _standstill.Notice(clock, wall);
            _standstill.TryTell(clock, wall, out var now);
            return now;
        }
    }

    public long ToHand => Account().Remaining;

    public Account Account(AccountId? id = null)
    {
        var account = id ?? _bench.Account;
        return Core.Open(Bench.OwnerName, account, _bench.SpecOf(account))!;
    }

    /// <summary>Time passes in which the whole machine stands still, and its clocks with it.</summary>
    public void PauseMachine(double seconds)
    {
        _bench.Pass(seconds);
        _clock.Stood(TimeSpan.FromSeconds(seconds));
    }

    public void SetWallClock(double seconds) => _clock.SetWall(TimeSpan.FromSeconds(seconds));

    /// <summary>What there is to be said to the owner.</summary>
    public LeaseRequest Say()
    {
        var request = Next() ?? throw new InvariantBroken("The edge has nothing to say.");
        if (request.Epoch == _bench.Epoch) return request;
        // They have not met: the owner wants to be told again, in its own time.
        Hear(_bench.Ask(request));
        return Next() ?? throw new InvariantBroken("The edge has nothing to say to an owner that it has just met.");
    }

    public LeaseRequest? Next()
    {
        var request = Core.NextRequest(Bench.OwnerName, Now);
        Said = request?.Number ?? Said;
        return request;
    }

    public void Hear(LeaseReply reply) => Core.Received(Bench.OwnerName, reply, Now);

    /// <summary>Says all that there is to be said, and hears what is answered, in no time.</summary>
    public void Talk()
    {
        for (var i = 0; i < 20 && Next() is { } request; i++) Hear(_bench.Ask(request));
    }

    /// <summary>Lets time pass as the host does: a visit now and then, and what there is to be said.</summary>
    public void Live(double seconds)
    {
        for (var left = seconds; left > 0; left -= 0.25)
        {
            _bench.Pass(Math.Min(0.25, left));
            Core.Visit(Now);
            Talk();
        }
    }

    /// <summary>Gets units to hand in advance, without using any: it takes them for requests that do not happen.</summary>
    public void Stock(long wanted, AccountId? id = null)
    {
        var account = Account(id);
        var holds = Enumerable.Range(0, 8).Select(i => Core.NewHold($"stock{i}")).ToArray();
        foreach (var hold in holds) Core.QueueTake(hold, [account], AmountOf(account, wanted / 8));
        Talk();
        foreach (var hold in holds) hold.Cancel();
    }

    /// <summary>Admits a request from what is to hand; none if that is not enough.</summary>
    public BenchHold? FromHand(long units, AccountId? id = null)
    {
        var account = Account(id);
        var hold = Core.NewHold($"r{_requests++}");
        if (Core.TryAdmit(hold, [account], AmountOf(account, units), Now, out _) && hold.Confirm(Now)) return Admitted(hold, units, [account.Id]);
        hold.Cancel();
        return null;
    }

    /// <summary>Admits a request by asking the owner for exactly that; none if it has not enough.</summary>
    public BenchHold? Take(long units, params AccountId[] ids) => Take(units, out _, ids);

    public BenchHold? Take(long units, out PendingTake take, params AccountId[] ids)
    {
        var hold = Core.NewHold($"r{_requests++}");
        Account[] accounts = ids.Length == 0 ? [Account()] : [.. ids.Select(i => Account(i))];
        take = Core.QueueTake(hold, accounts, AmountOf(accounts[0], units));
        Talk();
        if (take is { IsEnded: true, Denial: Denial.None }) return Admitted(hold, units, [.. accounts.Select(a => a.Id)]);
        hold.Cancel();
        return null;
    }

    public BenchHold Admitted(Hold hold, long units, AccountId[] ids)
    {
        var charges = ids.Select(i => new SimCharge(_bench.Oracle(i), 0)).ToArray();
        foreach (var charge in charges) charge.Admit(units, _bench.Agenda.Now);
        return new BenchHold(_bench, hold, charges);
    }

    public static Amounts AmountOf(Account account, long units) => account.Spec.Dimension switch
    {
        Dimension.Requests => new Amounts { Requests = units },
        Dimension.Cost => new Amounts { Cost = units },
        Dimension.Concurrency => new Amounts { Concurrency = units },
        _ => new Amounts { InputTokens = units },
    };
}

/// <summary>A request that was admitted on the bench.</summary>
internal sealed record BenchHold(Bench Bench, Hold Hold, SimCharge[] Charges)
{
    public void Settle(long used)
    {
        Hold.Settle(new Amounts { Requests = used, InputTokens = used, Cost = used, Concurrency = used });
        foreach (var charge in Charges) charge.End(Math.Min(used, charge.Units), Bench.Agenda.Now);
    }
}
