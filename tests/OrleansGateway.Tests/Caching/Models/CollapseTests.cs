using System.Net;
using OrleansGateway.Http;
using OrleansGateway.Tests.Gateway;
using OrleansGateway.Tests.Upstreams;

namespace OrleansGateway.Tests.Caching.Models;

/// <summary>Calls that ask the same at the same time are one call to the provider; what goes wrong with it stays with whom it concerns.</summary>
public sealed class CollapseTests
{
    private const string Stream = ""","stream":true""";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task Followers_OfAStream_ReadItAsItComes()
    {
        await using var bed = await ModelCacheBed.StartAsync();
        var (begin, end) = (new TaskCompletionSource(), new TaskCompletionSource());
        bed.OpenAI.Enqueue(Answer.Stream(Said.OpenAIStream).WaitBefore(0, begin.Task).WaitBefore(3, end.Task));
        var calls = await AskAsync(bed, 201, Stream);
        begin.SetResult();
        var answers = await Task.WhenAll(calls);
        // All have the first words while the rest is not made yet.
        var readers = await Task.WhenAll(answers.Select(async a => new StreamReader(await a.Content.ReadAsStreamAsync(Cancellation))));
        foreach (var reader in readers) Assert.Contains("assistant", await reader.ReadLineAsync(Cancellation));
        end.SetResult();
        foreach (var reader in readers) Assert.Contains("[DONE]", await reader.ReadToEndAsync(Cancellation));
        Assert.Equal(200, answers.Count(a => ModelCacheBed.StatusOf(a) == "gateway; fwd=miss; collapsed"));
        Assert.Single(bed.OpenAI.Requests);
        var records = await bed.Book.WaitAsync(201, Cancellation);
        Assert.Equal((1, 23_000L), (records.Count(r => r.Billed > 0), records.Sum(r => r.Billed)));
        Assert.Equal((1, 0), (bed.Cache.Count, bed.Cache.Coming));
    }

    [Theory(Timeout = 60_000)]
    [InlineData("", Stream)] [InlineData(Stream, "")]
    public async Task Followers_InTheOtherForm_GetTheirs(string first, string others)
    {
        await using var bed = await ModelCacheBed.StartAsync();
        var begin = new TaskCompletionSource();
        bed.OpenAI.Enqueue((first.Length > 0 ? Answer.Stream(Said.OpenAIStream) : Answer.Json(Said.OpenAIWhole)).WaitBefore(0, begin.Task));
        var leader = bed.ChatAsync(more: first);
        await bed.OpenAI.NextRequestAsync(Cancellation);
        var followers = Enumerable.Range(0, 10).Select(_ => ModelCacheBed.ReadAsync(bed.ChatAsync(more: others))).ToList();
        begin.SetResult();
        using var answer = await leader;
        foreach (var follower in followers) Assert.Contains(others.Length > 0 ? "[DONE]" : "\"Hello\"", (await follower).Text);
        Assert.Single(bed.OpenAI.Requests);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(500)] [InlineData(400)]
    public async Task Followers_OfACallThatFails_GoOnAlone(int status)
    {
        await using var bed = await ModelCacheBed.StartAsync();
        var (begin, all) = (new TaskCompletionSource(), new TaskCompletionSource());
        var arrived = 0;
        bed.OpenAI.Handler = _ =>
        {
            // None is answered before all have asked: they do not wait for one another.
            var number = Interlocked.Increment(ref arrived);
            if (number == 51) all.SetResult();
            if (number > 1) return Answer.Json(Said.OpenAIWhole).WaitBefore(0, all.Task);
            begin.Task.Wait(Cancellation);
            return Answer.Json("""{"error":{"message":"no"}}""", status);
        };
        List<Task<HttpResponseMessage>> calls = [bed.ChatAsync()];
        while (Volatile.Read(ref arrived) == 0) await Task.Yield();
        for (var i = 1; i < 51; i++) calls.Add(bed.ChatAsync());
        while (bed.Cache.Listeners < 50) await Task.Yield();
        begin.SetResult();
        var answers = await Task.WhenAll(calls);
        Assert.Equal(50, answers.Count(a => a.StatusCode == HttpStatusCode.OK));
        Assert.Equal(status, (int)answers.Single(a => a.StatusCode != HttpStatusCode.OK).StatusCode);
        Assert.Equal(51, bed.OpenAI.Requests.Count);
    }

    [Fact(Timeout = 60_000)]
    public async Task Followers_OfAStreamThatIsCut_AreToldSo()
    {
        await using var bed = await ModelCacheBed.StartAsync();
        var cut = new TaskCompletionSource();
        bed.OpenAI.Enqueue(Answer.Stream(Said.OpenAIStream).EndAfter(3, AnswerEnd.Cut).WaitBefore(3, cut.Task));
        var leader = bed.ChatAsync(more: Stream);
        await bed.OpenAI.NextRequestAsync(Cancellation);
        using var follower = await bed.ChatAsync(more: Stream);
        cut.SetResult();
        var text = await follower.Content.ReadAsStringAsync(Cancellation);
        Assert.Contains("\"error\"", text);
        Assert.DoesNotContain("[DONE]", text);
        (await leader).Dispose();
        Assert.Equal((0, 0), (bed.Cache.Count, bed.Cache.Coming));
    }

