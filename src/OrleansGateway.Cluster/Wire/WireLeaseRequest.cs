using OrleansGateway.Leases;

namespace OrleansGateway.Cluster.Wire;

/// <summary><see cref="LeaseRequest"/> between nodes. Ids of fields are for ever: nodes of two versions talk to each other during an upgrade.</summary>
[GenerateSerializer, Immutable, Alias("gateway.lease-request")]
internal sealed record WireLeaseRequest
{
    [Id(0)]
    public required Guid Session { get; init; }

    [Id(1)]
    public required long Number { get; init; }

    [Id(2)]
    public required long Epoch { get; init; }

    [Id(3)]
    public bool Registers { get; init; }

    [Id(4)]
    public required WireLeaseReport[] Reports { get; init; }

    [Id(5)]
    public required WireTakeRequest[] Takes { get; init; }

    [Id(6)]
    public bool IsLast { get; init; }

    public static WireLeaseRequest Of(LeaseRequest request) => new()
    {
        Session = request.Session,
        Number = request.Number,
        Epoch = request.Epoch,
        Registers = request.Registers,
        Reports = [.. request.Reports.Select(WireLeaseReport.Of)],
        Takes = [.. request.Takes.Select(WireTakeRequest.Of)],
        IsLast = request.IsLast,
    };

    public LeaseRequest ToRequest() => new()
    {
        Session = Session,
        Number = Number,
        Epoch = Epoch,
        Registers = Registers,
        Reports = Array.ConvertAll(Reports, r => r.ToReport()),
        Takes = Array.ConvertAll(Takes, t => t.ToTake()),
        IsLast = IsLast,
    };
}

/// <summary><see cref="LeaseReport"/> between nodes.</summary>
[GenerateSerializer, Immutable, Alias("gateway.lease-report")]
internal readonly record struct WireLeaseReport
{
    [Id(0)]
    public WireAccount Account { get; init; }

    [Id(1)]
    public long Lease { get; init; }

    [Id(2)]
    public long Spent { get; init; }

    [Id(3)]
    public long Returned { get; init; }

    [Id(4)]
    public long Want { get; init; }

    [Id(5)]
    public long TypicalHold { get; init; }

    [Id(6)]
    public bool IsFinal { get; init; }

    [Id(7)]
    public long Granted { get; init; }

    public static WireLeaseReport Of(LeaseReport report) => new()
    {
        Account = WireAccount.Of(report.Account),
        Lease = report.Lease,
        Spent = report.Spent,
        Returned = report.Returned,
        Want = report.Want,
        TypicalHold = report.TypicalHold,
        IsFinal = report.IsFinal,
        Granted = report.Granted,
    };

    public LeaseReport ToReport() => new(Account.ToId(), Lease, Spent, Returned, Want, TypicalHold, IsFinal, Granted);
}

/// <summary><see cref="TakeRequest"/> between nodes.</summary>
[GenerateSerializer, Immutable, Alias("gateway.take-request")]
internal readonly record struct WireTakeRequest
{
    [Id(0)]
    public long Id { get; init; }

    [Id(1)]
    public WireTakeItem[] Items { get; init; }

    [Id(2)]
    public byte Priority { get; init; }

    [Id(3)]
    public TimeSpan WaitMax { get; init; }

    public static WireTakeRequest Of(TakeRequest take) => new()
    {
        Id = take.Id,
        Items = [.. take.Items.Select(i => new WireTakeItem { Account = WireAccount.Of(i.Account), Lease = i.Lease, Units = i.Units })],
        Priority = take.Priority,
        WaitMax = take.WaitMax,
    };

    public TakeRequest ToTake() => new(Id, Array.ConvertAll(Items, i => new TakeItem(i.Account.ToId(), i.Lease, i.Units)), Priority, WaitMax);
}

/// <summary><see cref="TakeItem"/> between nodes.</summary>
[GenerateSerializer, Immutable, Alias("gateway.take-item")]
internal readonly record struct WireTakeItem
{
    [Id(0)]
    public WireAccount Account { get; init; }

    [Id(1)]
    public long Lease { get; init; }

    [Id(2)]
    public long Units { get; init; }
}
