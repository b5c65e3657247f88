using OrleansGateway.Leases;
using OrleansGateway.Models;

namespace OrleansGateway.Budgets;

/// <summary>Bills as accounts take them.</summary>
internal static class Settlement
{
    public static Amounts Of(in AttemptBill bill) => new() { InputTokens = bill.Tokens.TotalInput, OutputTokens = bill.Tokens.Output, Cost = bill.Billed };

    public static Amounts Sum(in Amounts one, in Amounts other) => new()
    {
        Requests = one.Requests + other.Requests,
        InputTokens = one.InputTokens + other.InputTokens,
        OutputTokens = one.OutputTokens + other.OutputTokens,
        Cost = one.Cost + other.Cost,
        Concurrency = one.Concurrency + other.Concurrency,
    };
}