    [Fact(Timeout = 60_000)]
    public async Task Leader_WhoLeaves_DoesNotTakeTheAnswerFromFollowers()
    {
        await using var bed = await ModelCacheBed.StartAsync();
        var end = new TaskCompletionSource();
        bed.OpenAI.Enqueue(Answer.Stream(Said.OpenAIStream).WaitBefore(3, end.Task));
        using var leaving = new CancellationTokenSource();
        var leader = await bed.PostAsync("/v1/chat/completions", Body, ModelCacheBed.One, [], leaving.Token);
        using var follower = await bed.ChatAsync(more: Stream, key: ModelCacheBed.Two);
        leader.Dispose();
        await leaving.CancelAsync();
        end.SetResult();
        Assert.Contains("[DONE]", await follower.Content.ReadAsStringAsync(Cancellation));
        var records = await bed.Book.WaitAsync(2, Cancellation);
        // The provider said what it bills, and the one who began pays.
        Assert.Equal(23_000, records.Single(r => r.Attempt == 1).Billed);
        Assert.StartsWith("gateway; hit", (await ModelCacheBed.ReadAsync(bed.ChatAsync(more: Stream))).Status);
    }

    [Fact(Timeout = 60_000)]
    public async Task Leader_WhoLeavesWithNobodyListening_TakesTheProvidersWorkAlong()
    {
        await using var bed = await ModelCacheBed.StartAsync();
        bed.OpenAI.Enqueue(Answer.Stream(Said.OpenAIStream).EndAfter(3, AnswerEnd.Stall));
        using var leaving = new CancellationTokenSource();
        var leader = await bed.PostAsync("/v1/chat/completions", Body, ModelCacheBed.One, [], leaving.Token);
        var asked = await bed.OpenAI.NextRequestAsync(Cancellation);
        using (var follower = await bed.ChatAsync(more: Stream, key: ModelCacheBed.Two)) leader.Dispose();
        await asked.Aborted.WaitAsync(Cancellation);
        var records = await bed.Book.WaitAsync(2, Cancellation);
        Assert.All(records, r => Assert.Equal(CallOutcome.ClientAborted, r.Outcome));
        Assert.Equal((0, 0), (bed.Cache.Count, bed.Cache.Coming));
    }

    [Fact(Timeout = 60_000)]
    public async Task Follower_WhoLeaves_CutsNobody()
    {
        await using var bed = await ModelCacheBed.StartAsync();
        var end = new TaskCompletionSource();
        bed.OpenAI.Enqueue(Answer.Stream(Said.OpenAIStream).WaitBefore(3, end.Task));
        using var leader = await bed.ChatAsync(more: Stream);
        using var stays = await bed.ChatAsync(more: Stream);
        (await bed.ChatAsync(more: Stream)).Dispose();
        await bed.Book.WaitAsync(1, Cancellation);
        end.SetResult();
        Assert.Contains("[DONE]", await leader.Content.ReadAsStringAsync(Cancellation));
        Assert.Contains("[DONE]", await stays.Content.ReadAsStringAsync(Cancellation));
    }

    [Fact(Timeout = 60_000)]
    public async Task Calls_OfTwoTenants_AreNotCollapsed()
    {
        await using var bed = await ModelCacheBed.StartAsync();
        var end = new TaskCompletionSource();
        bed.OpenAI.Handler = _ => Answer.Json(Said.OpenAIWhole).WaitBefore(0, end.Task);
        var one = bed.ChatAsync();
        await bed.OpenAI.NextRequestAsync(Cancellation);
        var other = bed.ChatAsync(key: ModelCacheBed.Other);
        await bed.OpenAI.NextRequestAsync(Cancellation);
        end.SetResult();
        (await one).Dispose();
        (await other).Dispose();
        Assert.Equal(2, bed.OpenAI.Requests.Count);
    }

    private const string Body = """{"model":"o","temperature":0,"messages":[{"role":"user","content":"Hi"}],"stream":true}""";

    /// <summary>So many calls that are all with the gateway: the first has reached the provider, the others wait for it.</summary>
    private static async Task<List<Task<HttpResponseMessage>>> AskAsync(ModelCacheBed bed, int count, string more)
    {
        List<Task<HttpResponseMessage>> calls = [bed.ChatAsync(more: more)];
        await bed.OpenAI.NextRequestAsync(Cancellation);
        for (var i = 1; i < count; i++) calls.Add(bed.ChatAsync(more: more));
        while (bed.Cache.Listeners < count - 1)
        {
            Cancellation.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        return calls;
    }
}
