using System.Net;
using OrleansGateway.Tests.Upstreams;

namespace OrleansGateway.Tests.Gateway;

/// <summary>Another target is tried while nothing has reached the client, and only if it may do better.</summary>
public sealed class FallbackTests
{
    private const string Stream = ""","stream":true""";

    public static TheoryData<string> Failures => ["500", "503", "429", "404", "401", "html", "hang-up", "cut", "error-event", "silence-after-head", "compressed", "redirect"];

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task Chat_WhenTheFirstTargetFails_IsAnsweredByTheNext(string failure)
    {
        await using var bed = await ChatBed.StartAsync();
        bed.OpenAI.Enqueue(Failing(failure));
        bed.Anthropic.Enqueue(Answer.Stream(Said.AnthropicStream));
        var asking = bed.ChatAsync("o-then-a", Stream);
        if (failure == "silence-after-head") await StreamTruthTests.AdvanceUntilAsync(bed, TimeSpan.FromSeconds(11), asking);
        using var answer = await asking;
        var text = await ChatBed.TextAsync(answer);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Contains("Hallo", text);
        Assert.DoesNotContain("error", text);
        Assert.EndsWith("data: [DONE]\n\n", text);
    }

    [Fact]
    public async Task Chat_WhenTheFirstTargetCannotBeReached_IsAnsweredByTheNext()
    {
        await using var bed = await ChatBed.StartAsync();
        bed.Anthropic.Enqueue(Answer.Json(Said.AnthropicWhole));
        using var answer = await bed.ChatAsync("nowhere-then-a");
        Assert.Contains("Hallo", await ChatBed.TextAsync(answer));
    }

    [Fact]
    public async Task Chat_WhenTheRequestIsAtFault_IsRefusedAtOnceInTheProvidersOwnWords()
    {
        await using var bed = await ChatBed.StartAsync();
        const string words = """{"error":{"message":"too long","type":"invalid_request_error","param":"messages","code":"context_length_exceeded","more":1}}""";
        bed.OpenAI.Enqueue(Answer.Json(words, 400));
        using var answer = await bed.ChatAsync("o-then-a");
        Assert.Equal((HttpStatusCode.BadRequest, words), (answer.StatusCode, await ChatBed.TextAsync(answer)));
        Assert.Empty(bed.Anthropic.Requests);
    }

    [Fact]
    public async Task Chat_WhenPartOfTheAnswerIsOut_IsNotStartedAgain()
    {
        await using var bed = await ChatBed.StartAsync();
        bed.OpenAI.Enqueue(Answer.Stream(Said.OpenAIStream).EndAfter(2, AnswerEnd.Cut));
        using var answer = await bed.ChatAsync("o-then-a", Stream);
        Assert.Contains("\"error\"", await ChatBed.TextAsync(answer));
        Assert.Empty(bed.Anthropic.Requests);
    }

    [Fact]
    public async Task Chat_WhenAllTargetsFail_SaysWhatTheLastOneSaidInTheClientsDialect()
    {
        await using var bed = await ChatBed.StartAsync();
        bed.OpenAI.Enqueue(Answer.Json("{}", 500));
        bed.Anthropic.Enqueue(Answer.Json("""{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}""", 529).With("retry-after", "7"));
        using var answer = await bed.ChatAsync("o-then-a");
        Assert.Equal("7", answer.Headers.RetryAfter?.ToString());
        Assert.Equal((529, "overloaded_error"), ((int)answer.StatusCode, (await ChatBed.ErrorAsync(answer)).Error));
    }

    [Fact]
    public async Task Chat_WhenTheProvidersErrorIsTooLarge_IsNotShownCutOff()
    {
        await using var bed = await ChatBed.StartAsync();
        bed.OpenAI.Enqueue(Answer.Json($$$"""{"error":{"message":"{{{new string('x', 100_000)}}}","type":"t","param":null,"code":"c"}}""", 400));
        using var answer = await bed.ChatAsync("o");
        Assert.Equal((HttpStatusCode.BadRequest, "upstream_error"), await ChatBed.ErrorAsync(answer));
    }

