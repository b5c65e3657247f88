using System.Net.Http.Json;
using System.Text;

namespace OrleansGateway.Tests.Upstreams;

/// <summary>The mock upstream does on the wire what a test scripted; else every test on it proves nothing.</summary>
public sealed class MockUpstreamTests : IDisposable
{
    private static readonly ReadOnlyMemory<byte>[] s_threeChunks =
        [.. new[] { "one ", "two ", "three" }.Select(text => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(text))];
    /// <summary>For what fails by never happening. Milliseconds; each test takes a few.</summary>
    private const int Deadline = 30_000;

    private readonly HttpClient _client = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _client.Dispose();

    [Fact(Timeout = Deadline)]
    public async Task Answers_WhenQueued_AreGivenInTurnAndRequestsNoted()
    {
        await using var upstream = await MockUpstream.StartAsync(_ => Answer.Json("3"));
        upstream.Enqueue(Answer.Json("1", 503).With("retry-after", "7"));
        upstream.Enqueue(Answer.Json("2"));
        using var first = await _client.PostAsJsonAsync(new Uri(upstream.V1 + "/a?b=c%20d"), new { x = 1 }, Cancellation);
        Assert.Equal((503, "7"), ((int)first.StatusCode, first.Headers.GetValues("retry-after").Single()));
        Assert.Equal("1", await first.Content.ReadAsStringAsync(Cancellation));
        Assert.Equal("2", await _client.GetStringAsync(upstream.Url, Cancellation));
        Assert.Equal("3", await _client.GetStringAsync(upstream.Url, Cancellation));

        var request = await upstream.NextRequestAsync(Cancellation);
        Assert.Equal(("POST", "/v1/a?b=c%20d", """{"x":1}"""), (request.Method, request.Path, Encoding.UTF8.GetString(request.Body)));
        Assert.StartsWith("application/json", request.Headers["Content-Type"], StringComparison.Ordinal);
        Assert.Equal(3, upstream.Requests.Count);
        await request.Answered.WaitAsync(Cancellation);
        Assert.False(request.Aborted.IsCompleted);
    }

    [Fact(Timeout = Deadline)]
    public async Task Chunks_WhenGated_ArriveOneByOne()
    {
        var gate = new TaskCompletionSource();
        await using var upstream = await MockUpstream.StartAsync(_ => Answer.Stream(s_threeChunks).WaitBefore(1, gate.Task));
        await using var body = await _client.GetStreamAsync(upstream.Url, Cancellation);
        var buffer = new byte[64];
        Assert.Equal("one ", Encoding.UTF8.GetString(buffer, 0, await body.ReadAsync(buffer, Cancellation)));
        gate.SetResult();
        using var rest = new StreamReader(body);
        Assert.Equal("two three", await rest.ReadToEndAsync(Cancellation));
    }

    [Fact(Timeout = Deadline)]
    public async Task Stream_WhenEndedEarlyButProperly_ReadsToItsEnd()
    {
        await using var upstream = await MockUpstream.StartAsync(_ => Answer.Stream(s_threeChunks).EndAfter(2, AnswerEnd.Proper));
        Assert.Equal("one two ", await _client.GetStringAsync(upstream.Url, Cancellation));
    }

    [Fact(Timeout = Deadline)]
    public async Task Stream_WhenCut_GivesItsChunksThenFails()
    {
        await using var upstream = await MockUpstream.StartAsync(_ => Answer.Stream(s_threeChunks).EndAfter(2, AnswerEnd.Cut));
        Assert.Equal("one two ", await ReadUntilItBreaksAsync(upstream));
    }

    [Fact(Timeout = Deadline)]
    public async Task Stream_WhenResetOnceRead_GivesItsChunksThenFails()
    {
        var read = new TaskCompletionSource();
        await using var upstream = await MockUpstream.StartAsync(_ => Answer.Stream(s_threeChunks).EndAfter(1, AnswerEnd.Reset).WaitBefore(1, read.Task));
        Assert.Equal("one ", await ReadUntilItBreaksAsync(upstream, read));
    }

    [Fact(Timeout = Deadline)]
    public async Task Body_WhenShorterThanPromised_Fails()
    {
        await using var upstream = await MockUpstream.StartAsync(_ => Answer.Json("{}") with { ContentLength = 3 });
        Assert.Equal("{}", await ReadUntilItBreaksAsync(upstream));
    }

    [Fact(Timeout = Deadline)]
    public async Task Request_WhenHungUpOn_Fails()
    {
        await using var upstream = await MockUpstream.StartAsync(_ => Answer.HangUp);
        await Assert.ThrowsAsync<HttpRequestException>(() => _client.GetStringAsync(upstream.Url, Cancellation));
    }

    [Fact(Timeout = Deadline)]
    public async Task Aborted_WhenTheClientLeavesAStalledStream_Completes()
    {
        await using var upstream = await MockUpstream.StartAsync(_ => Answer.Stream(s_threeChunks).EndAfter(1, AnswerEnd.Stall));
        var body = await _client.GetStreamAsync(upstream.Url, Cancellation);
        Assert.NotEqual(0, await body.ReadAsync(new byte[64], Cancellation));
        var request = await upstream.NextRequestAsync(Cancellation);
        Assert.False(request.Aborted.IsCompleted);
        await body.DisposeAsync();
        await request.Aborted.WaitAsync(Cancellation);
        Assert.False(request.Answered.IsCompleted);
    }

    [Fact(Timeout = Deadline)]
    public async Task Aborted_WhenTheClientLeavesBeforeTheHead_Completes()
    {
        await using var upstream = await MockUpstream.StartAsync(_ => Answer.Silence);
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var answer = _client.GetStringAsync(upstream.Url, leaving.Token);
        var request = await upstream.NextRequestAsync(Cancellation);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => answer);
        await request.Aborted.WaitAsync(Cancellation);
    }

    private async Task<string> ReadUntilItBreaksAsync(MockUpstream upstream, TaskCompletionSource? firstRead = null)
    {
        await using var body = await _client.GetStreamAsync(upstream.Url, Cancellation);
        using var read = new MemoryStream();
        var buffer = new byte[1];
        await Assert.ThrowsAnyAsync<IOException>(async () =>
        {
            while (await body.ReadAsync(buffer, Cancellation) is > 0 and var length)
            {
                read.Write(buffer, 0, length);
                if (read.Length == s_threeChunks[0].Length) firstRead?.SetResult();
            }
        });
        return Encoding.UTF8.GetString(read.ToArray());
    }
}
