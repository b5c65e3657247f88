using OrleansGateway.Http;
using OrleansGateway.Leases;

namespace OrleansGateway.Limits;

/// <summary>
/// Refuses a request that its limits have no room for: those of requests and of requests in flight, which go by who calls, and where. Runs after auth, which
/// says who calls, and before all that costs something. What it holds ends here, however the request does.
/// </summary>
internal sealed class LimitStage(RuleTables tables, Admitter admitter) : IStage
{
    public ValueTask InvokeAsync(Exchange exchange, Next next)
    {
        var table = tables.Current;
        var applying = table.Before(exchange);
        return applying.Accounts.IsEmpty && applying.Full is null ? next(exchange) : LimitAsync(exchange, table, applying, next);
    }

    private async ValueTask LimitAsync(Exchange exchange, RuleTable table, Applying applying, Next next)
    {
        var weight = RuleTable.WeightOf(exchange.Route!, model: null);
        var units = new Amounts { Requests = weight, Concurrency = weight };
        using var hold = admitter.NewHold(exchange);
        var isDone = false;
        try
        {
            var denied = await admitter.AdmitAsync(exchange, table, hold, applying, units);
            admitter.Tell(exchange, table, applying, denied);
            if (denied is { } refused)
            {
                exchange.Refuse(admitter.RefusalOf(exchange, refused));
                return;
            }

            admitter.Admitted();
            await next(exchange);
            isDone = exchange.Refusal is null;
        }
        finally
        {
            // A request that was turned away below changes no account; one that went on to a server has happened, whatever came of it.
            if (isDone || exchange.Forward is { Attempts: > 0 } || exchange.Call is { WasSent: true }) hold.Settle(units);
            else hold.Cancel();
        }
    }
}
