using System.Collections.Concurrent;
using System.Net;

namespace OrleansGateway.Tests.Forwarding;

/// <summary>Upstreams that are killed, paused and revived while they are under load.</summary>
public sealed class UpstreamFailureTests
{
    private const int Workers = 16;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>
    /// What may be sent again is never lost; what may not is never there twice. The load goes on until the failed target has been left out, and has come back.
    /// </summary>
    [Theory(Timeout = 120_000)]
    [InlineData("kill")] [InlineData("pause")]
    public async Task Target_ThatFailsUnderLoad_LosesNothingThatMayBeRetriedAndGetsNothingTwice(string how)
    {
        var arrivals = Path.GetTempFileName();
        await using var first = await OriginProcess.StartAsync(arrivals, Cancellation);
        await using var second = await OriginProcess.StartAsync(arrivals, Cancellation);
        await using var third = await OriginProcess.StartAsync(arrivals, Cancellation);
        await using var bed = await ForwardBed.StartAsync(
            [first.Url, second.Url, third.Url],
            "balance: round_robin, timeouts: {connect: 1s, first_byte: 1s}, ejection: {consecutive_failures: 3, duration: 1s}, retries: {attempts: 3, budget_percent: 100}");
        var load = new Load(bed.Client);
        load.Start();
        await load.AnsweredAsync(200);
        if (how == "kill") await first.KillAsync();
        else first.Pause();
        await bed.UntilEjectedAsync(first.Url, ejected: true, Cancellation);
        await load.AnsweredAsync(200);
        if (how == "kill") await first.ReviveAsync(Cancellation);
        else first.Resume();
        await bed.UntilEjectedAsync(first.Url, ejected: false, Cancellation);
        await load.AnsweredByAsync(first.Port);
        await load.StopAsync();

        Assert.True(load.LostGets.IsEmpty, string.Join('\n', load.LostGets.Take(5)));
        var posts = (await File.ReadAllLinesAsync(arrivals, Cancellation)).Where(line => line.StartsWith("POST", StringComparison.Ordinal)).ToList();
        Assert.Equal(posts.Count, posts.Distinct().Count());
        // Those that were on their way to the target when it failed; what could not be delivered at all went to another.
        Assert.InRange(load.LostPosts.Count, 0, Workers * 6);
        Assert.All(load.LostPosts, lost => Assert.Matches("^50[24] ", lost));
        File.Delete(arrivals);
    }

    /// <summary>GETs and POSTs without pause, each with an id of its own.</summary>
    private sealed class Load(HttpClient client)
    {
        private readonly CancellationTokenSource _stopping = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        private readonly ConcurrentDictionary<string, int> _byTarget = new();
        private Task[] _workers = [];
        private int _answered;

        public ConcurrentBag<string> LostGets { get; } = [];

        public ConcurrentBag<string> LostPosts { get; } = [];

        public void Start() => _workers = [.. Enumerable.Range(0, Workers).Select(worker => Task.Run(() => RunAsync(worker)))];

        /// <summary>Waits for that many answers more.</summary>
        public async Task AnsweredAsync(int more)
        {
            var until = Volatile.Read(ref _answered) + more;
            while (Volatile.Read(ref _answered) < until) await Task.Delay(10, Cancellation);
        }

        /// <summary>Waits until that target has answered again.</summary>
        public async Task AnsweredByAsync(int port)
        {
            var name = port.ToString(CultureInfo.InvariantCulture);
            var before = _byTarget.GetValueOrDefault(name);
            while (_byTarget.GetValueOrDefault(name) == before) await Task.Delay(10, Cancellation);
        }

        public async Task StopAsync()
        {
            await _stopping.CancelAsync();
            await Task.WhenAll(_workers);
            _stopping.Dispose();
        }

        private async Task RunAsync(int worker)
        {
            for (var i = 0; !_stopping.IsCancellationRequested; i++)
            {
                var isPost = i % 3 == 0;
                using var request = new HttpRequestMessage(isPost ? HttpMethod.Post : HttpMethod.Get, "/");
                request.Headers.Add("x-id", $"{worker}-{i}");
                if (isPost) request.Content = new StringContent("body of it");
                using var answer = await client.SendAsync(request, Cancellation);
                var text = await answer.Content.ReadAsStringAsync(Cancellation);
                Interlocked.Increment(ref _answered);
                if (answer.StatusCode == HttpStatusCode.OK) _byTarget.AddOrUpdate(answer.Headers.GetValues("x-target").Single(), 1, static (_, count) => count + 1);
                else (isPost ? LostPosts : LostGets).Add($"{(int)answer.StatusCode} {text}");
            }
        }
    }
}
