using OrleansGateway.Leases.Journal;

namespace OrleansGateway.Leases;

/// <summary>The owners as the program has them that an edge runs in: brought up with it, told of changes, ended after it.</summary>
internal interface IOwnerEngine
{
    /// <summary>
    /// Settles what a session that is over has left, as its journal proves. When it returns that is durable, and the journal may go. Throws <see cref="Ledger.LedgerException"/> if that
    /// cannot be done now.
    /// </summary>
    Task RecoverAsync(JournalFindings findings, CancellationToken cancellation);

    /// <summary>After that: puts into suspense what sessions have that nobody will hear of any more, as far as this program knows.</summary>
    Task SuspendOthersAsync(Guid ownSession, CancellationToken cancellation);

    /// <summary>Begins to look after the owners that this program has.</summary>
    void Start();

    /// <summary>The configuration is another one: accounts are what it says from now on.</summary>
    void SpecsChanged();

    /// <summary>What is spent of the budgets whose owners are in this program's memory.</summary>
    IEnumerable<BudgetShare> BudgetShares();

    /// <summary>Ends the owners that this program has, once its edge has given back what it had.</summary>
    Task StopAsync();
}
