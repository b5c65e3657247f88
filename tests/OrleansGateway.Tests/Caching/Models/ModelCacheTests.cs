using System.Net;
using System.Text.Json;
using OrleansGateway.Http;
using OrleansGateway.Invalidation;
using OrleansGateway.Tests.Gateway;
using OrleansGateway.Tests.Upstreams;
using OrleansGateway.Usage;

namespace OrleansGateway.Tests.Caching.Models;

/// <summary>A call that asks a provider for what it has said before gets that, and nobody is billed for it.</summary>
public sealed class ModelCacheTests
{
    private const string Stream = ""","stream":true""";
    private const string StreamWithUsage = ""","stream":true,"stream_options":{"include_usage":true}""";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Chat_AskedTwice_IsAnsweredOnce()
    {
        await using var bed = await ModelCacheBed.StartAsync();
        bed.OpenAI.Enqueue(Answer.Json(Said.OpenAIWhole));
        var first = await ModelCacheBed.ReadAsync(bed.ChatAsync());
        bed.Time.Advance(TimeSpan.FromSeconds(100));
        using var second = await bed.ChatAsync(key: ModelCacheBed.Two);
        var text = await second.Content.ReadAsStringAsync(Cancellation);
        Assert.Equal("gateway; fwd=miss", first.Status);
        Assert.Equal("gateway; hit; ttl=3500", ModelCacheBed.StatusOf(second));
        Assert.Equal("100", second.Headers.GetValues("Age").Single());
        Assert.Equal(JsonElement.Parse(first.Text).GetProperty("choices").ToString(), JsonElement.Parse(text).GetProperty("choices").ToString());
        Assert.Equal(first.Text.Length, text.Length);
        Assert.Single(bed.OpenAI.Requests);
    }