    [Fact]
    public async Task Chat_WhenTheNextTargetCannotTakeIt_SaysWhatTheOneSaidThatWasAsked()
    {
        await using var bed = await ChatBed.StartAsync();
        bed.OpenAI.Enqueue(Answer.Json("""{"error":{"message":"busy","type":"t","param":null,"code":"c"}}""", 503));
        using var answer = await bed.ChatAsync("o-then-a", ""","n":2""");
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "c"), await ChatBed.ErrorAsync(answer));
    }

    [Theory]
    [InlineData(401)] [InlineData(402)] [InlineData(403)]
    public async Task Chat_WhenTheProviderRefusesTheGatewaysKey_DoesNotBlameTheClientNorShowIt(int status)
    {
        await using var bed = await ChatBed.StartAsync();
        bed.OpenAI.Enqueue(Answer.Json("""{"error":{"message":"Incorrect API key provided: provider-key-o","type":"t","param":null,"code":"invalid_api_key"}}""", status));
        using var answer = await bed.ChatAsync("o");
        Assert.DoesNotContain("provider-key", await ChatBed.TextAsync(answer));
        Assert.Equal((HttpStatusCode.BadGateway, "upstream_refused_gateway"), await ChatBed.ErrorAsync(answer));
    }

    [Fact]
    public async Task Chat_WhenTheProviderTakesTooLong_IsA504()
    {
        await using var bed = await ChatBed.StartAsync();
        bed.OpenAI.Enqueue(Answer.Silence);
        var asking = bed.ChatAsync("o");
        // Time that passes while there is no connection yet would be another fault.
        await bed.OpenAI.NextRequestAsync(TestContext.Current.CancellationToken);
        await StreamTruthTests.AdvanceUntilAsync(bed, TimeSpan.FromSeconds(11), asking);
        Assert.Equal((HttpStatusCode.GatewayTimeout, "upstream_timeout"), await ChatBed.ErrorAsync(await asking));
    }

    [Fact]
    public async Task Chat_WhenTheAnswerDripsForEver_EndsAtTheTotal()
    {
        await using var bed = await ChatBed.StartAsync();
        var drops = Enumerable.Repeat(Said.OpenAIStream[1], 1000).ToArray();
        var gates = Enumerable.Range(0, 1001).ToDictionary(i => i, _ => new TaskCompletionSource());
        bed.OpenAI.Enqueue(Answer.Stream(drops) with { Gates = gates.ToDictionary(g => g.Key, g => (Task)g.Value.Task) });
        gates[0].SetResult();
        using var answer = await bed.ChatAsync("o", Stream);
        var reading = ChatBed.TextAsync(answer);
        for (var drop = 1; !reading.IsCompleted; drop++)
        {
            gates[drop].SetResult();
            bed.Time.Advance(TimeSpan.FromSeconds(1));
            await Task.WhenAny(reading, Task.Delay(10, TestContext.Current.CancellationToken));
        }

        Assert.Contains("took longer than the 60 s allowed in total", await reading);
    }

    [Fact]
    public void Draw_OverManyRequests_FollowsTheWeights()
    {
        var random = new Random(7);
        var model = TestModels.Of([("a", 3), ("b", 1), ("c", 0)], ["d"]);
        var orders = Enumerable.Range(0, 20_000).Select(_ => string.Concat(OrleansGateway.Routing.TargetOrder.Draw(model, random).Select(t => t.Model))).ToList();
        Assert.Equal(["abcd", "bacd"], orders.Distinct().Order());
        Assert.InRange(orders.Count(o => o == "abcd"), 14_700, 15_300);
    }

    private static Answer Failing(string failure) => failure switch
    {
        "html" => Answer.Whole(200, "text/html", "<html>Bad gateway</html>"u8.ToArray()),
        "hang-up" => Answer.HangUp,
        "cut" => Answer.Stream([": still thinking\n\n"]).EndAfter(1, AnswerEnd.Cut),
        "error-event" => Answer.Stream(["data: {\"error\":{\"message\":\"overloaded\",\"type\":\"server_error\"}}\n\n"]),
        "silence-after-head" => Answer.Stream([": still thinking\n\n"]).EndAfter(1, AnswerEnd.Stall),
        "compressed" => Answer.Json(Said.OpenAIWhole).With("content-encoding", "br"),
        "redirect" => Answer.Whole(302, null, default).With("location", "http://127.0.0.1:1/"),
        _ => Answer.Json("""{"error":{"message":"no","type":"t","param":null,"code":null}}""", int.Parse(failure, CultureInfo.InvariantCulture)),
    };
}
