using OrleansGateway.Configuration;
using OrleansGateway.Http;
using OrleansGateway.Leases;
using OrleansGateway.Limits;
using OrleansGateway.Models;
using OrleansGateway.Telemetry;

namespace OrleansGateway.Budgets;

/// <summary>
/// What becomes of one call that soft budgets have too little for: it is counted beyond the budget, and its client is told, or it goes to a cheaper model.
/// </summary>
internal sealed class SoftBudgets(Exchange exchange, ModelCall call, RuleTable table, GatewayMetrics metrics, ILogger log)
{
    /// <summary>Names the soft budgets that a call has exceeded.</summary>
    public const string ExceededHeader = "x-gateway-budget-exceeded";

    /// <summary>Names the model that serves the call in place of the one asked for.</summary>
    public const string DegradedHeader = "x-gateway-degraded-to";

    private readonly List<(AccountId Of, Account By)> _exceeded = [];

    /// <summary>
    /// The accounts with which the call may be admitted after all; none if it may not be. The call may have another model afterwards. Comes to an end: each
    /// budget is exceeded once.
    /// </summary>
    public Applying? Soften(Applying applying, in Denied denied)
    {
        if (denied is not { Rule: { Budget: { Mode: BudgetMode.Soft } budget, Beyond: not null } rule } ||
            denied.Admission is not { Binding: { } binding, Denial: not Denial.Unavailable })
            return null;
        if (table.BeyondOf(binding) is not { } beyond) return null;
        _exceeded.Add((binding.Id, beyond));
        metrics.LimitDecided(rule.Id, "exceeded");
        log.Exceeded(rule.Id, binding.Id.Scope, exchange.Id);
        // A stream that has begun says no more in its header, and stays with its model.
        if (call.Attempts == 0)
        {
            exchange.Http.Response.Headers.Append(ExceededHeader, Admitter.NameOf(rule));
            if (budget is { OnExceeded: OnExceeded.Degrade, DegradeTo: { } cheaper } && TryDegrade(cheaper, rule)) applying = table.After(exchange);
        }

        return applying with { Accounts = WithoutExceeded(applying.Accounts) };
    }

    private bool TryDegrade(string cheaper, CompiledRule rule)
    {
        if (call.Entry.Name == cheaper || exchange.Snapshot.Models.GetValueOrDefault(cheaper) is not { } model) return false;
        call.Entry = model;
        exchange.Http.Response.Headers[DegradedHeader] = cheaper;
        log.Degraded(exchange.Id, call.Model, cheaper, rule.Id);
        return true;
    }

    private Account[] WithoutExceeded(ReadOnlyMemory<Account> accounts)
    {
        var changed = accounts.ToArray();
        for (var i = 0; i < changed.Length; i++)
        {
            var at = _exceeded.FindIndex(e => e.Of == changed[i].Id);
            if (at >= 0) changed[i] = _exceeded[at].By;
        }

        return changed;
    }
}

internal static partial class BudgetLog
{
    [LoggerMessage(2501, LogLevel.Information, "The soft budget {Rule} ({Scope}) is exceeded by request {RequestId}")]
    public static partial void Exceeded(this ILogger log, string rule, string scope, string requestId);

    [LoggerMessage(2502, LogLevel.Information, "Request {RequestId} for {Model} goes to {Cheaper}, because the budget {Rule} is used up")]
    public static partial void Degraded(this ILogger log, string requestId, string model, string cheaper, string rule);

    [LoggerMessage(2503, LogLevel.Information, "The stream of request {RequestId} was ended after at most {Tokens} tokens: {Rule} has nothing left")]
    public static partial void StreamEnded(this ILogger log, string requestId, long tokens, string rule);
}