    [Theory]
    [InlineData(StreamWithUsage, StreamWithUsage)] [InlineData(StreamWithUsage, "")] [InlineData("", StreamWithUsage)] [InlineData(Stream, Stream)] [InlineData("", Stream)]
    public async Task Chat_InAnyForm_ServesBothForms(string first, string second)
    {
        await using var bed = await ModelCacheBed.StartAsync();
        bed.OpenAI.Enqueue(first.Length > 0 ? Answer.Stream(Said.OpenAIStream) : Answer.Json(Said.OpenAIWhole));
        var live = await ModelCacheBed.ReadAsync(bed.ChatAsync(more: first));
        var cached = await ModelCacheBed.ReadAsync(bed.ChatAsync(more: second));
        Assert.StartsWith("gateway; hit", cached.Status);
        Assert.Equal(Of(Dialect.OpenAI, live.Text, first), Of(Dialect.OpenAI, cached.Text, second));
        // Whoever does not ask for the usage of a stream gets none.
        Assert.Equal(second == Stream, !cached.Text.Contains("usage", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("", "")] [InlineData(Stream, Stream)] [InlineData(Stream, "")] [InlineData("", Stream)]
    public async Task Message_ByAProviderOfTheOtherDialect_IsAnsweredOnce(string first, string second)
    {
        await using var bed = await ModelCacheBed.StartAsync();
        bed.OpenAI.Enqueue(first.Length > 0 ? Answer.Stream(Said.OpenAIStream) : Answer.Json(Said.OpenAIWhole));
        var live = await ModelCacheBed.ReadAsync(bed.MessageAsync("o", first));
        var cached = await ModelCacheBed.ReadAsync(bed.MessageAsync("o", second));
        Assert.StartsWith("gateway; hit", cached.Status);
        Assert.Equal(Of(Dialect.Anthropic, live.Text, first), Of(Dialect.Anthropic, cached.Text, second));
    }

    [Theory]
    [InlineData("", "")] [InlineData(Stream, Stream)] [InlineData(Stream, "")] [InlineData("", Stream)]
    public async Task Message_ToAnthropic_IsAnsweredOnce(string first, string second)
    {
        await using var bed = await ModelCacheBed.StartAsync();
        bed.Anthropic.Enqueue(first.Length > 0 ? Answer.Stream(Said.AnthropicStream) : Answer.Json(Said.AnthropicWhole));
        var live = await ModelCacheBed.ReadAsync(bed.MessageAsync("a", first));
        var cached = await ModelCacheBed.ReadAsync(bed.MessageAsync("a", second));
        Assert.StartsWith("gateway; hit", cached.Status);
        Assert.Equal(Of(Dialect.Anthropic, live.Text, first), Of(Dialect.Anthropic, cached.Text, second));
    }

    [Fact]
    public async Task Embeddings_AskedTwice_AreMadeOnce()
    {
        await using var bed = await ModelCacheBed.StartAsync();
        bed.OpenAI.Enqueue(Answer.Json("""{"object":"list","model":"m","data":[{"object":"embedding","index":0,"embedding":[0.5]}],"usage":{"prompt_tokens":1,"total_tokens":1}}"""));
        for (var i = 0; i < 2; i++) await ModelCacheBed.ReadAsync(bed.PostAsync("/v1/embeddings", """{"model":"o","input":"hi"}""", ModelCacheBed.One, []));
        Assert.Single(bed.OpenAI.Requests);
    }

    [Fact]
    public async Task Chat_OfAnotherTenant_NeverGetsIt()
    {
        await using var bed = await ModelCacheBed.StartAsync();
        bed.OpenAI.Enqueue(Answer.Json(Said.OpenAIWhole));
        bed.OpenAI.Enqueue(Answer.Json(Said.OpenAIWhole.Replace("Hello", "For globex", StringComparison.Ordinal)));
        await ModelCacheBed.ReadAsync(bed.ChatAsync());
        var other = await ModelCacheBed.ReadAsync(bed.ChatAsync(key: ModelCacheBed.Other));
        Assert.Contains("For globex", other.Text);
        Assert.Equal(2, bed.Cache.Count);
    }

    [Fact]
    public async Task Chat_OfAnotherUserInScopeUser_NeverGetsIt()
    {
        await using var bed = await ModelCacheBed.StartAsync("scope: user");
        bed.OpenAI.Handler = static _ => Answer.Json(Said.OpenAIWhole);
        await ModelCacheBed.ReadAsync(bed.ChatAsync());
        Assert.Equal("gateway; fwd=miss", (await ModelCacheBed.ReadAsync(bed.ChatAsync(key: ModelCacheBed.Two))).Status);
        Assert.StartsWith("gateway; hit", (await ModelCacheBed.ReadAsync(bed.ChatAsync())).Status);
    }

    [Fact]
    public async Task Chat_DrawnAtRandom_PassesByUnlessItAsksForTheCache()
    {
        await using var bed = await ModelCacheBed.StartAsync();
        bed.OpenAI.Handler = static _ => Answer.Json(Said.OpenAIWhole);
        const string Body = """{"model":"o","messages":[]}""";
        for (var i = 0; i < 2; i++)
            Assert.Equal("gateway; fwd=bypass; detail=sampled", (await ModelCacheBed.ReadAsync(bed.PostAsync("/v1/chat/completions", Body, ModelCacheBed.One, []))).Status);
        (string, string)[] asking = [("x-cache-ttl", "60")];
        Assert.Equal("gateway; fwd=miss", (await ModelCacheBed.ReadAsync(bed.PostAsync("/v1/chat/completions", Body, ModelCacheBed.One, asking))).Status);
        Assert.Equal("gateway; hit; ttl=60", (await ModelCacheBed.ReadAsync(bed.PostAsync("/v1/chat/completions", Body, ModelCacheBed.One, asking))).Status);
    }

    [Fact]
    public async Task Chat_WithSampledOn_IsCachedWhateverItsTemperature()
    {
        await using var bed = await ModelCacheBed.StartAsync("sampled: true");
        bed.OpenAI.Handler = static _ => Answer.Json(Said.OpenAIWhole);
        for (var i = 0; i < 2; i++) await ModelCacheBed.ReadAsync(bed.PostAsync("/v1/chat/completions", """{"model":"o","messages":[]}""", ModelCacheBed.One, []));
        Assert.Single(bed.OpenAI.Requests);
    }

    [Theory]
    [InlineData("", "length", false)] [InlineData("", "tool_calls", false)] [InlineData("finish_reasons: [stop, length]", "length", true)]
    [InlineData("finish_reasons: [tool_calls]", "tool_calls", true)] [InlineData("finish_reasons: [stop, length, tool_calls]", "content_filter", false)]
    public async Task Chat_ThatStoppedForAReason_IsStoredWhereItIsListed(string cache, string reason, bool isStored)
    {
        await using var bed = await ModelCacheBed.StartAsync(cache);
        bed.OpenAI.Handler = _ => Answer.Json(Said.OpenAIWhole.Replace("\"stop\"", $"\"{reason}\"", StringComparison.Ordinal));
        for (var i = 0; i < 2; i++) await ModelCacheBed.ReadAsync(bed.ChatAsync());
        Assert.Equal(isStored ? 1 : 2, bed.OpenAI.Requests.Count);
    }

    [Fact]
    public async Task Chat_AnsweredByAFallback_IsNotStored()
    {
        await using var bed = await ModelCacheBed.StartAsync();
        bed.OpenAI.Handler = static _ => Answer.Json("{}", 500);
        bed.Anthropic.Handler = static _ => Answer.Json(Said.AnthropicWhole);
        for (var i = 0; i < 2; i++) Assert.Equal("gateway; fwd=miss", (await ModelCacheBed.ReadAsync(bed.ChatAsync("o-then-a"))).Status);
        Assert.Equal((2, 0), (bed.Anthropic.Requests.Count, bed.Cache.Count));
    }

    [Theory]
    [InlineData("no-store", "gateway; fwd=bypass; detail=request", "gateway; fwd=miss")]
    [InlineData("no-cache", "gateway; fwd=request", "gateway; hit; ttl=3600")]
    [InlineData("max-age=0", "gateway; fwd=miss", "gateway; hit; ttl=3600")]
    public async Task Chat_WithADirective_IsObeyed(string directive, string itself, string next)
    {
        await using var bed = await ModelCacheBed.StartAsync();
        bed.OpenAI.Handler = static _ => Answer.Json(Said.OpenAIWhole);
        Assert.Equal(itself, (await ModelCacheBed.ReadAsync(bed.ChatAsync(headers: ("Cache-Control", directive)))).Status);
        Assert.Equal(next, (await ModelCacheBed.ReadAsync(bed.ChatAsync())).Status);
    }

    [Fact]
    public async Task Chat_ThatTakesNoOlderAnswer_AsksAgain()
    {
        await using var bed = await ModelCacheBed.StartAsync();
        bed.OpenAI.Handler = static _ => Answer.Json(Said.OpenAIWhole);
        await ModelCacheBed.ReadAsync(bed.ChatAsync());
        bed.Time.Advance(TimeSpan.FromSeconds(11));
        Assert.StartsWith("gateway; hit", (await ModelCacheBed.ReadAsync(bed.ChatAsync(headers: ("Cache-Control", "max-age=11")))).Status);
        Assert.Equal("gateway; fwd=miss", (await ModelCacheBed.ReadAsync(bed.ChatAsync(headers: ("Cache-Control", "max-age=10")))).Status);
    }

    [Fact]
    public async Task Chat_OnlyFromTheCache_IsRefusedWhereThereIsNothing()
    {
        await using var bed = await ModelCacheBed.StartAsync();
        using var answer = await bed.ChatAsync(headers: ("Cache-Control", "only-if-cached"));
        Assert.Equal((HttpStatusCode.GatewayTimeout, "not_cached"), await ChatBed.ErrorAsync(answer));
        Assert.Empty(bed.OpenAI.Requests);
    }

    [Theory]
    [InlineData("x-cache-ttl", "soon", "invalid_cache_ttl")] [InlineData("x-cache-tags", "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17", "invalid_cache_tags")]
    public async Task Chat_WithAHeaderThatMakesNoSense_IsRefused(string header, string value, string code)
    {
        await using var bed = await ModelCacheBed.StartAsync();
        using var answer = await bed.ChatAsync(headers: (header, value));
        Assert.Equal((HttpStatusCode.BadRequest, code), await ChatBed.ErrorAsync(answer));
    }

    [Fact]
    public async Task Chat_OnARouteThatIgnoresDirectives_IsCachedAllTheSame()
    {
        await using var bed = await ModelCacheBed.StartAsync("request_directives: ignore");
        bed.OpenAI.Handler = static _ => Answer.Json(Said.OpenAIWhole);
        for (var i = 0; i < 2; i++) await ModelCacheBed.ReadAsync(bed.ChatAsync(headers: [("Cache-Control", "no-store"), ("x-cache-ttl", "never")]));
        Assert.Single(bed.OpenAI.Requests);
    }

    [Fact]
    public async Task Chat_AfterItsTime_AsksAgainAndNothingIsKept()
    {
        await using var bed = await ModelCacheBed.StartAsync("ttl: 1m");
        bed.OpenAI.Handler = static _ => Answer.Json(Said.OpenAIWhole);
        await ModelCacheBed.ReadAsync(bed.ChatAsync());
        bed.Time.Advance(TimeSpan.FromSeconds(59));
        Assert.Equal("gateway; hit; ttl=1", (await ModelCacheBed.ReadAsync(bed.ChatAsync())).Status);
        Assert.Equal(1, bed.Cache.Count);
        bed.Time.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal(0, bed.Cache.Count);
        Assert.Equal(0, bed.Invalidations.Of("acme").Count);
    }

    [Theory]
    [InlineData("model:o")] [InlineData("doc:7")] [InlineData("mine")] [InlineData(null)]
    public async Task Chat_AfterAPurgeOfItsTag_AsksAgain(string? tag)
    {
        await using var bed = await ModelCacheBed.StartAsync("tags: [\"doc:{metadata.documents}\", \"team:{team}\"]");
        bed.OpenAI.Handler = static _ => Answer.Json(Said.OpenAIWhole);
        Task<HttpResponseMessage> AskAsync() => bed.ChatAsync(more: ""","metadata":{"documents":"3, 7"}""", headers: ("x-cache-tags", "mine"));
        await ModelCacheBed.ReadAsync(AskAsync());
        Purge(bed, "acme", 1, "doc:8");
        Purge(bed, "globex", 1, "doc:7");
        Assert.StartsWith("gateway; hit", (await ModelCacheBed.ReadAsync(AskAsync())).Status);
        Purge(bed, "acme", 2, tag);
        Assert.Equal("gateway; fwd=miss", (await ModelCacheBed.ReadAsync(AskAsync())).Status);
        Assert.StartsWith("gateway; hit", (await ModelCacheBed.ReadAsync(AskAsync())).Status);
    }

    [Fact]
    public async Task Chat_PurgedWhileItIsOnItsWay_IsNeitherStoredNorJoined()
    {
        await using var bed = await ModelCacheBed.StartAsync();
        var gate = new TaskCompletionSource();
        bed.OpenAI.Enqueue(Answer.Json(Said.OpenAIWhole.Replace("Hello", "Old", StringComparison.Ordinal)).WaitBefore(0, gate.Task));
        bed.OpenAI.Handler = static _ => Answer.Json(Said.OpenAIWhole);
        var before = bed.ChatAsync();
        await bed.OpenAI.NextRequestAsync(Cancellation);
        Purge(bed, "acme", 1, "model:o");
        Assert.Contains("Hello", (await ModelCacheBed.ReadAsync(bed.ChatAsync())).Text);
        gate.SetResult();
        Assert.Contains("Old", (await ModelCacheBed.ReadAsync(before)).Text);
        Assert.Contains("Hello", (await ModelCacheBed.ReadAsync(bed.ChatAsync())).Text);
        Assert.Equal(2, bed.OpenAI.Requests.Count);
    }

    [Fact]
    public async Task Record_OfAHit_CostsNothingAndSaysWhatWasSaved()
    {
        await using var bed = await ModelCacheBed.StartAsync();
        bed.OpenAI.Enqueue(Answer.Json(Said.OpenAIWhole));
        for (var i = 0; i < 2; i++) await ModelCacheBed.ReadAsync(bed.ChatAsync());
        var records = await bed.Book.WaitAsync(2, Cancellation);
        Assert.Equal((UsageCache.Miss, 23_000L, 0L, 1), (records[0].Cache, records[0].Billed, records[0].Saved, records[0].Attempt));
        Assert.Equal((UsageCache.Hit, 0L, 23_000L, 0), (records[1].Cache, records[1].Billed, records[1].Saved, records[1].Attempt));
        Assert.Equal((5L, default, CallOutcome.Completed, 200), (records[1].SavedTokens, records[1].Tokens, records[1].Outcome, records[1].Status));
        Assert.Null(records[1].Provider);
    }

    [Fact]
    public async Task Hit_WhereTheBudgetIsSpent_IsGivenAllTheSame()
    {
        // A call may need some 0.00019 USD and takes 0.00009: what is left after it is too little for another.
        await using var bed = await ModelCacheBed.StartAsync(more: "budgets: {small: {per: [tenant], limit: 0.00025}}");
        bed.OpenAI.Handler = static _ => Answer.Json(Said.OpenAIWhole.Replace("\"completion_tokens\":2", "\"completion_tokens\":9", StringComparison.Ordinal));
        const string Small = ""","max_tokens":9""";
        await ModelCacheBed.ReadAsync(bed.ChatAsync(more: Small));
        for (var i = 0; i < 20; i++) Assert.StartsWith("gateway; hit", (await ModelCacheBed.ReadAsync(bed.ChatAsync(more: Small))).Status);
        using var another = await bed.ChatAsync(more: Small + ""","seed":1""");
        Assert.NotEqual(HttpStatusCode.OK, another.StatusCode);
    }

    [Fact]
    public async Task Hit_CountsForTheLimitOfRequests()
    {
        await using var bed = await ModelCacheBed.StartAsync(more: "rate_limits: {few: {per: [key], limit: 2, window: 1h}}");
        bed.OpenAI.Handler = static _ => Answer.Json(Said.OpenAIWhole);
        for (var i = 0; i < 2; i++) await ModelCacheBed.ReadAsync(bed.ChatAsync());
        using var third = await bed.ChatAsync();
        Assert.Equal(HttpStatusCode.TooManyRequests, third.StatusCode);
    }

    [Theory]
    [InlineData(nameof(AnswerEnd.Cut))] [InlineData(nameof(AnswerEnd.Proper))]
    public async Task Stream_CutAfterAnyEvent_IsNeverStored(string end)
    {
        await using var bed = await ModelCacheBed.StartAsync();
        for (var events = 1; events < Said.OpenAIStream.Length; events++)
        {
            bed.OpenAI.Enqueue(Answer.Stream(Said.OpenAIStream).EndAfter(events, Enum.Parse<AnswerEnd>(end)));
            using var answer = await bed.ChatAsync(more: Stream);
            await answer.Content.ReadAsStringAsync(Cancellation);
            Assert.Equal((0, 0), (bed.Cache.Count, bed.Cache.Coming));
        }
    }

    [Fact]
    public async Task Chat_TooLargeToStore_PassesWhole()
    {
        await using var bed = await ModelCacheBed.StartAsync("entry_max: 1KiB");
        var large = Said.OpenAIWhole.Replace("Hello", new string('x', 300_000), StringComparison.Ordinal);
        bed.OpenAI.Handler = _ => Answer.Json(large);
        for (var i = 0; i < 2; i++) Assert.Equal(large, (await ModelCacheBed.ReadAsync(bed.ChatAsync())).Text);
        Assert.Equal((2, 0), (bed.OpenAI.Requests.Count, bed.Cache.Count));
    }

    [Fact]
    public async Task Stream_InItsOriginalPace_PausesAsItCame()
    {
        await using var bed = await ModelCacheBed.StartAsync("pacing: original");
        var gate = new TaskCompletionSource();
        bed.OpenAI.Enqueue(Answer.Stream(Said.OpenAIStream).WaitBefore(2, gate.Task));
        using var live = await bed.ChatAsync(more: Stream);
        using var reader = new StreamReader(await live.Content.ReadAsStreamAsync(Cancellation));
        var begun = await reader.ReadLineAsync(Cancellation) + await reader.ReadLineAsync(Cancellation) + await reader.ReadLineAsync(Cancellation);
        Assert.Contains("Hel", begun);
        bed.Time.Advance(TimeSpan.FromSeconds(2));
        gate.SetResult();
        await reader.ReadToEndAsync(Cancellation);
        using var cached = await bed.ChatAsync(more: Stream);
        using var again = new StreamReader(await cached.Content.ReadAsStreamAsync(Cancellation));
        Assert.Contains("Hel", await again.ReadLineAsync(Cancellation) + await again.ReadLineAsync(Cancellation) + await again.ReadLineAsync(Cancellation));
        await again.ReadLineAsync(Cancellation);
        var next = again.ReadLineAsync(Cancellation).AsTask();
        Assert.False(next.IsCompleted);
        while (!next.IsCompleted)
        {
            bed.Time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Yield();
        }

        Assert.Contains("lo", await next);
    }

    private static void Purge(ModelCacheBed bed, string tenant, long sequence, string? tag) => Assert.True(bed.Invalidations.Of(tenant).Apply(
        new NumberedInvalidation(tenant, sequence, [tag is null ? Selector.All : Selector.OfTag(tag)!.Value], InvalidationMode.Hard)));

    private static Conversation Of(Dialect dialect, string text, string form) =>
        Conversation.Of(dialect, System.Text.Encoding.UTF8.GetBytes(text), form.Length > 0) with { Usage = default };
}
