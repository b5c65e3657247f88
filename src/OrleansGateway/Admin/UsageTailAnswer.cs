using System.Buffers;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Hosting;
using OrleansGateway.Usage;
using OrleansGateway.Usage.Reading;

namespace OrleansGateway.Admin;

/// <summary>
/// Records as they are written, as server-sent events: <c>event: record</c> with the record as JSON, <c>event: lost</c> with how many found no room since it was last said,
/// and a comment now and then, so that either side notices when the other has gone. The id of an event is a cursor of <c>GET /usage/records</c>: what a reader missed is asked for
/// there, so that <c>Last-Event-ID</c> need not be looked at here.
/// </summary>
internal sealed class UsageTailAnswer(UsageTail.Watcher watcher, bool toTenant, TimeProvider time) : IResult
{
    public const string EventStream = "text/event-stream";

    private const int PieceBytes = 16 << 10;
    private static readonly TimeSpan s_heartbeat = TimeSpan.FromSeconds(15);

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        using var watched = watcher;
        // It has no end of its own, and would hold up the end of the program.
        var stopping = httpContext.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        using var either = CancellationTokenSource.CreateLinkedTokenSource(httpContext.RequestAborted, stopping);
        httpContext.Response.ContentType = EventStream;
        var piece = new ArrayBufferWriter<byte>(2 * PieceBytes);
        piece.Write(": from now on\n\n"u8);
        try
        {
            while (true)
            {
                await httpContext.Response.BodyWriter.WriteAsync(piece.WrittenMemory, either.Token);
                piece.ResetWrittenCount();
                await FillAsync(piece, either.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // That is how it ends.
        }
    }

    private async Task FillAsync(ArrayBufferWriter<byte> piece, CancellationToken cancellation)
    {
        if (!await WaitAsync(cancellation))
        {
            piece.Write(": still there\n\n"u8);
            return;
        }

        while (piece.WrittenCount < PieceBytes && watcher.Records.TryRead(out var record)) Write(piece, record);
        if (watcher.TakeLost() is > 0 and var lost) Encoding.UTF8.GetBytes($"event: lost\ndata: {{\"lost\":{lost}}}\n\n", piece);
    }

    private async Task<bool> WaitAsync(CancellationToken cancellation)
    {
        using var heartbeat = new CancellationTokenSource(s_heartbeat, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(heartbeat.Token, cancellation);
        try
        {
            return await watcher.Records.WaitToReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return false;
        }
    }

    private void Write(ArrayBufferWriter<byte> piece, UsageRecord record)
    {
        Encoding.UTF8.GetBytes($"event: record\nid: {UsageCursorText.Of(record)}\ndata: ", piece);
        using (var json = new Utf8JsonWriter(piece)) JsonSerializer.Serialize(json, UsageRecordDocument.Of(record, toTenant), AdminJson.Default.UsageRecordDocument);
        piece.Write("\n\n"u8);
    }
}
