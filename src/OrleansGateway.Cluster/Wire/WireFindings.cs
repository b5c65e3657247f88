using OrleansGateway.Leases.Journal;

namespace OrleansGateway.Cluster.Wire;

/// <summary><see cref="JournalFindings"/> between nodes.</summary>
[GenerateSerializer, Immutable, Alias("gateway.findings")]
internal sealed record WireFindings
{
    [Id(0)]
    public required Guid Session { get; init; }

    [Id(1)]
    public required bool IsWhole { get; init; }

    [Id(2)]
    public required WireFoundLease[] Leases { get; init; }

    [Id(3)]
    public required WireFoundHold[] Open { get; init; }

    public static WireFindings Of(JournalFindings findings) => new()
    {
        Session = findings.Session,
        IsWhole = findings.IsWhole,
        Leases = [.. findings.Leases.Select(l => new WireFoundLease { Account = WireAccount.Of(l.Account), Lease = l.Lease, Period = l.Period, Spent = l.Spent })],
        Open = [.. findings.Open.Select(h => new WireFoundHold { Name = h.Name, Account = WireAccount.Of(h.Account), Lease = h.Lease, Amount = h.Amount })],
    };

    public JournalFindings ToFindings() => new(
        Session,
        IsWhole,
        Array.ConvertAll(Leases, l => new FoundLease(l.Account.ToId(), l.Lease, l.Period, l.Spent)),
        Array.ConvertAll(Open, h => new FoundHold(h.Name, h.Account.ToId(), h.Lease, h.Amount)));
}

/// <summary><see cref="FoundLease"/> between nodes.</summary>
[GenerateSerializer, Immutable, Alias("gateway.found-lease")]
internal readonly record struct WireFoundLease
{
    [Id(0)]
    public WireAccount Account { get; init; }

    [Id(1)]
    public long Lease { get; init; }

    [Id(2)]
    public long Period { get; init; }

    [Id(3)]
    public long Spent { get; init; }
}

/// <summary><see cref="FoundHold"/> between nodes.</summary>
[GenerateSerializer, Immutable, Alias("gateway.found-hold")]
internal readonly record struct WireFoundHold
{
    [Id(0)]
    public string Name { get; init; }

    [Id(1)]
    public WireAccount Account { get; init; }

    [Id(2)]
    public long Lease { get; init; }

    [Id(3)]
    public long Amount { get; init; }
}
