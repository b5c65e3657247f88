using OrleansGateway.Http;
using OrleansGateway.Limits;
using OrleansGateway.Models;
using OrleansGateway.Telemetry;

namespace OrleansGateway.Budgets;

/// <summary>
/// Holds what a model call may use, in tokens and money, before it is sent; what it did use is settled when it ends, however it does. Runs after the model is
/// known, and just before the call is sent: all others that may refuse have had their say.
/// </summary>
internal sealed class BudgetStage(RuleTables tables, Admitter admitter, GatewayMetrics metrics, ILogger<BudgetStage> log) : IStage
{
    public ValueTask InvokeAsync(Exchange exchange, Next next)
    {
        if (exchange.Call is not ModelCall call) return next(exchange);
        var table = tables.Current;
        var applying = table.After(exchange);
        var isFree = applying.Accounts.IsEmpty && applying.Full is null && !table.Has(RulePhase.Target);
        return isFree ? next(exchange) : LimitAsync(exchange, call, table, applying, next);
    }

    private async ValueTask LimitAsync(Exchange exchange, ModelCall call, RuleTable table, Applying applying, Next next)
    {
        var hold = new CallHold(exchange, call, table, applying, admitter, metrics, log);
        // Settled by whoever bills the call, above.
        call.Allowance = new CallAllowance(exchange, call, table, admitter, hold);
        var denied = await hold.TakeAsync();
        admitter.Tell(exchange, table, applying, denied);
        if (denied is { } refused)
        {
            exchange.Refuse(admitter.RefusalOf(exchange, refused));
            return;
        }

        admitter.Admitted();
        await next(exchange);
    }
}
