using OrleansGateway.Leases;

namespace OrleansGateway.Cluster;

/// <summary>Rules are told here what accounts are like, and admit nobody: an edge has rules of its own.</summary>
internal sealed class NoEdge : IAdmissions
{
    public ValueTask<Admission> AdmitAsync(Hold hold, ReadOnlyMemory<Account> accounts, Amounts units, AdmissionTerms terms, CancellationToken cancellation) =>
        throw new NotSupportedException("No client is served here.");

    public Hold NewHold(string name) => throw new NotSupportedException("No client is served here.");

    public Account? Find(string owner, AccountId id, AccountSpec spec) => null;

    public Task ReportAsync(CancellationToken cancellation) => Task.CompletedTask;
}
