namespace OrleansGateway.Tests.Caching.Histories;

/// <summary>
/// The cache against RFC 9111 as it is written: over seeded histories of requests with all sorts of directives, conditions and ranges, of answers with fields as odd as they
/// come, of time, failures and changes, no answer is given that the RFC does not allow, and what any cache would use again is.
/// </summary>
public sealed class CacheHistoryTests
{
    private const int Seeds = 25;

    /// <summary>Of all seeds; 50,000 where the variable is not set. A million takes a minute or two.</summary>
    private static readonly int s_steps = int.TryParse(Environment.GetEnvironmentVariable("GATEWAY_TEST_HISTORY_STEPS"), out var steps) ? steps : 50_000;

    public static TheoryData<int> All => [.. Enumerable.Range(1, Seeds)];

    [Theory]
    [MemberData(nameof(All))]
    public async Task Cache_OverAnyHistory_GivesNothingThatTheRfcForbids(int seed)
    {
        await using var history = new History(seed);
        if (history.Run(s_steps / Seeds) is { } fault) Assert.Fail(fault);
        // No rule makes a cache store anything. One that does not is none.
        Assert.True(history.Reused >= history.Plain * 0.9, $"Seed {seed}: of {history.Plain} requests for what was stored plainly, {history.Reused} were answered so.");
        TestContext.Current.TestOutputHelper?.WriteLine($"{history.Hits} answers from the store; {history.Reused} of {history.Plain} plain ones.");
    }
}
