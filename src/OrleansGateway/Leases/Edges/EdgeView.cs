namespace OrleansGateway.Leases.Edges;

/// <summary>What an edge has, at one moment: for <c>explain</c> and for checks.</summary>
internal sealed record EdgeView(IReadOnlyList<EdgeAccount> Accounts, long Overruns);

/// <summary>What an edge has of one account. <c>Held</c> is exact only while nothing happens.</summary>
internal sealed record EdgeAccount(Account Account, long Lease, long Period, long Granted, long Spent, long Returned, long ToHand, long Held, TimeSpan Deadline)
{
    public EdgeAccount(Account account)
        : this(account, account.Cell)
    {
    }

    private EdgeAccount(Account account, Cell? cell)
        : this(
            account,
            cell?.Lease ?? 0,
            cell?.Period ?? 0,
            cell?.Granted ?? 0,
            cell?.Spent ?? 0,
            cell?.Returned ?? 0,
            cell?.ToHand ?? 0,
            cell is null ? 0 : cell.Out - cell.ToHand,
            new TimeSpan(cell?.Deadline ?? 0))
    {
    }
}
