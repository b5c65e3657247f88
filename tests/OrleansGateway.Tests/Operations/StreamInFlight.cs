using System.Net;
using System.Text;
using OrleansGateway.Tests.Upstreams;

namespace OrleansGateway.Tests.Operations;

/// <summary>A streamed answer whose beginning has reached the client, and whose end is yet to come.</summary>
internal sealed class StreamInFlight : IDisposable
{
    private const string Beginning = """
        data: {"id":"chat-1","object":"chat.completion.chunk","created":1,"model":"slow","choices":[{"index":0,"delta":{"role":"assistant","content":"one"},"finish_reason":null}]}


        """;

    private const string Rest = """
        data: {"id":"chat-1","object":"chat.completion.chunk","created":1,"model":"slow","choices":[{"index":0,"delta":{"content":" two"},"finish_reason":"stop"}]}

        data: [DONE]


        """;

    private readonly HttpResponseMessage _response;
    private readonly Stream _body;

    private StreamInFlight(HttpResponseMessage response, Stream body) => (_response, _body) = (response, body);

    /// <summary>Version of the configuration that serves it.</summary>
    public string Version => GatewayCalls.VersionOf(_response);

    /// <summary>What the provider answers: a beginning, and the rest once the gate opens.</summary>
    public static Answer Answer(Task gate) => Upstreams.Answer.Stream([Beginning, Rest]).WaitBefore(1, gate);

    /// <summary>Asks for a stream and reads its beginning.</summary>
    public static async Task<StreamInFlight> OpenAsync(HttpClient client, Uri gateway, CancellationToken cancellation, string model = "slow", string said = "hello")
    {
        using var request = GatewayCalls.Chat(gateway, model, said, stream: true);
        var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var stream = new StreamInFlight(response, await response.Content.ReadAsStreamAsync(cancellation));
        var first = new byte[Encoding.UTF8.GetByteCount(Beginning)];
        await stream._body.ReadExactlyAsync(first, cancellation);
        Assert.Equal(Beginning, Encoding.UTF8.GetString(first));
        return stream;
    }

    /// <summary>Reads on to the end, which must be the right one.</summary>
    public async Task FinishAsync(CancellationToken cancellation)
    {
        using var reader = new StreamReader(_body);
        Assert.Equal(Rest, await reader.ReadToEndAsync(cancellation));
    }

    /// <summary>Reads on until the connection breaks, which it must do before the end.</summary>
    public async Task BreakAsync(CancellationToken cancellation)
    {
        using var reader = new StreamReader(_body);
        await Assert.ThrowsAnyAsync<IOException>(() => reader.ReadToEndAsync(cancellation));
    }

    public void Dispose() => _response.Dispose();
}
