using System.Net;
using System.Net.Http.Headers;

namespace OrleansGateway.Tests.Caching.Consistency;

/// <summary>Writers and readers at one edge, until so much was read; then each key once more when all is quiet.</summary>
/// <param name="Plan">What is read and written.</param>
/// <param name="Origin">Where versions come from.</param>
/// <param name="Client">Calls the edge.</param>
/// <param name="Invalidate">Invalidates a key in a way that the number says, and returns when that is acknowledged.</param>
/// <param name="Seed">Of all choices but the order in which threads run.</param>
internal sealed record ConsistencyRun(ConsistencyPlan Plan, VersionedOrigin Origin, HttpClient Client, Func<int, int, CancellationToken, Task> Invalidate, int Seed)
{
    private const int Readers = 24;
    private const int Writers = 4;

    public ConsistencyJudge Judge { get; } = new(Plan.Keys);

    /// <summary>Whether all reads are plain GETs, for an edge that knows nothing else.</summary>
    public bool WholeOnly { get; init; }

    /// <summary>Reads that the edge answered from its store, as it says.</summary>
    public long Hits => Interlocked.Read(ref _hits);

    private long _hits;

    public async Task RunAsync(long reads, CancellationToken cancellation)
    {
        using var enough = new CancellationTokenSource();
        var writing = Enumerable.Range(0, Writers).Select(i => Task.Run(() => WriteAsync(new Random(Seed * 100 + i), enough.Token, cancellation), cancellation)).ToArray();
        var reading = Enumerable.Range(Writers, Readers).Select(i => Task.Run(() => ReadAsync(new Random(Seed * 100 + i), reads, cancellation), cancellation)).ToArray();
        await Task.WhenAll(reading);
        await enough.CancelAsync();
        await Task.WhenAll(writing);
        // A key that is stuck shows now, whatever the readers had met.
        for (var key = 0; key < Plan.Keys; key++) await ReadAsync(key, 0, cancellation);
    }

    private async Task WriteAsync(Random random, CancellationToken enough, CancellationToken cancellation)
    {
        while (!enough.IsCancellationRequested)
        {
            var key = random.Next(Plan.Keys);
            var version = Origin.Bump(key);
            await Invalidate(key, random.Next(100), cancellation);
            Judge.Acknowledge(key, version);
            // What is read between two writes is what the store serves.
            await Task.Delay(random.Next(150), cancellation);
        }
    }

    private async Task ReadAsync(Random random, long reads, CancellationToken cancellation)
    {
        while (Judge.Reads < reads) await ReadAsync(random.Next(Plan.Keys), WholeOnly ? 0 : random.Next(100), cancellation);
    }

    private async Task ReadAsync(int key, int way, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(way is >= 80 and < 86 ? HttpMethod.Head : HttpMethod.Get, ConsistencyPlan.PathOf(key));
        if (way is >= 86 and < 92) request.Headers.Range = new RangeHeaderValue(0, 9);
        if (way is >= 92 and < 96) request.Headers.Range = new RangeHeaderValue(Plan.BodyBytes - 10, null);
        var floor = Judge.Floor(key);
        // A client that has the version before: 304 says that it is still right.
        if (way >= 96) request.Headers.IfNoneMatch.Add(new EntityTagHeaderValue($"\"{Math.Max(0, floor - 1)}\""));
        using var response = await Client.SendAsync(request, HttpCompletionOption.ResponseContentRead, cancellation);
        if (response.Headers.TryGetValues("Cache-Status", out var status) && status.Any(s => s.Contains("gateway; hit", StringComparison.Ordinal))) Interlocked.Increment(ref _hits);
        Judge.Seen(key, floor, await VersionAsync(response, floor, cancellation), $"{request.Method} {request.Headers.Range} {(int)response.StatusCode}");
    }

    private async Task<int> VersionAsync(HttpResponseMessage response, int floor, CancellationToken cancellation)
    {
        if (response.StatusCode == HttpStatusCode.NotModified) return Math.Max(0, floor - 1);
        Assert.True(response.StatusCode is HttpStatusCode.OK or HttpStatusCode.PartialContent, $"{(int)response.StatusCode}");
        var said = int.Parse(Assert.Single(response.Headers.GetValues("x-version")), CultureInfo.InvariantCulture);
        if (response.RequestMessage!.Method == HttpMethod.Head) return said;
        var body = await response.Content.ReadAsStringAsync(cancellation);
        Assert.Equal(response.StatusCode == HttpStatusCode.PartialContent ? 10 : Plan.BodyBytes, body.Length);
        // Head, beginning and end are of one version: nothing was put together from two.
        var (first, last) = (int.Parse(body.AsSpan(0, 10), CultureInfo.InvariantCulture), int.Parse(body.AsSpan(body.Length - 10), CultureInfo.InvariantCulture));
        Assert.True(first == last && first == said, $"head {said}, beginning {first}, end {last}");
        return first;
    }
}
