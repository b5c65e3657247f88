using System.Net;
using System.Text;
using System.Text.Json;

namespace OrleansGateway.Tests.Budgets;

/// <summary>Budgets of a whole gateway, judged by what the provider bills.</summary>
public sealed class BudgetTests
{
    private const int Deadline = 90_000;
    private const string Tokens100 = ""","max_tokens":100""";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = Deadline)]
    public async Task Requests_500AtOnceAgainstABudgetOf10WorstCases_Are10AndTheBillFits()
    {
        var limit = 10 * WorstOf("o", Tokens100, 100);
        await using var bed = await LimitBed.StartAsync(Budget(limit));
        var gate = new TaskCompletionSource();
        bed.Mill.Gate = () => gate.Task;
        var asking = Enumerable.Range(0, 500).Select(_ => StatusAsync(bed, Tokens100)).ToList();
        var refused = 0;
        for (; refused < 490; refused++)
        {
            var done = await Task.WhenAny(asking);
            asking.Remove(done);
            Assert.Equal(HttpStatusCode.TooManyRequests, await done);
        }

        gate.SetResult();
        Assert.All(await Task.WhenAll(asking), status => Assert.Equal(HttpStatusCode.OK, status));
        Assert.Equal(10, bed.Mill.Requests);
        Assert.True(bed.Mill.Bill <= limit, $"billed {bed.Mill.Bill} of {limit}");

        // What they used less has come back: one at a time is served as long as its worst case fits, and then with fewer tokens.
        while (limit - bed.Mill.Bill >= WorstOf("o", Tokens100, 100)) Assert.Equal(HttpStatusCode.OK, await StatusAsync(bed, Tokens100));
        while (await StatusAsync(bed, Tokens100) == HttpStatusCode.OK) Assert.True(bed.Mill.Bill <= limit);
        Assert.InRange(limit - bed.Mill.Bill, 0, WorstOf("o", Tokens100, 2 * 16));
    }

    [Fact(Timeout = Deadline)]
    public async Task Requests_ThatFit_AreBilledWhatTheyUsed()
    {
        var once = WorstOf("o", Tokens100, 100);
        // Room for one worst case besides what one call does use, and not a nano-dollar more.
        var used = (TokenMill.InputTokens + 100 * 10) * 1_000L;
        await using var bed = await LimitBed.StartAsync(Budget(once + used));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(bed, Tokens100));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(bed, Tokens100));
        Assert.Equal(2 * used, bed.Mill.Bill);
        var line = (await AccessLinesAsync(bed, atLeast: 2))[^1];
        Assert.Equal((once / 1e9m, used / 1e9m), (line.GetProperty("held_usd").GetDecimal(), line.GetProperty("cost_usd").GetDecimal()));
    }

    [Theory(Timeout = Deadline)]
    [InlineData("nowhere", null, HttpStatusCode.BadGateway)]
    [InlineData("o", 500, HttpStatusCode.InternalServerError)]
    [InlineData("o", 400, HttpStatusCode.BadRequest)]
    public async Task Requests_ThatAProviderDoesNotBill_CostNothing(string model, int? fails, HttpStatusCode status)
    {
        await using var bed = await LimitBed.StartAsync(Budget(WorstOf("nowhere", Tokens100, 100)));
        bed.Mill.FailsWith = fails;
        for (var i = 0; i < 5; i++)
        {
            using var answer = await bed.ChatAsync(model, Tokens100);
            Assert.Equal(status, answer.StatusCode);
        }

        bed.Mill.FailsWith = null;
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(bed, Tokens100));
    }

    [Fact(Timeout = Deadline)]
    public async Task Request_WhoseFirstTargetCannotBeReached_IsServedByTheFallbackFromTheSameHold()
    {
        await using var bed = await LimitBed.StartAsync(Budget(WorstOf("nowhere-then-o", Tokens100, 100)));
        using var answer = await bed.ChatAsync("nowhere-then-o", Tokens100);
        Assert.Equal((HttpStatusCode.OK, 1), (answer.StatusCode, bed.Mill.Requests));
    }

    [Fact(Timeout = Deadline)]
    public async Task Refusal_OfABudget_IsInsufficientQuotaWithTheTimeUntilItIsWhole()
    {
        var time = new ManualTime();
        // The next period is at most an hour away: the gateway's timers make each advance of the clock a long way.
        var hour = time.GetUtcNow().AddHours(1).Hour.ToString(CultureInfo.InvariantCulture);
        await using var bed = await LimitBed.StartAsync(Budget(WorstOf("o", Tokens100, 100), $", period: day, starts: {{hour: {hour}}}"), time);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(bed, Tokens100));
        using var refused = await bed.ChatAsync("o", Tokens100);
        var (status, code, type, message) = await LimitBed.ErrorAsync(refused);
        Assert.Equal((HttpStatusCode.TooManyRequests, "insufficient_quota", "insufficient_quota"), (status, code, type));
        Assert.Contains("'team'", message);
        Assert.Equal("false", LimitBed.Header(refused, "x-should-retry"));
        var wait = TimeSpan.FromSeconds(int.Parse(LimitBed.Header(refused, "Retry-After")!, CultureInfo.InvariantCulture));
        Assert.InRange(wait, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1));
        time.Advance(wait);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(bed, Tokens100));
    }

    [Fact(Timeout = Deadline)]
    public async Task Refusal_OfABudget_HasTheStatusStatedAndAnthropicsType()
    {
        await using var bed = await LimitBed.StartAsync(Budget(0, ", status: 402"));
        using var refused = await bed.MessageAsync("a", Tokens100);
        Assert.Equal((HttpStatusCode.PaymentRequired, "billing_error"), (refused.StatusCode, (await LimitBed.ErrorAsync(refused)).Type));
    }

    [Fact(Timeout = Deadline)]
    public async Task Request_ThatNamesNoBoundOfItsOutput_LeavesRoomForOthers()
    {
        var limit = 20 * WorstOf("o", Tokens100, 100);
        await using var bed = await LimitBed.StartAsync(Budget(limit));
        var (gate, arrived) = (new TaskCompletionSource(), new TaskCompletionSource());
        bed.Mill.Usual = 1_000_000;
        bed.Mill.Gate = () =>
        {
            arrived.TrySetResult();
            return gate.Task;
        };
        var agent = bed.ChatAsync("o");
        var absurd = bed.ChatAsync("o", ""","max_tokens":100000000""");
        await arrived.Task.WaitAsync(Cancellation);
        while (bed.Mill.Requests < 2) await Task.Yield();
        bed.Mill.Gate = () => Task.CompletedTask;
        for (var i = 0; i < 3; i++) Assert.Equal(HttpStatusCode.OK, await StatusAsync(bed, Tokens100));
        gate.SetResult();
        using var first = await agent;
        using var second = await absurd;
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (first.StatusCode, second.StatusCode));
        Assert.All(bed.Mill.Bodies, body => Assert.InRange(body.GetProperty("max_tokens").GetInt32(), 1, 1_000));
        Assert.True(bed.Mill.Bill <= limit, $"billed {bed.Mill.Bill} of {limit}");
    }

    [Fact(Timeout = Deadline)]
    public async Task Request_ThatAsksForMoreThanIsLeft_GetsWhatIsLeft()
    {
        var limit = WorstOf("o", Tokens100, 100);
        await using var bed = await LimitBed.StartAsync(Budget(limit));
        using var answer = await bed.ChatAsync("o", ""","max_tokens":500""");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.InRange(bed.Mill.Bodies.Single().GetProperty("max_tokens").GetInt32(), 16, 100);
        Assert.True(bed.Mill.Bill <= limit);
    }

    [Fact(Timeout = Deadline)]
    public async Task Client_ThatLeaves_IsChargedWhatWasHeld()
    {
        var once = WorstOf("o", Tokens100, 100);
        await using var bed = await LimitBed.StartAsync(Budget(once + 1_000));
        var (gate, arrived) = (new TaskCompletionSource(), new TaskCompletionSource());
        bed.Mill.Gate = () =>
        {
            arrived.SetResult();
            return gate.Task;
        };
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var asking = bed.ChatAsync("o", Tokens100, leaving.Token);
        await arrived.Task.WaitAsync(Cancellation);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        bed.Mill.Gate = () => Task.CompletedTask;
        Assert.Equal(once / 1e9m, (await AccessLinesAsync(bed, atLeast: 1))[0].GetProperty("cost_usd").GetDecimal());
        Assert.Equal(HttpStatusCode.TooManyRequests, await StatusAsync(bed, Tokens100));
    }

    [Fact(Timeout = Deadline)]
    public async Task SoftBudget_ThatIsExceeded_WarnsDegradesOrCuts()
    {
        var rules = $$"""
            budgets:
              warned: {match: {models: [o]}, limit: 0, mode: soft}
              degraded: {match: {models: [a]}, limit: 0, mode: soft, on_exceeded: degrade, degrade_to: cheap}
              cut: {match: {models: [cheap]}, limit: 0, mode: soft, on_exceeded: cut, grace: {amount: 1} }
            """;
        await using var bed = await LimitBed.StartAsync(rules);
        using var warned = await bed.ChatAsync("o", Tokens100);
        Assert.Equal((HttpStatusCode.OK, "warned"), (warned.StatusCode, LimitBed.Header(warned, "x-gateway-budget-exceeded")));
        using var degraded = await bed.ChatAsync("a", Tokens100);
        Assert.Equal((HttpStatusCode.OK, "cheap"), (degraded.StatusCode, LimitBed.Header(degraded, "x-gateway-degraded-to")));
        Assert.Equal("cheap-one", bed.Mill.Bodies.ToArray()[^1].GetProperty("model").GetString());
    }

    private static string Budget(long nanos, string more = "") =>
        $"budgets: {{team: {{per: [tenant], limit: {(nanos / 1e9m).ToString(CultureInfo.InvariantCulture)}{more}}}}}";

    /// <summary>What a call is held for at most, in nano-dollars: a token for each byte of its body, and what providers add.</summary>
    private static long WorstOf(string model, string more, long output) => (Encoding.UTF8.GetByteCount(LimitBed.ChatBody(model, more)) + 64 + output * 10) * 1_000;

    private static async Task<HttpStatusCode> StatusAsync(LimitBed bed, string more)
    {
        using var answer = await bed.ChatAsync("o", more);
        await LimitBed.TextAsync(answer);
        return answer.StatusCode;
    }

    /// <summary>A line is in the file a moment after its answer.</summary>
    private static async Task<List<JsonElement>> AccessLinesAsync(LimitBed bed, int atLeast)
    {
        var path = Path.Combine(bed.Gateway.Folder, "access.log");
        while (true)
        {
            if (File.Exists(path))
            {
                await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
                using var reader = new StreamReader(file);
                var text = await reader.ReadToEndAsync(Cancellation);
                List<JsonElement> lines = [.. text[..(text.LastIndexOf('\n') + 1)].Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonElement.Parse(line))];
                if (lines.Count >= atLeast) return lines;
            }

            await Task.Delay(10, Cancellation);
        }
    }
}
