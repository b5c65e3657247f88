using OrleansGateway.Leases;
using OrleansGateway.Leases.Ledger;
using OrleansGateway.Leases.Owners;

namespace OrleansGateway.Tests.Leases.Owners;

/// <summary>The owners of one machine keep the contract.</summary>
public sealed class EmbeddedOwnersContractTests : LeaseOwnersContract, IAsyncDisposable
{
    private readonly MemoryLedger _ledger = new();
    private readonly EmbeddedOwners _owners;

    public EmbeddedOwnersContractTests() =>
        _owners = new EmbeddedOwners(_ledger, Table.SpecOf, TimeProvider.System, new ListLogger<EmbeddedOwners>(), new(), levelsFile: null);

    private protected override ILeaseOwners Owners => _owners;

    private protected override IOwnerViews Views => _owners;

    private protected override IBudgets Budgets => _owners;

    private protected override ILedgerStore Ledger => _ledger;

    private protected override IOwnerEngine Engine => _owners;

    public ValueTask DisposeAsync() => _owners.DisposeAsync();
}
