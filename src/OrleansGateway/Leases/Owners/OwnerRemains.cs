using OrleansGateway.Leases.Ledger;

namespace OrleansGateway.Leases.Owners;

/// <summary>What an owner leaves to the next one.</summary>
/// <param name="Epoch">Its life.</param>
/// <param name="Levels">Accounts in memory that were not whole.</param>
/// <param name="IsInUse">Whether edges have anything of them.</param>
internal sealed record OwnerRemains(long Epoch, IReadOnlyList<AccountRow> Levels, bool IsInUse);
