using OrleansGateway.Leases;
using OrleansGateway.Leases.Edges;
using OrleansGateway.Tests.Leases.Edges;

namespace OrleansGateway.Tests.Limits;

/// <summary>Hands out accounts, as many of a rule as it allows, and admits everything without counting it: for tests of which accounts a request has.</summary>
internal sealed class AccountBook : IAdmissions
{
    private readonly EdgeCore _core = new(new EdgeSettings(), Guid.Empty, new TestJournal());
    private readonly Dictionary<AccountId, Account> _accounts = [];

    public int Asked { get; private set; }

    public Account? Find(string owner, AccountId id, AccountSpec spec)
    {
        Asked++;
        if (_accounts.TryGetValue(id, out var known)) return known;
        if (_accounts.Keys.Count(other => other.Rule == id.Rule) >= spec.AccountsMax) return null;
        return _accounts[id] = new Account(_core.Link(owner), id, spec);
    }

    public void Forget(AccountId id) => _accounts.Remove(id);

    public ValueTask<Admission> AdmitAsync(Hold hold, ReadOnlyMemory<Account> accounts, Amounts units, AdmissionTerms terms, CancellationToken cancellation) =>
        default;

    public Hold NewHold(string name) => _core.NewHold(name);

    public Task ReportAsync(CancellationToken cancellation) => Task.CompletedTask;
}
