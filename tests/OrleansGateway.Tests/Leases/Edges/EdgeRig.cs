using OrleansGateway.Leases;
using OrleansGateway.Leases.Edges;

namespace OrleansGateway.Tests.Leases.Edges;

/// <summary>An edge's core and an owner, and messages between them when a test says so.</summary>
internal sealed class EdgeRig
{
    public const string OwnerName = "tenant:acme";

    public EdgeRig(EdgeSettings? settings = null, EdgeSignals? signals = null) =>
        Core = new(settings ?? new(), new Guid("11111111-1111-1111-1111-111111111111"), Journal, signals);

    public TestJournal Journal { get; } = new();

    public PlainOwner Owner { get; } = new();

    public EdgeCore Core { get; }

    /// <summary>Whether other threads may go on meanwhile, so that there is always something to say.</summary>
    public bool IsShared { get; init; }

    public TimeSpan Now { get; set; } = TimeSpan.FromSeconds(10);

    public static AccountSpec Spec(Dimension dimension = Dimension.Requests, AccountKind kind = AccountKind.Bucket, long limit = 1_000) =>
        new() { Kind = kind, Dimension = dimension, Limit = limit, Refill = limit, Time = TimeSpan.FromMinutes(1) };

    public static Amounts Requests(long units) => new() { Requests = units };

    public Account Account(string rule, Dimension dimension = Dimension.Requests, AccountKind kind = AccountKind.Bucket, long level = 0)
    {
        var id = new AccountId(rule, "");
        Owner[id] += level;
        return Core.Open(OwnerName, id, Spec(dimension, kind))!;
    }

    public Account Budget(string rule, long level) => Account(rule, Dimension.Cost, AccountKind.Budget, level);

    /// <summary>An account with so many units to hand.</summary>
    public Account Stocked(string rule, long units, Dimension dimension = Dimension.Requests, AccountKind kind = AccountKind.Bucket)
    {
        var account = Account(rule, dimension, kind, units);
        using (var hold = Core.NewHold("stock"))
        {
            Assert.True(Take(hold, Amount(dimension, units), account).IsEnded);
        }

        Assert.Equal(units, account.Remaining);
        return account;
    }

    public static Amounts Amount(Dimension dimension, long units) => dimension switch
    {
        Dimension.Requests => new() { Requests = units },
        Dimension.InputTokens => new() { InputTokens = units },
        Dimension.OutputTokens or Dimension.Tokens => new() { OutputTokens = units },
        Dimension.Cost => new() { Cost = units },
        _ => new() { Concurrency = units },
    };

    public bool TryAdmit(Hold hold, Amounts units, params Account[] accounts) => Core.TryAdmit(hold, accounts, units, Now, out _);

    public PendingTake Take(Hold hold, Amounts units, params Account[] accounts)
    {
        var take = Core.QueueTake(hold, accounts, units);
        Exchange();
        return take;
    }

    /// <summary>Sends what there is to say, until there is nothing more.</summary>
    public int Exchange()
    {
        for (var sent = 0; ; sent++)
        {
            Assert.True(sent < 100 || IsShared, "there is always something to say");
            if (Core.NextRequest(OwnerName, Now) is not { } request) return sent;
            Core.Received(OwnerName, Owner.Answer(OwnerName, request), Now);
        }
    }

    /// <summary>Time passes, and each account is looked at now and then.</summary>
    public void Pass(TimeSpan time)
    {
        var step = TimeSpan.FromMilliseconds(100);
        for (var end = Now + time; Now < end;)
        {
            Now = end - Now < step ? end : Now + step;
            Core.Visit(Now);
            Exchange();
        }
    }
}
