using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OrleansGateway.Tests.Forwarding;

namespace OrleansGateway.Cluster.Tests.Faults;

/// <summary>
/// What stands behind a cluster: a provider that bills by its own count, input tokens once a call has come and output tokens as it makes them, whoever still listens; and pages that have
/// a version each. Calls are named by the id that the gateway gives them. The tenant is the last word of what is said.
/// </summary>
internal sealed class BilledUpstream : IAsyncDisposable
{
    /// <summary>Pages whose changes are told by a purge.</summary>
    public const int PurgedPages = 8;

    /// <summary>All pages; changes of the others are told by a message.</summary>
    public const int Pages = PurgedPages + 4;

    /// <summary>Output tokens of an answer that comes whole.</summary>
    public const int WholeTokens = 10;

    /// <summary>Output tokens of a stream.</summary>
    public const int StreamTokens = 30;

    private const int InputTokens = 7;

    private static readonly TimeSpan s_pace = TimeSpan.FromMilliseconds(10);

    private readonly ConcurrentDictionary<string, BilledCall> _calls = new();
    private readonly ConcurrentDictionary<string, Crowd> _crowds = new();
    private readonly ConcurrentQueue<string> _repeated = new();
    private readonly int[] _versions = new int[Pages];
    private OriginServer _server = null!;
    private int _busy;

    public Uri Url => _server.Url;

    /// <summary>Calls that it is still answering.</summary>
    public int Busy => Volatile.Read(ref _busy);

    /// <summary>Calls that came twice under one id.</summary>
    public IReadOnlyCollection<string> Repeated => _repeated;

    public static async Task<BilledUpstream> StartAsync()
    {
        var upstream = new BilledUpstream();
        upstream._server = await OriginServer.StartAsync(upstream.AnswerAsync);
        return upstream;
    }

    /// <summary>What a call has cost at 1 and 2 USD per million tokens, in nano-dollars; 0 if it never came.</summary>
    public long BillOf(string call) => _calls.TryGetValue(call, out var found) ? found.Nano : 0;

    /// <summary>Bills of a tenant's calls, by their ids.</summary>
    public Dictionary<string, long> BillsOf(string tenant) => _calls.Where(c => c.Value.Tenant == tenant).ToDictionary(c => c.Key, c => c.Value.Nano);

    /// <summary>The most calls of a tenant that were there at once.</summary>
    public int MostAtOnce(string tenant) => _crowds.TryGetValue(tenant, out var crowd) ? crowd.Most : 0;

    /// <summary>The next version of a page, which all requests see that come from now on.</summary>
    public int Change(int page) => Interlocked.Increment(ref _versions[page]);

    public int VersionOf(int page) => Volatile.Read(ref _versions[page]);

    public static string TagOf(int page) => string.Create(CultureInfo.InvariantCulture, $"page-{page}");

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task AnswerAsync(HttpContext http)
    {
        try
        {
            if (HttpMethods.IsGet(http.Request.Method)) await ServePageAsync(http);
            else await ServeCallAsync(http);
        }
        catch (Exception gone) when (gone is OperationCanceledException or IOException)
        {
            // Billed is what was made.
        }
    }

    private async Task ServePageAsync(HttpContext http)
    {
        var page = int.Parse(http.Request.Path.Value.AsSpan(http.Request.Path.Value!.LastIndexOf('/') + 1), CultureInfo.InvariantCulture);
        var version = Volatile.Read(ref _versions[page]);
        // What it says may be old by the time that it says it.
        await Task.Delay(s_pace, http.RequestAborted);
        (http.Response.Headers.CacheControl, http.Response.Headers["Cache-Tag"]) = ("max-age=3600", TagOf(page));
        await http.Response.WriteAsync(version.ToString(CultureInfo.InvariantCulture), http.RequestAborted);
    }

    private async Task ServeCallAsync(HttpContext http)
    {
        var body = (await JsonDocument.ParseAsync(http.Request.Body, default, http.RequestAborted)).RootElement;
        var call = new BilledCall(body.GetProperty("messages")[0].GetProperty("content").GetString()!.Split(' ')[^1]);
        var id = http.Request.Headers["X-Client-Request-Id"].ToString();
        if (!_calls.TryAdd(id, call)) _repeated.Enqueue(id);
        var crowd = _crowds.GetOrAdd(call.Tenant, static _ => new Crowd());
        Interlocked.Increment(ref _busy);
        crowd.Enter();
        try
        {
            if (body.TryGetProperty("stream", out var stream) && stream.GetBoolean()) await StreamAsync(http, call);
            else await WholeAsync(http, call);
        }
        finally
        {
            crowd.Leave();
            Interlocked.Decrement(ref _busy);
        }
    }

    private static async Task WholeAsync(HttpContext http, BilledCall call)
    {
        await Task.Delay(2 * s_pace, http.RequestAborted);
        call.Make(WholeTokens);
        http.Response.ContentType = "application/json";
        await http.Response.WriteAsync(
            $$"""{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"x"},"finish_reason":"stop"}],{{Usage(WholeTokens)}}}""",
            http.RequestAborted);
    }

    private static async Task StreamAsync(HttpContext http, BilledCall call)
    {
        http.Response.ContentType = "text/event-stream";
        for (var i = 0; i < StreamTokens; i++)
        {
            call.Make(1);
            await SayAsync(http, """{"index":0,"delta":{"content":"x"},"finish_reason":null}""", "");
            await Task.Delay(s_pace, http.RequestAborted);
        }

        await SayAsync(http, """{"index":0,"delta":{},"finish_reason":"stop"}""", "");
        await SayAsync(http, "", "," + Usage(StreamTokens));
        await http.Response.Body.WriteAsync("data: [DONE]\n\n"u8.ToArray(), http.RequestAborted);
    }

    private static string Usage(int output) =>
        string.Create(CultureInfo.InvariantCulture, $$"""
        "usage":{"prompt_tokens":{{InputTokens}},"completion_tokens":{{output}},"total_tokens":{{InputTokens + output}}}
        """);

    private static async Task SayAsync(HttpContext http, string choice, string more)
    {
        await http.Response.Body.WriteAsync(
            Encoding.UTF8.GetBytes($"data: {{\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[{choice}]{more}}}\n\n"), http.RequestAborted);
        await http.Response.Body.FlushAsync(http.RequestAborted);
    }

    private sealed class BilledCall(string tenant)
    {
        private int _output;

        public string Tenant => tenant;

        public long Nano => 1_000L * InputTokens + 2_000L * Volatile.Read(ref _output);

        public void Make(int tokens) => Interlocked.Add(ref _output, tokens);
    }

    private sealed class Crowd
    {
        private int _now;
        private int _most;

        public int Most => Volatile.Read(ref _most);

        public void Enter()
        {
            var now = Interlocked.Increment(ref _now);
            for (var most = Most; now > most; most = Most) Interlocked.CompareExchange(ref _most, now, most);
        }

        public void Leave() => Interlocked.Decrement(ref _now);
    }
}
