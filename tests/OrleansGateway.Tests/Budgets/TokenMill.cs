using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace OrleansGateway.Tests.Budgets;

/// <summary>
/// A provider on a loopback socket that bills by its own count: so many tokens for each request, and one for each word that it has made, whether anyone took it or not. It makes as many
/// as it is told, or <see cref="Usual"/>.
/// </summary>
internal sealed class TokenMill : IAsyncDisposable
{
    /// <summary>Tokens that it counts for what it is asked, whatever that is.</summary>
    public const int InputTokens = 5;

    private const string Word = "word ";

    private readonly WebApplication _app;
    private readonly CancellationTokenSource _stopping = new();
    private int _requests;
    private int _inFlight;
    private int _most;
    private long _output;

    private TokenMill(WebApplication app)
    {
        _app = app;
        app.Run(ServeAsync);
    }

    public Uri V1 { get; private set; } = null!;

    /// <summary>Words of an answer whose length nobody has stated.</summary>
    public int Usual { get; set; } = 200;

    /// <summary>Waited for before an answer is made.</summary>
    public Func<Task> Gate { get; set; } = () => Task.CompletedTask;

    /// <summary>Waited for after each word of a stream.</summary>
    public Func<int, Task> Pace { get; set; } = _ => Task.CompletedTask;

    /// <summary>Whether it says what it has billed.</summary>
    public bool TellsUsage { get; set; } = true;

    /// <summary>Answers with this error instead; none for answers.</summary>
    public int? FailsWith { get; set; }

    public int Requests => Volatile.Read(ref _requests);

    public int InFlight => Volatile.Read(ref _inFlight);

    /// <summary>Most requests that were there at once.</summary>
    public int MostInFlight => Volatile.Read(ref _most);

    public long Output => Volatile.Read(ref _output);

    public ConcurrentQueue<JsonElement> Bodies { get; } = [];

    /// <summary>What it bills, in nano-dollars, for 1 USD for a million tokens of input and 10 USD for a million of output.</summary>
    public long Bill => (Requests * InputTokens * 1L + Output * 10) * 1_000;

    public static async Task<TokenMill> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var mill = new TokenMill(builder.Build());
        await mill._app.StartAsync();
        mill.V1 = new Uri(mill._app.Urls.Single() + "/v1");
        return mill;
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _app.DisposeAsync();
        _stopping.Dispose();
    }

    private async Task ServeAsync(HttpContext http)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, _stopping.Token);
        using var reader = new StreamReader(http.Request.Body);
        var text = await reader.ReadToEndAsync(over.Token);
        Interlocked.Increment(ref _requests);
        var now = Interlocked.Increment(ref _inFlight);
        for (var most = _most; now > most; most = _most) Interlocked.CompareExchange(ref _most, now, most);
        try
        {
            var body = text.StartsWith('{') ? JsonElement.Parse(text) : default;
            Bodies.Enqueue(body);
            await Gate().WaitAsync(over.Token);
            await AnswerAsync(http, body, over.Token);
        }
        catch (OperationCanceledException)
        {
            http.Abort();
        }
        finally
        {
            Interlocked.Decrement(ref _inFlight);
        }
    }

    private async Task AnswerAsync(HttpContext http, JsonElement body, CancellationToken over)
    {
        var isAnthropic = http.Request.Path.Value!.EndsWith("/messages", StringComparison.Ordinal);
        if (FailsWith is { } status) http.Response.StatusCode = status;
        else if (body.ValueKind != JsonValueKind.Object) await http.Response.WriteAsync("plain", over);
        else if (body.TryGetProperty("stream", out var stream) && stream.GetBoolean()) await StreamAsync(http, WordsOf(body), isAnthropic, over);
        else await WholeAsync(http, WordsOf(body), isAnthropic, over);
    }

    private int WordsOf(JsonElement body) => body.TryGetProperty("max_tokens", out var max) || body.TryGetProperty("max_completion_tokens", out max) ? max.GetInt32() : Usual;

    private async Task WholeAsync(HttpContext http, int words, bool isAnthropic, CancellationToken over)
    {
        Interlocked.Add(ref _output, words);
        var text = string.Concat(Enumerable.Repeat(Word, words));
        http.Response.ContentType = "application/json";
        var answer = isAnthropic
            ? $$$"""{"id":"m1","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"{{{text}}}"}],"stop_reason":"end_turn","usage":{"input_tokens":{{{InputTokens}}},"output_tokens":{{{words}}}}}"""
            : $$"""{"id":"c1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"{{text}}"},"finish_reason":"stop"}]{{Usage(words)}}}""";
        await http.Response.WriteAsync(answer, over);
    }

    private async Task StreamAsync(HttpContext http, int words, bool isAnthropic, CancellationToken over)
    {
        http.Response.ContentType = "text/event-stream";
        if (isAnthropic)
        {
            await SayAsync(http, "message_start", $$$$"""{"type":"message_start","message":{"id":"m1","type":"message","role":"assistant","model":"m","content":[],"usage":{"input_tokens":{{{{InputTokens}}}},"output_tokens":0}}}""", over);
            await SayAsync(http, "content_block_start", """{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}""", over);
        }

        for (var i = 0; i < words; i++)
        {
            over.ThrowIfCancellationRequested();
            Interlocked.Increment(ref _output);
            if (isAnthropic) await SayAsync(http, "content_block_delta", $$$"""{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"{{{Word}}}"}}""", over);
            else await SayAsync(http, null, Chunk($$$"""{"index":0,"delta":{"content":"{{{Word}}}"},"finish_reason":null}"""), over);
            await Pace(i).WaitAsync(over);
        }

        await EndAsync(http, words, isAnthropic, over);
    }

    private async Task EndAsync(HttpContext http, int words, bool isAnthropic, CancellationToken over)
    {
        if (isAnthropic)
        {
            await SayAsync(http, "content_block_stop", """{"type":"content_block_stop","index":0}""", over);
            await SayAsync(http, "message_delta", $$$"""{"type":"message_delta","delta":{"stop_reason":"{{{(words < Usual ? "max_tokens" : "end_turn")}}}"},"usage":{"output_tokens":{{{words}}}}}""", over);
            await SayAsync(http, "message_stop", """{"type":"message_stop"}""", over);
            return;
        }

        await SayAsync(http, null, Chunk($$"""{"index":0,"delta":{},"finish_reason":"{{(words < Usual ? "length" : "stop")}}"}"""), over);
        if (TellsUsage) await SayAsync(http, null, Chunk("")[..^1] + Usage(words) + "}", over);
        await SayAsync(http, null, "[DONE]", over);
    }

    private string Usage(int words) =>
        TellsUsage ? $$$""","usage":{"prompt_tokens":{{{InputTokens}}},"completion_tokens":{{{words}}},"total_tokens":{{{InputTokens + words}}}}""" : "";

    private static string Chunk(string choice) => $$"""{"id":"c1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{{choice}}]}""";

    private static async Task SayAsync(HttpContext http, string? name, string data, CancellationToken over)
    {
        var text = (name is null ? "" : $"event: {name}\n") + $"data: {data}\n\n";
        await http.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(text), over);
        await http.Response.Body.FlushAsync(over);
    }
}
