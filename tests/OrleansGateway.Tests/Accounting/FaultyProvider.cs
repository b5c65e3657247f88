using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace OrleansGateway.Tests.Accounting;

/// <summary>What a provider does with a request.</summary>
internal enum ProviderFault
{
    None,

    /// <summary>Says 500, and bills nothing.</summary>
    Fails,

    /// <summary>Takes the request and says nothing until the gateway has had enough; bills what it has read.</summary>
    Stalls,

    /// <summary>Closes the connection in the middle of the head, and bills nothing.</summary>
    CutsInHead,

    /// <summary>Closes it behind the head, and bills, as all that follow, what it has sent whole.</summary>
    CutsBehindHead,

    CutsInFirstEvent,

    CutsBehindFirstEvent,

    CutsInTheMiddle,

    CutsBeforeUsage,

    CutsBeforeDone,
}

/// <summary>
/// A provider that keeps a bill of its own, and fails now and then. It bills the tokens of the request and of each word that it makes, at 1 and 10 USD for a million; its words are one
/// token each in o200k_base. Speaks on plain sockets, that a stream it cuts off ends where it says.
/// </summary>
internal sealed class FaultyProvider : IAsyncDisposable
{
    /// <summary>Tokens of <c>Hi</c> from a user, with what the format of chats adds.</summary>
    public const int InputTokens = 8;

    private const string Word = """{"id":"c1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":" word"},"finish_reason":null}]}""";

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly Func<int, ProviderFault> _fault;
    private readonly Task _accepting;
    private int _requests;
    private int _failed;
    private int _cut;
    private int _stalled;
    private long _output;
    private long _billed;

    /// <param name="fault">What becomes of the request of that number.</param>
    public FaultyProvider(Func<int, ProviderFault> fault)
    {
        _fault = fault;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public Uri V1 => new($"http://{_listener.LocalEndpoint}/v1");

    public int Requests => Volatile.Read(ref _requests);

    public int Failed => Volatile.Read(ref _failed);

    /// <summary>Streams that it has cut off.</summary>
    public int Cut => Volatile.Read(ref _cut);

    /// <summary>Requests that it has not answered.</summary>
    public int Stalled => Volatile.Read(ref _stalled);

    /// <summary>Nano-dollars.</summary>
    public long Bill => (Interlocked.Read(ref _billed) * InputTokens + Interlocked.Read(ref _output) * 10) * 1_000;

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Stop();
        await _accepting;
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        var serving = new List<Task>();
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptSocketAsync(_stopping.Token);
                serving.Add(Task.Run(() => ServeAsync(socket)));
                serving.RemoveAll(t => t.IsCompleted);
            }
        }
        catch (Exception over) when (over is OperationCanceledException or SocketException)
        {
            await Task.WhenAll(serving);
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        await using var stream = new NetworkStream(socket, ownsSocket: true);
        try
        {
            while (await ReadAsync(stream) is { } body)
            {
                var fault = _fault(Interlocked.Increment(ref _requests));
                if (fault == ProviderFault.Fails)
                {
                    Interlocked.Increment(ref _failed);
                    await WriteAsync(stream, "HTTP/1.1 500 Internal Server Error\r\nContent-Type: application/json\r\nContent-Length: 28\r\n\r\n{\"error\":{\"message\":\"oops\"}}");
                    continue;
                }

                if (fault == ProviderFault.Stalls)
                {
                    Interlocked.Increment(ref _billed);
                    Interlocked.Increment(ref _stalled);
                    await stream.ReadAtLeastAsync(new byte[1], 1, throwOnEndOfStream: false, _stopping.Token);
                    return;
                }

                if (fault == ProviderFault.CutsInHead)
                {
                    Interlocked.Increment(ref _cut);
                    await WriteAsync(stream, "HTTP/1.1 200 OK\r\nContent-Ty");
                    socket.Shutdown(SocketShutdown.Send);
                    return;
                }

                Interlocked.Increment(ref _billed);
                var words = body.GetProperty("max_tokens").GetInt32();
                if (!body.TryGetProperty("stream", out var isStream) || !isStream.GetBoolean()) await WholeAsync(stream, words);
                else if (!await StreamAsync(stream, words, fault))
                {
                    Interlocked.Increment(ref _cut);
                    socket.Shutdown(SocketShutdown.Send);
                    return;
                }
            }
        }
        catch (Exception gone) when (gone is IOException or OperationCanceledException or SocketException)
        {
            // Whoever asked is gone; what was made is billed.
        }
    }

    private static string Words(int count) => string.Concat(Enumerable.Repeat(" word", count));

    private static string Usage(int words) => $$"""{"prompt_tokens":{{InputTokens}},"completion_tokens":{{words}},"total_tokens":{{InputTokens + words}}}""";

    private async Task WholeAsync(Stream stream, int words)
    {
        Interlocked.Add(ref _output, words);
        var answer = $$"""{"id":"c1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"{{Words(words)}}"},"finish_reason":"stop"}],"usage":{{Usage(words)}}}""";
        await WriteAsync(stream, $"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {answer.Length}\r\n\r\n{answer}");
    }

    // Whether it came to its end.
    private async Task<bool> StreamAsync(Stream stream, int words, ProviderFault fault)
    {
        var sent = fault switch
        {
            ProviderFault.CutsBehindHead or ProviderFault.CutsInFirstEvent => 0,
            ProviderFault.CutsBehindFirstEvent => 1,
            ProviderFault.CutsInTheMiddle => words / 2,
            _ => words,
        };
        await WriteAsync(stream, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
        for (var i = 0; i < sent; i++)
        {
            await SayAsync(stream, Word);
            Interlocked.Increment(ref _output);
        }

        if (fault == ProviderFault.CutsInFirstEvent) await WriteAsync(stream, string.Create(CultureInfo.InvariantCulture, $"{Word.Length + 8:x}\r\ndata: {Word[..(Word.Length / 2)]}"));
        if (fault is not (ProviderFault.None or ProviderFault.CutsBeforeUsage or ProviderFault.CutsBeforeDone)) return false;
        await SayAsync(stream, """{"id":"c1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}""");
        if (fault == ProviderFault.CutsBeforeUsage) return false;
        await SayAsync(stream, $$"""{"id":"c1","object":"chat.completion.chunk","created":1,"model":"m","choices":[],"usage":{{Usage(words)}}}""");
        if (fault == ProviderFault.CutsBeforeDone) return false;
        await SayAsync(stream, "[DONE]");
        await WriteAsync(stream, "0\r\n\r\n");
        return true;
    }

    private Task SayAsync(Stream stream, string data) => WriteAsync(stream, string.Create(CultureInfo.InvariantCulture, $"{data.Length + 8:x}\r\ndata: {data}\n\n\r\n"));

    private async Task WriteAsync(Stream stream, string text) => await stream.WriteAsync(Encoding.ASCII.GetBytes(text), _stopping.Token);

    private async Task<JsonElement?> ReadAsync(Stream stream)
    {
        var (bytes, length) = (new byte[16_384], 0);
        while (true)
        {
            var text = Encoding.ASCII.GetString(bytes, 0, length);
            var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (end >= 0)
            {
                var name = text.IndexOf("content-length:", StringComparison.OrdinalIgnoreCase);
                var size = int.Parse(text.AsSpan(name + 15, text.IndexOf('\r', name) - name - 15), CultureInfo.InvariantCulture);
                if (length >= end + 4 + size) return JsonElement.Parse(text.AsSpan(end + 4, size));
            }

            var read = await stream.ReadAsync(bytes.AsMemory(length), _stopping.Token);
            if (read == 0) return null;
            length += read;
        }
    }
}
