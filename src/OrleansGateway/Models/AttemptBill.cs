using OrleansGateway.Http;
using OrleansGateway.Prices;

namespace OrleansGateway.Models;

/// <summary>What an attempt has used and cost: what budgets post and usage records tell.</summary>
/// <param name="Tokens">By class.</param>
/// <param name="Source">How they are known.</param>
/// <param name="Cost">What the provider bills.</param>
/// <param name="Billed">What the tenant is billed, in nano-dollars: the cost, unless the tenant has prices of its own.</param>
internal readonly record struct AttemptBill(TokenUsage Tokens, UsageSource Source, CostParts Cost, long Billed);
