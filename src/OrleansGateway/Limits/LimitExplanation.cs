using OrleansGateway.Configuration;
using OrleansGateway.Http;
using OrleansGateway.Leases;
using OrleansGateway.Leases.Owners;

namespace OrleansGateway.Limits;

/// <summary>Which accounts a call would take from, and how they stand: for operators who wonder why a call was refused.</summary>
internal sealed class LimitExplanation(RuleTables tables, IOwnerViews owners)
{
    /// <summary>The accounts of such a call, with their rules: those of the caller and route, of the model, and of each provider that it may go to.</summary>
    public async ValueTask<IReadOnlyList<ExplainedAccount>> OfAsync(Exchange exchange, Model? model, CancellationToken cancellation)
    {
        var table = tables.Current;
        var explained = new List<ExplainedAccount>();
        foreach (var ofOwner in table.All(exchange, model).Distinct().GroupBy(account => account.Owner))
        {
            var view = await owners.ViewAsync(ofOwner.Key, cancellation);
            foreach (var account in ofOwner) explained.Add(new ExplainedAccount(table.RuleOf(account.Id)!, account,
                view.Accounts.FirstOrDefault(known => known.Id == account.Id)));
        }

        return explained;
    }
}

/// <summary>An account that a call takes from. Without a view it is whole, and nobody has anything of it.</summary>
internal sealed record ExplainedAccount(CompiledRule Rule, Account Account, OwnerAccountView? View);
