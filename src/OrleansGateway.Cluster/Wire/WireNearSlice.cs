using OrleansGateway.Leases;
using OrleansGateway.Leases.Owners;

namespace OrleansGateway.Cluster.Wire;

/// <summary><see cref="NearSlice"/> between nodes.</summary>
[GenerateSerializer, Immutable, Alias("gateway.near-slice")]
internal sealed record WireNearSlice
{
    [Id(0)]
    public required WireAccountView[] Accounts { get; init; }

    [Id(1)]
    public required int Looked { get; init; }

    [Id(2)]
    public required int? Next { get; init; }

    public static WireNearSlice Of(NearSlice slice) => new() { Accounts = [.. slice.Accounts.Select(WireAccountView.Of)], Looked = slice.Looked, Next = slice.Next };

    public NearSlice ToSlice(Func<AccountId, AccountSpec?> specs) => new(Array.ConvertAll(Accounts, a => a.ToView(specs)), Looked, Next);
}
