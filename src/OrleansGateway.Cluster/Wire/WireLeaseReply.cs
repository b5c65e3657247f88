using OrleansGateway.Leases;

namespace OrleansGateway.Cluster.Wire;

/// <summary><see cref="LeaseReply"/> between nodes.</summary>
[GenerateSerializer, Immutable, Alias("gateway.lease-reply")]
internal sealed record WireLeaseReply
{
    [Id(0)]
    public required long Number { get; init; }

    [Id(1)]
    public required long Epoch { get; init; }

    [Id(2)]
    public bool MustRegister { get; init; }

    [Id(3)]
    public bool IsMoneyUnheard { get; init; }

    [Id(4)]
    public required WireLeaseGrant[] Grants { get; init; }

    [Id(5)]
    public required WireTakeResult[] Takes { get; init; }

    public static WireLeaseReply Of(LeaseReply reply) => new()
    {
        Number = reply.Number,
        Epoch = reply.Epoch,
        MustRegister = reply.MustRegister,
        IsMoneyUnheard = reply.IsMoneyUnheard,
        Grants = [.. reply.Grants.Select(WireLeaseGrant.Of)],
        Takes = [.. reply.Takes.Select(WireTakeResult.Of)],
    };

    public LeaseReply ToReply() => new()
    {
        Number = Number,
        Epoch = Epoch,
        MustRegister = MustRegister,
        IsMoneyUnheard = IsMoneyUnheard,
        Grants = Array.ConvertAll(Grants, g => g.ToGrant()),
        Takes = Array.ConvertAll(Takes, t => t.ToResult()),
    };
}

/// <summary><see cref="LeaseGrant"/> between nodes.</summary>
[GenerateSerializer, Immutable, Alias("gateway.lease-grant")]
internal readonly record struct WireLeaseGrant
{
    [Id(0)]
    public WireAccount Account { get; init; }

    [Id(1)]
    public long Lease { get; init; }

    [Id(2)]
    public long Granted { get; init; }

    [Id(3)]
    public long Period { get; init; }

    [Id(4)]
    public TimeSpan Lifetime { get; init; }

    [Id(5)]
    public bool IsExact { get; init; }

    [Id(6)]
    public long Recall { get; init; }

    [Id(7)]
    public long Left { get; init; }

    public static WireLeaseGrant Of(LeaseGrant grant) => new()
    {
        Account = WireAccount.Of(grant.Account),
        Lease = grant.Lease,
        Granted = grant.Granted,
        Period = grant.Period,
        Lifetime = grant.Lifetime,
        IsExact = grant.IsExact,
        Recall = grant.Recall,
        Left = grant.Left,
    };

    public LeaseGrant ToGrant() => new(Account.ToId(), Lease, Granted, Period, Lifetime, IsExact, Recall, Left);
}

/// <summary><see cref="TakeResult"/> between nodes.</summary>
[GenerateSerializer, Immutable, Alias("gateway.take-result")]
internal readonly record struct WireTakeResult
{
    [Id(0)]
    public long Id { get; init; }

    [Id(1)]
    public WireAccount? Binding { get; init; }

    /// <summary>As the number of a <see cref="Leases.Denial"/>.</summary>
    [Id(2)]
    public byte Denial { get; init; }

    [Id(3)]
    public TimeSpan Delay { get; init; }

    public static WireTakeResult Of(TakeResult result) => new()
    {
        Id = result.Id,
        Binding = result.Binding is { } binding ? WireAccount.Of(binding) : null,
        Denial = (byte)result.Denial,
        Delay = result.Delay,
    };

    public TakeResult ToResult() => new(Id, Binding?.ToId(), (Denial)Denial, Delay);
}
