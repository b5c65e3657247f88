using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Http;
using OrleansGateway.Tests.Forwarding;

namespace OrleansGateway.Tests.Budgets;

/// <summary>
/// A provider that bills what it did, by its own count: input tokens once a request has come, output tokens as it sends them, whoever still listens. Requests are named by the id that the
/// gateway gives them.
/// </summary>
internal sealed class BillingProvider : IAsyncDisposable
{
    /// <summary>Input tokens it counts for each request.</summary>
    public const int InputTokens = 7;

    private readonly ConcurrentDictionary<string, int> _output = new();
    private readonly TimeSpan _pace;
    private readonly int _tokens;
    private OriginServer _server = null!;
    private int _busy;

    private BillingProvider(int tokens, TimeSpan pace) => (_tokens, _pace) = (tokens, pace);

    public Uri Url => _server.Url;

    /// <summary>Requests that it is still answering.</summary>
    public int Busy => Volatile.Read(ref _busy);

    /// <summary>Requests that came.</summary>
    public int Requests => _output.Count;

    /// <param name="tokens">Output tokens of each answer.</param>
    /// <param name="pace">Time between two of them.</param>
    public static async Task<BillingProvider> StartAsync(int tokens, TimeSpan pace)
    {
        var provider = new BillingProvider(tokens, pace);
        provider._server = await OriginServer.StartAsync(provider.AnswerAsync);
        return provider;
    }

    /// <summary>What a request has cost at 1 and 2 USD per million tokens, in nano-dollars; 0 if it never came.</summary>
    public long BillOf(string request) => _output.TryGetValue(request, out var output) ? CostOf(output) : 0;

    /// <summary>What all have cost.</summary>
    public long Bill() => _output.Values.Sum(CostOf);

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private static long CostOf(int output) => 1_000L * InputTokens + 2_000L * output;

    private async Task AnswerAsync(HttpContext http)
    {
        Interlocked.Increment(ref _busy);
        try
        {
            var request = http.Request.Headers["X-Client-Request-Id"].ToString();
            await http.Request.Body.CopyToAsync(Stream.Null, http.RequestAborted);
            Assert.True(_output.TryAdd(request, 0), $"{request} came twice");
            http.Response.ContentType = "text/event-stream";
            for (var i = 0; i < _tokens; i++)
            {
                await SayAsync(http, """{"choices":[{"index":0,"delta":{"content":"x"},"finish_reason":null}]}""");
                _output[request]++;
                await Task.Delay(_pace, http.RequestAborted);
            }

            await SayAsync(http, """{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}""");
            await SayAsync(http, string.Create(CultureInfo.InvariantCulture, $$"""{"choices":[],"usage":{"prompt_tokens":{{InputTokens}},"completion_tokens":{{_tokens}},"total_tokens":{{InputTokens + _tokens}} } }"""));
            await http.Response.Body.WriteAsync("data: [DONE]\n\n"u8.ToArray(), http.RequestAborted);
        }
        catch (Exception gone) when (gone is OperationCanceledException or IOException)
        {
            // Billed is what was sent.
        }
        finally
        {
            Interlocked.Decrement(ref _busy);
        }
    }

    private static async Task SayAsync(HttpContext http, string json)
    {
        var chunk = json.Replace("{\"choices\"", "{\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\"", StringComparison.Ordinal);
        await http.Response.Body.WriteAsync(Encoding.UTF8.GetBytes($"data: {chunk}\n\n"), http.RequestAborted);
        await http.Response.Body.FlushAsync(http.RequestAborted);
    }
}
