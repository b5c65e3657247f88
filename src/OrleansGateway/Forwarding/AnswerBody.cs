using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Http.Features;
using OrleansGateway.Http;
using OrleansGateway.Upstream;

namespace OrleansGateway.Forwarding;

/// <summary>
/// Carries the body of an answer to the client piece by piece as it comes: nothing piles up, and what the upstream sends now the client has now. Trailers go
/// with it to those who take them.
/// </summary>
internal sealed class AnswerBody(Exchange exchange, UpstreamResponse from, Deadline deadline, IAnswerWatch? watch)
{
    private const int FirstBytes = 4 << 10;
    private const int BytesMax = 64 << 10;

    private readonly HttpResponse _response = exchange.Http.Response;
    private bool _isFramedHere;

    /// <summary>Whether the client is what is waited for.</summary>
    public bool AwaitsClient { get; private set; }

    /// <summary>Carries all of it. Throws as <see cref="UpstreamResponse.ReadAsync"/> does, and if the client does not take it.</summary>
    public async ValueTask CopyAsync()
    {
        _isFramedHere = MustFrame();
        if (_isFramedHere) _response.Headers.TransferEncoding = "chunked";
        var buffer = ArrayPool<byte>.Shared.Rent(FirstBytes);
        try
        {
            while (await ReadAsync(buffer) is > 0 and var bytes)
            {
                // Where both ends are fast there is always more: other connections' turn.
                if (bytes >= SocketThreads.BulkBytes) await SocketThreads.Leave();
                watch?.Piece(buffer.AsSpan(0, bytes));
                await WriteAsync(buffer.AsMemory(0, bytes));
                // One that is filled is too small; a stream of small events keeps a small one.
                if (bytes == buffer.Length && bytes < BytesMax) buffer = Larger(buffer);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        await EndAsync();
        watch?.Completed();
    }

    private ValueTask<int> ReadAsync(byte[] buffer)
    {
        deadline.AwaitNext();
        var reading = from.ReadAsync(buffer, deadline.Token);
        // The head is not held back until there is a body: a stream's client waits for it.
        return reading.IsCompleted || _response.HasStarted ? reading : BeginAsync(reading);
    }

    private async ValueTask<int> BeginAsync(ValueTask<int> reading)
    {
        var bytes = reading.AsTask();
        try
        {
            await _response.StartAsync(deadline.Token);
            await _response.BodyWriter.FlushAsync(deadline.Token);
        }
        catch
        {
            // Whoever reads must have let go of the buffer before it goes to another.
            deadline.Cancel();
            await ((Task)bytes).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }

        return await bytes;
    }

    private async ValueTask WriteAsync(ReadOnlyMemory<byte> piece)
    {
        var writing = _isFramedHere ? WriteChunkAsync(piece) : _response.BodyWriter.WriteAsync(piece, deadline.Token);
        if (writing.IsCompletedSuccessfully)
        {
            Check(await writing);
            return;
        }

        // A client that takes nothing for as long as an upstream may be silent is gone.
        deadline.AwaitNext();
        AwaitsClient = true;
        Check(await writing);
        AwaitsClient = false;
    }

    // The server completes its pipe, without a word, when the connection is lost.
    private void Check(FlushResult flushed)
    {
        if (flushed.IsCompleted || flushed.IsCanceled) exchange.Aborted.ThrowIfCancellationRequested();
    }

    /// <summary>Whether the chunks are written here: the server does it for all answers without a length, but then has no trailers in HTTP/1.1.</summary>
    private bool MustFrame() =>
        exchange.Http.Request.Protocol == "HTTP/1.1" && _response.ContentLength is null && _response.StatusCode is not (204 or 205 or 304)
        && !HttpMethods.IsHead(exchange.Http.Request.Method) && exchange.Route!.Settings.Compression is null
        && (from.Header("Trailer") is not null || HeaderList.Has(exchange.Http.Request.Headers.TE, "trailers"));

    private ValueTask<FlushResult> WriteChunkAsync(ReadOnlyMemory<byte> piece)
    {
        var framed = new byte[piece.Length + 12];
        _ = piece.Length.TryFormat(framed, out var digits, "x", CultureInfo.InvariantCulture);
        "\r\n"u8.CopyTo(framed.AsSpan(digits));
        piece.Span.CopyTo(framed.AsSpan(digits + 2));
        "\r\n"u8.CopyTo(framed.AsSpan(digits + 2 + piece.Length));
        return _response.BodyWriter.WriteAsync(framed.AsMemory(0, digits + piece.Length + 4), deadline.Token);
    }

    private async ValueTask EndAsync()
    {
        if (_isFramedHere)
        {
            var end = new StringBuilder("0\r\n");
            foreach (var (name, value) in Passed()) end.Append(name).Append(": ").Append(value).Append("\r\n");
            await _response.BodyWriter.WriteAsync(Encoding.Latin1.GetBytes(end.Append("\r\n").ToString()), deadline.Token);
        }
        else if (from.Trailers.Count > 0 && exchange.Http.Features.Get<IHttpResponseTrailersFeature>() is { } trailers)
        {
            foreach (var (name, value) in Passed()) trailers.Trailers.Append(name, value);
        }
    }

    private IEnumerable<KeyValuePair<string, string>> Passed() => from.Trailers.Where(field => Trailers.MayPass(field.Key));

    private static byte[] Larger(byte[] buffer)
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Min(buffer.Length * 4, BytesMax));
        ArrayPool<byte>.Shared.Return(buffer);
        return larger;
    }
}
