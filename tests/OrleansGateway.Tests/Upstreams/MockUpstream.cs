using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace OrleansGateway.Tests.Upstreams;

/// <summary>A provider on a loopback socket that answers what the test scripts, and notes all that reached it.</summary>
internal sealed class MockUpstream : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentQueue<Answer> _queued = new();
    private readonly Channel<ReceivedRequest> _arrivals = Channel.CreateUnbounded<ReceivedRequest>();
    private readonly ConcurrentQueue<ReceivedRequest> _requests = new();

    private MockUpstream(WebApplication app)
    {
        _app = app;
        app.Run(AnswerAsync);
    }

    /// <summary>Its root, without a path: <c>http://127.0.0.1:port</c>.</summary>
    public Uri Url { get; private set; } = null!;

    /// <summary>Its root with the version that providers' base addresses carry: <c>http://127.0.0.1:port/v1</c>.</summary>
    public Uri V1 => new(Url, "/v1");

    /// <summary>Answers when no answer is queued. Default: 404, so that a request nobody expected shows.</summary>
    public Func<ReceivedRequest, Answer> Handler { get; set; } = request => Answer.Json($$"""{"error":"nothing scripted for {{request.Path}}"}""", 404);

    /// <summary>All requests so far, in the order they came.</summary>
    public IReadOnlyList<ReceivedRequest> Requests => [.. _requests];

    public static async Task<MockUpstream> StartAsync(Func<ReceivedRequest, Answer>? handler = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0").ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = null);
        var upstream = new MockUpstream(builder.Build());
        if (handler is not null) upstream.Handler = handler;
        await upstream._app.StartAsync();
        upstream.Url = new Uri(upstream._app.Urls.Single());
        return upstream;
    }

    /// <summary>Answers the next request with this, the one after with the next one queued.</summary>
    public void Enqueue(Answer answer) => _queued.Enqueue(answer);

    /// <summary>Drops the answers that nobody has asked for.</summary>
    public void Forget() => _queued.Clear();

    /// <summary>The next request that no call has returned yet, once it is there.</summary>
    public ValueTask<ReceivedRequest> NextRequestAsync(CancellationToken cancellation) => _arrivals.Reader.ReadAsync(cancellation);

    /// <summary>Closes every connection, stalled ones too.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _app.DisposeAsync();
        _stopping.Dispose();
    }

    private async Task AnswerAsync(HttpContext http)
    {
        var aborted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var answered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var noticed = http.RequestAborted.Register(aborted.SetResult);
        var request = await ReadAsync(http, aborted.Task, answered.Task);
        // Taken before the request is announced: a test that has seen it may script the next.
        var answer = _queued.TryDequeue(out var queued) ? queued : Handler(request);
        _requests.Enqueue(request);
        _arrivals.Writer.TryWrite(request);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, _stopping.Token);
        try
        {
            await WriteAsync(http, answer, over.Token);
            await EndAsync(http, answer, over.Token);
            if (answer.End == AnswerEnd.Proper) answered.SetResult();
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            http.Abort();
        }
    }

    private static async Task<ReceivedRequest> ReadAsync(HttpContext http, Task aborted, Task answered)
    {
        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body, http.RequestAborted);
        var headers = http.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase);
        var path = http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        return new ReceivedRequest(http.Request.Method, path, headers, body.ToArray(), aborted, answered);
    }

    private static async Task WriteAsync(HttpContext http, Answer answer, CancellationToken over)
    {
        if (answer.HasHead)
        {
            http.Response.StatusCode = answer.Status;
            http.Response.ContentLength = answer.ContentLength;
            foreach (var (name, value) in answer.Headers) http.Response.Headers[name] = value;
        }

        for (var at = 0; at <= answer.Chunks.Count; at++)
        {
            if (answer.Gates.TryGetValue(at, out var gate))
            {
                if (answer.HasHead) await http.Response.Body.FlushAsync(over);
                await gate.WaitAsync(over);
            }

            if (at == answer.Chunks.Count) break;
            await http.Response.Body.WriteAsync(answer.Chunks[at], over);
            await http.Response.Body.FlushAsync(over);
        }
    }

    private static async Task EndAsync(HttpContext http, Answer answer, CancellationToken over)
    {
        switch (answer.End)
        {
            case AnswerEnd.Proper:
                await http.Response.CompleteAsync();
                break;
            case AnswerEnd.Cut:
                if (answer.HasHead) await http.Response.Body.FlushAsync(over);
                // Kestrel sends what was written, leaves out the end, and closes.
                throw new InvalidOperationException("The script cuts the answer here.");
            case AnswerEnd.Reset:
                http.Abort();
                break;
            case AnswerEnd.Stall:
                if (answer.HasHead) await http.Response.Body.FlushAsync(over);
                await Task.Delay(Timeout.Infinite, over);
                break;
        }
    }
}
