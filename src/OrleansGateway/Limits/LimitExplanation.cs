using OrleansGateway.Configuration;
using OrleansGateway.Http;
using OrleansGateway.Leases;

namespace OrleansGateway.Limits;

/// <summary>Which accounts a call would take from, and how they stand: for operators who wonder why a call was refused.</summary>
internal sealed class LimitExplanation(RuleTables tables, IAdmissions admissions)
{
    /// <summary>The accounts of such a call, with their rules: those of the caller and route, of the model, and of each provider that it may go to.</summary>
    public async ValueTask<IReadOnlyList<ExplainedAccount>> OfAsync(Exchange exchange, Model? model, CancellationToken cancellation)
    {
        var table = tables.Current;
        var accounts = table.All(exchange, model).Distinct().ToArray();
        var levels = await admissions.LevelsAsync(accounts, cancellation);
        return [.. levels.Select(level => new ExplainedAccount(table.RuleOf(level.Account.Id)!, level))];
    }
}

/// <summary>An account that a call takes from.</summary>
internal sealed record ExplainedAccount(CompiledRule Rule, AccountLevel Level);
