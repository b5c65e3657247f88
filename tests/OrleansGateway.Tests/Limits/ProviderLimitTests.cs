using System.Net;
using OrleansGateway.Tests.Budgets;

namespace OrleansGateway.Tests.Limits;

/// <summary>Limits of what a provider's key may be used for, whoever calls it by whichever model.</summary>
public sealed class ProviderLimitTests
{
    private const int Deadline = 60_000;
    private const int Words = 100;
    private const int Used = TokenMill.InputTokens + Words;

    private readonly ManualTime _time = new();

    [Fact(Timeout = Deadline)]
    public async Task Tokens_AreOfAllModelsOfTheProvider_AndOfNoOther()
    {
        await using var bed = await LimitBed.StartAsync("rate_limits: {tpm: {per: [provider], count: tokens, limit: 1000, window: 1h, algorithm: fixed_window}}", _time);
        // What a call is held for is some 250 tokens: it comes back but for what was used.
        for (var i = 0; i < 8; i++) Assert.Equal(HttpStatusCode.OK, await StatusAsync(bed, i % 2 == 0 ? "o" : "gpt-4o"));
        using var refused = await AskAsync(bed, "gpt-4o");
        var (status, code, _, message) = await LimitBed.ErrorAsync(refused);
        Assert.Equal((HttpStatusCode.TooManyRequests, "rate_limit_exceeded"), (status, code));
        Assert.StartsWith("The rate limit 'tpm' (1000 tokens per hour for each provider) is reached.", message, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(bed, "a"));
        Assert.Equal(8 * Used, await UsedAsync(bed));
    }

    [Fact(Timeout = Deadline)]
    public async Task Call_ThatItsProviderHasNoTokensFor_GoesToTheNextTarget()
    {
        await using var bed = await LimitBed.StartAsync("rate_limits: {tpm: {match: {providers: [o]}, count: tokens, limit: 400, window: 1h, algorithm: fixed_window}}", _time);
        for (var i = 0; i < 5; i++) Assert.Equal(HttpStatusCode.OK, await StatusAsync(bed, "o-then-a"));
        Assert.Equal(5, bed.Mill.Requests);
        Assert.Equal(2 * Used, await UsedAsync(bed));
        Assert.Equal(HttpStatusCode.TooManyRequests, await StatusAsync(bed, "o"));
    }

    [Theory(Timeout = Deadline)]
    [InlineData("count: tokens", 1000 / 8)]
    [InlineData("count: output_tokens", 1000 / 8)]
    [InlineData("count: cost", 1000)]
    public async Task Call_WithoutABound_IsHeldForAShare_WhichTheProviderIsTold(string count, int most)
    {
        var limit = count == "count: cost" ? "0.08" : "1000";
        await using var bed = await LimitBed.StartAsync($"rate_limits: {{tpm: {{match: {{providers: [o]}}, {count}, limit: {limit}, burst: {limit}, window: 1h}}}}", _time);
        using (await bed.ChatAsync("o-then-a")) Assert.InRange(Told(bed), 1, most);
        bed.Mill.Bodies.Clear();
        // No limit of this one.
        using (await bed.ChatAsync("nowhere-then-o")) Assert.InRange(Told(bed), 1, most);
        bed.Mill.Bodies.Clear();
        using (await bed.ChatAsync("cheap", ""","max_tokens":7""")) Assert.Equal(7, Told(bed));
    }

    [Fact(Timeout = Deadline)]
    public async Task Stream_UnderABudgetToo_SettlesWhatItUsed()
    {
        const string Rules = "rate_limits: {tpm: {per: [provider], count: tokens, limit: 4000, window: 1h, algorithm: fixed_window}}\nbudgets: {money: {limit: 1, slice_tokens: 64}}";
        await using var bed = await LimitBed.StartAsync(Rules, _time);
        using var answer = await bed.ChatAsync("o", ""","stream":true""");
        await LimitBed.TextAsync(answer);
        // It makes as many as it is told.
        Assert.InRange(Told(bed), 1, 4000 / 8);
        Assert.Equal(Told(bed) + TokenMill.InputTokens, await UsedAsync(bed));
    }

    private static Task<HttpResponseMessage> AskAsync(LimitBed bed, string model) => bed.ChatAsync(model, $",\"max_tokens\":{Words}");

    private static async Task<HttpStatusCode> StatusAsync(LimitBed bed, string model)
    {
        using var answer = await AskAsync(bed, model);
        return answer.StatusCode;
    }

    /// <summary>Tokens of the provider <c>o</c> that are used, once all that was held for more has come back.</summary>
    private async Task<long> UsedAsync(LimitBed bed)
    {
        while (true)
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            var (used, held) = (await bed.LevelsAsync())["rate_limits.tpm"];
            if (held == 0) return used;
            _time.Advance(TimeSpan.FromSeconds(1));
        }
    }

    private static int Told(LimitBed bed)
    {
        var body = bed.Mill.Bodies.Single();
        return (body.TryGetProperty("max_completion_tokens", out var most) || body.TryGetProperty("max_tokens", out most) ? most : throw new InvalidOperationException($"{body}")).GetInt32();
    }
}
