using OrleansGateway.Tests.Budgets;

namespace OrleansGateway.Tests.Sdk;

/// <summary>What the official SDKs make of limits and budgets: the errors they throw, whether they try again and when, and what they can read of an answer.</summary>
public sealed class LimitSdkTests
{
    // Callers of the program: each has a key of its own.
    private static readonly string[] s_keys = ["rate-openai", "rate-anthropic", "money", "headers", "cut-openai", "cut-anthropic"];

    [Fact(Timeout = 330_000)]
    public async Task Sdks_AgainstLimitsAndBudgets_ThrowRetryAndReadAsTheyShould()
    {
        var keys = "tenants: {acme: {}}\nkeys:\n" + string.Concat(s_keys.Select(name => $"  {name}: {{tenant: acme, secret: {name}-key-0123456789-0123456789}}\n"));
        await using var bed = await LimitBed.StartAsync("""
            rate_limits:
              rate: {per: [key], match: {keys: ["rate-*"]}, limit: 1, window: 6s}
              requests: {per: [key], match: {keys: [headers]}, limit: 100000, window: 1h}
              tokens: {per: [key], match: {keys: [headers]}, count: tokens, limit: 100000, window: 1h}
            budgets:
              money: {match: {keys: [money]}, limit: 0}
              cut: {per: [key], match: {keys: ["cut-*"]}, limit: 0.01, slice_tokens: 64}
            """, callers: keys);
        // Longer than the budget lasts.
        bed.Mill.Usual = 1_000_000;
        var server = new SdkServer(bed.Gateway.Url, "money-key-0123456789-0123456789");
        (await NodeProgram.RunAsync("limits", server)).AssertPassed();
    }
}
