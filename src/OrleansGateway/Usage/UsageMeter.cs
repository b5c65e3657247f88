using OrleansGateway.Budgets;
using OrleansGateway.Http;
using OrleansGateway.Leases;
using OrleansGateway.Models;

namespace OrleansGateway.Usage;

/// <summary>
/// Bills attempts as they end, writes them down, and only then settles what was held for them: a crash in between leaves money held that a record explains, never money spent
/// that none does.
/// </summary>
internal sealed class UsageMeter(Billing billing, UsageRecords records, IUsageLog log, UsageTail tail) : ICallMeter
{
    /// <summary>Whether a call may begin: what it uses can be written down.</summary>
    public bool HasRoom => log.HasRoom;

    public void Failed(Exchange exchange, ModelCall call, in AttemptEnd end)
    {
        var bill = billing.Of(exchange, call);
        var allowance = call.Allowance as CallAllowance;
        if (end.WasSent)
        {
            var charges = new List<UsageCharge>();
            allowance?.ChargesOfAttempt(bill, charges);
            Write(records.OfAttempt(exchange, call, bill, end, charges));
        }

        allowance?.Failed(end.WasSent, bill);
    }

    /// <summary>The call is over, however it ended.</summary>
    public void Ended(Exchange exchange, ModelCall call)
    {
        var bill = billing.Of(exchange, call);
        IReadOnlyList<UsageCharge> charges = [];
        if (call.Allowance is CallAllowance allowance)
        {
            var charged = new List<UsageCharge>();
            allowance.ChargesOfCall(bill, charged);
            charges = charged;
        }

        Write(records.OfCall(exchange, call, bill, charges));
        call.Allowance?.Settle(bill);
    }

    /// <summary>A request of which no model call became: it was refused before, or it is of another kind.</summary>
    public void Ended(Exchange exchange) => Write(records.OfRequest(exchange));

    private void Write(UsageRecord record)
    {
        if (log.TryAppend(new ReadOnlySpan<UsageRecord>(in record))) tail.Publish(record);
    }
}
