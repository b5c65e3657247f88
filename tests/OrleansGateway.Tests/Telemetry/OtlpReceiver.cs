using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace OrleansGateway.Tests.Telemetry;

/// <summary>A collector on loopback that takes OTLP as protocol buffers over HTTP, and as gRPC, and keeps what it got.</summary>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<(string Path, string Headers, byte[] Body)> _requests = new();
    private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private OtlpReceiver(WebApplication app)
    {
        _app = app;
        app.Run(AnswerAsync);
    }

    public Uri Http { get; private set; } = null!;
    public Uri Grpc { get; private set; } = null!;

    /// <summary>What it answers.</summary>
    public int Status { get; set; } = 200;

    /// <summary>Answers wait for this.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    /// <summary>Completes when something has come.</summary>
    public Task First => _first.Task;

    public IReadOnlyList<(string Path, string Headers, byte[] Body)> Requests => [.. _requests];

    public IReadOnlyList<ReceivedSpan> Spans =>
        [.. _requests.Where(r => r.Path.Contains("race", StringComparison.Ordinal)).SelectMany(r => ReceivedSpan.In(new ProtoMessage(r.Body)))];

    /// <summary>Every metric received, by name, with the number of its kind's field.</summary>
    public ILookup<string, ProtoMessage> Metrics =>
        (from request in _requests
         where request.Path.Contains("etric", StringComparison.Ordinal)
         from resource in new ProtoMessage(request.Body).All(1)
         from scope in resource.All(2)
         from metric in scope.All(2)
         select metric).ToLookup(m => m.Text(1));

    public static async Task<OtlpReceiver> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1);
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2);
        });
        var receiver = new OtlpReceiver(builder.Build());
        await receiver._app.StartAsync();
        var urls = receiver._app.Urls.ToArray();
        (receiver.Http, receiver.Grpc) = (new Uri(urls[0]), new Uri(urls[1]));
        return receiver;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext http)
    {
        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body, http.RequestAborted);
        var isGrpc = http.Request.ContentType == "application/grpc";
        var bytes = body.ToArray();
        if (isGrpc) Assert.Equal(bytes.Length - 5, (int)BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(1)));
        _requests.Enqueue((http.Request.Path, string.Join('\n', http.Request.Headers.Select(h => $"{h.Key}: {h.Value}")), isGrpc ? bytes[5..] : bytes));
        _first.TrySetResult();
        await Gate.WaitAsync(http.RequestAborted);
        http.Response.StatusCode = Status;
        if (!isGrpc) return;
        http.Response.ContentType = "application/grpc";
        await http.Response.Body.WriteAsync(new byte[5], http.RequestAborted);
        http.Response.AppendTrailer("grpc-status", "0");
    }
}
