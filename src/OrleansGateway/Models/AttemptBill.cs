using OrleansGateway.Http;
using OrleansGateway.Prices;

namespace OrleansGateway.Models;

/// <summary>What an attempt has used and cost: the one number that budgets post and usage records tell.</summary>
internal readonly record struct AttemptBill(TokenUsage Tokens, UsageSource Source, CostParts Cost);
