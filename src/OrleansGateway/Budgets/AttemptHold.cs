using OrleansGateway.Http;
using OrleansGateway.Leases;
using OrleansGateway.Limits;

namespace OrleansGateway.Budgets;

/// <summary>What one attempt holds of the accounts of the provider it goes to.</summary>
internal sealed class AttemptHold(Hold hold)
{
    public ValueTask<Denied?> TakeAsync(Admitter admitter, Exchange exchange, RuleTable table, Applying applying, Amounts units) =>
        admitter.AdmitAsync(exchange, table, hold, applying, units);

    public void ChargesAt(in Amounts used, List<UsageCharge> charges) => hold.ChargesAt(used, charges);

    /// <param name="wasSent">Whether the provider was asked.</param>
    /// <param name="used">Tokens and money that it used.</param>
    /// <param name="bound">What the call counts as a request.</param>
    public void End(bool wasSent, in Amounts used, CallBound bound)
    {
        if (wasSent) hold.Settle(used with { Requests = bound.Weight, Concurrency = bound.Weight });
        else hold.Cancel();
        hold.Dispose();
    }
}
