using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;

namespace OrleansGateway.Tests.Budgets;

/// <summary>Streams whose money is held slice by slice: they end properly when there is no more, and block nobody.</summary>
public sealed class StreamBudgetTests
{
    private const int Deadline = 90_000;
    private const string Stream = ""","stream":true,"stream_options":{"include_usage":true}""";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = Deadline)]
    public async Task OpenAIStream_ThatUsesTheBudgetUp_EndsWithLengthAndUsageAndTheNextCallIsRefused()
    {
        var time = new ManualTime();
        var limit = WorstOf(Stream, 2_000);
        await using var bed = await LimitBed.StartAsync(Budget(limit, time), time);
        using var before = await bed.ChatAsync("o", ""","max_tokens":1000""");
        Assert.Equal(HttpStatusCode.OK, before.StatusCode);
        bed.Mill.Usual = 1_000_000;
        bed.Mill.Pace = _ => Task.Delay(1, Cancellation);
        using var answer = await bed.ChatAsync("o", Stream);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var events = Events(await LimitBed.TextAsync(answer));
        Assert.Equal("[DONE]", events[^1]);
        var usage = JsonElement.Parse(events[^2]).GetProperty("usage");
        Assert.Equal(usage.GetProperty("total_tokens").GetInt64(), usage.GetProperty("prompt_tokens").GetInt64() + usage.GetProperty("completion_tokens").GetInt64());
        Assert.Equal("length", JsonElement.Parse(events[^3]).GetProperty("choices")[0].GetProperty("finish_reason").GetString());
        Assert.True(bed.Mill.Bill <= limit, $"billed {bed.Mill.Bill} of {limit}");
        // What was held is charged, and told: the client's books and ours agree.
        Assert.InRange((usage.GetProperty("prompt_tokens").GetInt64() + usage.GetProperty("completion_tokens").GetInt64() * 10) * 1_000, limit * 3 / 8, limit / 2);
        await RefusedUntilResetAsync(bed, time);
    }

    [Theory(Timeout = Deadline)]
    [InlineData("/v1/messages", "a")]
    [InlineData("/v1/messages", "o")]
    [InlineData("/v1/chat/completions", "a")]
    public async Task Stream_ThatUsesTheBudgetUp_EndsAsItsDialectHasIt(string path, string model)
    {
        const string Asked = ""","max_tokens":100000""";
        var (limit, isAnthropic) = (WorstOf(Asked + Stream, 1_000), path.EndsWith("messages", StringComparison.Ordinal));
        await using var bed = await LimitBed.StartAsync(Budget(limit, TimeProvider.System));
        bed.Mill.Usual = 1_000_000;
        using var answer = await bed.PostAsync(path, LimitBed.ChatBody(model, Asked + (isAnthropic ? ""","stream":true""" : Stream)));
        var text = await LimitBed.TextAsync(answer);
        if (isAnthropic)
        {
            Assert.Contains("\"stop_reason\":\"max_tokens\"", text);
            Assert.Equal(text.Split("event: content_block_start").Length, text.Split("event: content_block_stop").Length);
            Assert.EndsWith("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n", text);
        }
        else
        {
            Assert.Contains("\"finish_reason\":\"length\"", text);
            Assert.EndsWith("data: [DONE]\n\n", text);
        }

        Assert.True(bed.Mill.Bill <= limit, $"billed {bed.Mill.Bill} of {limit}");
    }

    [Fact(Timeout = Deadline)]
    public async Task Stream_WhoseProviderMakesAllAtOnce_IsBilledNoMoreThanTheWholeBudget()
    {
        var limit = WorstOf(Stream, 3_000);
        await using var bed = await LimitBed.StartAsync(Budget(limit, TimeProvider.System));
        bed.Mill.Usual = 1_000_000;
        using var answer = await bed.ChatAsync("o", Stream);
        var text = await LimitBed.TextAsync(answer);
        Assert.Contains("\"finish_reason\":\"length\"", text);
        Assert.InRange(bed.Mill.Output, 1, 3_000);
        Assert.True(bed.Mill.Bill <= limit, $"billed {bed.Mill.Bill} of {limit}");
    }

    [Fact(Timeout = Deadline)]
    public async Task Stream_ThatIsLong_GrowsItsHoldAndIsBilledWhatItUsed()
    {
        var limit = WorstOf(Stream, 100_000);
        await using var bed = await LimitBed.StartAsync(Budget(limit, TimeProvider.System));
        bed.Mill.Usual = 5_000;
        using var answer = await bed.ChatAsync("o", Stream);
        var events = Events(await LimitBed.TextAsync(answer));
        Assert.Equal("stop", JsonElement.Parse(events[^3]).GetProperty("choices")[0].GetProperty("finish_reason").GetString());
        Assert.Equal(5_000, bed.Mill.Output);
        var line = await AccessLineAsync(bed);
        Assert.Equal(bed.Mill.Bill / 1e9m, line.GetProperty("cost_usd").GetDecimal());
        Assert.InRange(line.GetProperty("held_usd").GetDecimal(), bed.Mill.Bill / 1e9m, limit / 1e9m);
    }

    [Fact(Timeout = Deadline)]
    public async Task Streams_WithAnAbsurdBound_DoNotBlockNeighbours()
    {
        var limit = WorstOf(Stream, 20_000);
        await using var bed = await LimitBed.StartAsync(Budget(limit, TimeProvider.System));
        var gate = new TaskCompletionSource();
        bed.Mill.Pace = i => i == 10 ? gate.Task : Task.CompletedTask;
        var streams = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => bed.ChatAsync("o", ""","max_tokens":100000000""" + Stream)));
        Assert.All(streams, stream => Assert.Equal(HttpStatusCode.OK, stream.StatusCode));
        using var neighbour = await bed.ChatAsync("o", ""","max_tokens":500""");
        Assert.Equal(HttpStatusCode.OK, neighbour.StatusCode);
        foreach (var stream in streams) stream.Dispose();
        gate.SetResult();
    }

    [Fact(Timeout = Deadline)]
    public async Task Stream_OfAStrictBudget_IsHeldWholeBeforeItIsSent()
    {
        const string Asked = ""","max_tokens":500""" + Stream;
        await using var bed = await LimitBed.StartAsync(Budget(WorstOf(Asked, 500) * 2, TimeProvider.System, ", streams: strict"));
        var gate = new TaskCompletionSource();
        bed.Mill.Pace = i => i == 10 ? gate.Task : Task.CompletedTask;
        using var first = await bed.ChatAsync("o", Asked);
        using var second = await bed.ChatAsync("o", Asked);
        using var third = await bed.ChatAsync("o", Asked);
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.TooManyRequests), (first.StatusCode, second.StatusCode, third.StatusCode));
        Assert.Contains("held for requests that are under way", (await LimitBed.ErrorAsync(third)).Message);
        gate.SetResult();
        Assert.EndsWith("data: [DONE]\n\n", await LimitBed.TextAsync(first));
        Assert.EndsWith("data: [DONE]\n\n", await LimitBed.TextAsync(second));
    }

    [Fact(Timeout = Deadline)]
    public async Task Stream_WhoseClientLeaves_IsChargedNoLessThanItsBill()
    {
        var limit = WorstOf(Stream, 100_000);
        await using var bed = await LimitBed.StartAsync(Budget(limit, TimeProvider.System));
        bed.Mill.Usual = 1_000_000;
        bed.Mill.Pace = i => i % 4 == 0 ? Task.Delay(1, Cancellation) : Task.CompletedTask;
        using (var answer = await bed.ChatAsync("o", Stream))
        {
            await using var body = await answer.Content.ReadAsStreamAsync(Cancellation);
            await body.ReadExactlyAsync(new byte[20_000], Cancellation);
        }

        var line = await AccessLineAsync(bed);
        Assert.Equal("client_aborted", line.GetProperty("outcome").GetString());
        Assert.InRange(line.GetProperty("cost_usd").GetDecimal(), bed.Mill.Bill / 1e9m, limit / 1e9m);
    }

    private static async Task RefusedUntilResetAsync(LimitBed bed, ManualTime time)
    {
        using var refused = await bed.ChatAsync("o", ""","max_tokens":100""");
        Assert.Equal((HttpStatusCode.TooManyRequests, "insufficient_quota"), (refused.StatusCode, (await LimitBed.ErrorAsync(refused)).Code));
        time.Advance(TimeSpan.FromSeconds(int.Parse(LimitBed.Header(refused, "Retry-After")!, CultureInfo.InvariantCulture)));
        using var answer = await bed.ChatAsync("o", ""","max_tokens":100""");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    private static string Budget(long nanos, TimeProvider time, string more = "") =>
        $"budgets: {{team: {{per: [tenant], limit: {(nanos / 1e9m).ToString(CultureInfo.InvariantCulture)}, period: day, starts: {{hour: {time.GetUtcNow().AddHours(1).Hour}}}, slice_tokens: 256{more}}}}}";

    private static long WorstOf(string more, long output) => (Encoding.UTF8.GetByteCount(LimitBed.ChatBody("o", more)) + 64 + output * 10) * 1_000;

    private static string[] Events(string text) => [.. text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Select(e => e["data: ".Length..])];

    private static async Task<JsonElement> AccessLineAsync(LimitBed bed)
    {
        var path = Path.Combine(bed.Gateway.Folder, "access.log");
        while (true)
        {
            await using var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Read, FileShare.ReadWrite);
            using var reader = new StreamReader(file);
            var text = await reader.ReadToEndAsync(Cancellation);
            if (text.EndsWith('\n')) return JsonElement.Parse(text.Split('\n')[0]);
            await Task.Delay(10, Cancellation);
        }
    }
}
