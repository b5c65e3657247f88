using OrleansGateway.Budgets;
using OrleansGateway.Http;
using OrleansGateway.Leases;
using OrleansGateway.Models;

namespace OrleansGateway.Usage;

/// <summary>
/// Bills attempts as they end, writes them down, and only then settles what was held for them: a crash in between leaves money held that a record explains, never money spent
/// that none does. What is held is settled in any case: where a call cannot be billed, at all that is held for it.
/// </summary>
internal sealed class UsageMeter(Billing billing, UsageRecords records, IUsageLog log, UsageTail tail, ILogger<UsageMeter> logger) : ICallMeter
{
    /// <summary>What records of calls say that could not be billed.</summary>
    public const string NotBilled = "not_billed";

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
        var (bill, isKnown) = BillOf(exchange, call);
        try
        {
            var record = records.OfCall(exchange, call, bill, ChargesOf(call, bill));
            Write(isKnown ? record : record with { Error = NotBilled });
        }
        catch (Exception failed)
        {
            // The client has its answer, and what was used is spent whether it is written down or not.
            logger.RecordFailed(exchange.Id, call.Model, failed);
        }

        call.Allowance?.Settle(bill);
    }

    /// <summary>A request of which no model call became: it was refused before, or it is of another kind.</summary>
    public void Ended(Exchange exchange) => Write(records.OfRequest(exchange));

    private static List<UsageCharge> ChargesOf(ModelCall call, in AttemptBill bill)
    {
        var charges = new List<UsageCharge>();
        (call.Allowance as CallAllowance)?.ChargesOfCall(bill, charges);
        return charges;
    }

    private (AttemptBill Bill, bool IsKnown) BillOf(Exchange exchange, ModelCall call)
    {
        try
        {
            return (billing.Of(exchange, call), true);
        }
        catch (Exception failed)
        {
            var held = (call.Allowance as CallAllowance)?.Held ?? default;
            logger.BillingFailed(exchange.Id, call.Model, held.Billed, failed);
            return (held, false);
        }
    }

    private void Write(UsageRecord record)
    {
        if (log.TryAppend(new ReadOnlySpan<UsageRecord>(in record))) tail.Publish(record);
    }
}

internal static partial class UsageMeterLog
{
    [LoggerMessage(2610, LogLevel.Error, "Request {RequestId}: what the model {Model} used cannot be reckoned; charged is all that was held, {NanoUsd} nano-dollars")]
    public static partial void BillingFailed(this ILogger log, string requestId, string model, long nanoUsd, Exception reason);

    [LoggerMessage(2611, LogLevel.Error, "Request {RequestId}: what the model {Model} used is charged, but cannot be written down")]
    public static partial void RecordFailed(this ILogger log, string requestId, string model, Exception reason);
}
