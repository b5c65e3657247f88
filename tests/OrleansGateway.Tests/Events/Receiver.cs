using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace OrleansGateway.Tests.Events;

/// <summary>A receiver of webhooks on loopback. It keeps what it was sent, and answers as the test says.</summary>
internal sealed class Receiver : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Channel<Received> _received = Channel.CreateUnbounded<Received>();

    private Receiver(WebApplication app)
    {
        _app = app;
        Url = new Uri(LoopbackApp.AddressOf(app), "/hook/of-the-receiver");
    }

    public Uri Url { get; }

    /// <summary>Answers a request; default 204.</summary>
    public Func<HttpContext, Received, Task> Answer { get; set; } = static (http, _) =>
    {
        http.Response.StatusCode = 204;
        return Task.CompletedTask;
    };

    /// <summary>All requests until now.</summary>
    public List<Received> All { get; } = [];

    public static async Task<Receiver> StartAsync()
    {
        Receiver? receiver = null;
        return receiver = new Receiver(await LoopbackApp.StartAsync(app => app.Run(http => receiver!.TakeAsync(http))));
    }

    /// <summary>Waits for the next request.</summary>
    public ValueTask<Received> NextAsync() => _received.Reader.ReadAsync(TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task TakeAsync(HttpContext http)
    {
        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body);
        var received = new Received(
            (string)http.Request.Headers["webhook-id"]!, (string)http.Request.Headers["webhook-timestamp"]!, (string)http.Request.Headers["webhook-signature"]!, body.ToArray());
        lock (All) All.Add(received);
        await Answer(http, received);
        _received.Writer.TryWrite(received);
    }
}

/// <summary>A request as the receiver had it.</summary>
internal sealed record Received(string Id, string Timestamp, string Signatures, byte[] Body)
{
    public JsonElement Json => JsonElement.Parse(Body);

    public string Type => Json.GetProperty("type").GetString()!;

    public string? Tenant => Json.TryGetProperty("tenant", out var tenant) ? tenant.GetString() : null;

    public long Sequence => Json.GetProperty("sequence").GetInt64();

    /// <summary>Whether one of the signatures is by that secret, reckoned as the specification says, apart from the gateway's code.</summary>
    public bool IsSignedBy(string secret)
    {
        using var mac = new HMACSHA256(Convert.FromBase64String(secret["whsec_".Length..]));
        var expected = Convert.ToBase64String(mac.ComputeHash([.. Encoding.UTF8.GetBytes(Id + "." + Timestamp + "."), .. Body]));
        return Signatures.Split(' ').Contains("v1," + expected);
    }
}
