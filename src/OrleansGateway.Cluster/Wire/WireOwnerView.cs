using OrleansGateway.Leases;
using OrleansGateway.Leases.Owners;

namespace OrleansGateway.Cluster.Wire;

/// <summary><see cref="OwnerView"/> between nodes. What accounts are like by the configuration, every node knows.</summary>
[GenerateSerializer, Immutable, Alias("gateway.owner-view")]
internal sealed record WireOwnerView
{
    [Id(0)]
    public required long Epoch { get; init; }

    [Id(1)]
    public required bool IsMoneyKnown { get; init; }

    [Id(2)]
    public required WireAccountView[] Accounts { get; init; }

    public static WireOwnerView Of(OwnerView view) => new() { Epoch = view.Epoch, IsMoneyKnown = view.IsMoneyKnown, Accounts = [.. view.Accounts.Select(WireAccountView.Of)] };

    public OwnerView ToView(Func<AccountId, AccountSpec?> specs) => new(Epoch, IsMoneyKnown, Array.ConvertAll(Accounts, a => a.ToView(specs)));
}

/// <summary><see cref="OwnerAccountView"/> between nodes.</summary>
[GenerateSerializer, Immutable, Alias("gateway.account-view")]
internal sealed record WireAccountView
{
    [Id(0)]
    public required WireAccount Account { get; init; }

    /// <summary>As the number of an <see cref="AccountKind"/>.</summary>
    [Id(1)]
    public required byte Kind { get; init; }

    /// <summary>As the number of a <see cref="Leases.Dimension"/>.</summary>
    [Id(2)]
    public required byte Dimension { get; init; }

    [Id(3)]
    public required long Limit { get; init; }

    [Id(4)]
    public required long Level { get; init; }

    [Id(5)]
    public required long Out { get; init; }

    [Id(6)]
    public required long Phantom { get; init; }

    [Id(7)]
    public required long Suspense { get; init; }

    [Id(8)]
    public required long Posted { get; init; }

    [Id(9)]
    public required long Period { get; init; }

    [Id(10)]
    public required bool IsExact { get; init; }

    [Id(11)]
    public required TimeSpan Reset { get; init; }

    [Id(12)]
    public required WireHolder[] Holders { get; init; }

    public static WireAccountView Of(OwnerAccountView view) => new()
    {
        Account = WireAccount.Of(view.Id),
        Kind = (byte)view.Spec.Kind,
        Dimension = (byte)view.Spec.Dimension,
        Limit = view.Limit,
        Level = view.Level,
        Out = view.Out,
        Phantom = view.Phantom,
        Suspense = view.Suspense,
        Posted = view.Posted,
        Period = view.Period,
        IsExact = view.IsExact,
        Reset = view.Reset,
        Holders = [.. view.Holders.Select(WireHolder.Of)],
    };

    /// <summary>With what the configuration of this node says of the account; of one that it does not know, with what the owner said.</summary>
    public OwnerAccountView ToView(Func<AccountId, AccountSpec?> specs)
    {
        var id = Account.ToId();
        var spec = specs(id) ?? new AccountSpec { Kind = (AccountKind)Kind, Dimension = (Dimension)Dimension, Limit = Limit };
        return new(id, spec, Limit, Level, Out, Phantom, Suspense, Posted, Period, IsExact, Reset, Array.ConvertAll(Holders, h => h.ToHolder()));
    }
}

/// <summary><see cref="HolderView"/> between nodes.</summary>
[GenerateSerializer, Immutable, Alias("gateway.holder")]
internal readonly record struct WireHolder
{
    [Id(0)]
    public Guid Session { get; init; }

    [Id(1)]
    public long Lease { get; init; }

    [Id(2)]
    public long Period { get; init; }

    [Id(3)]
    public long Granted { get; init; }

    [Id(4)]
    public long Spent { get; init; }

    [Id(5)]
    public long Returned { get; init; }

    [Id(6)]
    public bool IsSuspense { get; init; }

    public static WireHolder Of(HolderView holder) => new()
    {
        Session = holder.Session,
        Lease = holder.Lease,
        Period = holder.Period,
        Granted = holder.Granted,
        Spent = holder.Spent,
        Returned = holder.Returned,
        IsSuspense = holder.IsSuspense,
    };

    public HolderView ToHolder() => new(Session, Lease, Period, Granted, Spent, Returned, IsSuspense);
}
