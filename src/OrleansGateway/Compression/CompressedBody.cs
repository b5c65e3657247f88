using System.IO.Compression;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;
using OrleansGateway.Configuration;
using OrleansGateway.Http;

namespace OrleansGateway.Compression;

/// <summary>
/// The body of an answer on its way out, compressed if the answer's header, once it is whole, allows. What is flushed reaches the client: whoever writes the body
/// flushes when it has no more for now, so compression holds nothing back.
/// </summary>
internal sealed class CompressedBody(IHttpResponseBodyFeature sent, HttpResponse response, CompressionPolicy policy, ContentCoding? coding)
    : WriteOnlyStream, IHttpResponseBodyFeature
{
    /// <summary>To compress this much takes longer than to hand it over: some 50 us.</summary>
    private const int CompressedElsewhereBytes = 4 << 10;

    private Stream? _output;
    private PipeWriter? _writer;
    private bool _compresses;
    private bool _ended;

    Stream IHttpResponseBodyFeature.Stream => this;

    PipeWriter IHttpResponseBodyFeature.Writer => _writer ??= PipeWriter.Create(this, new StreamPipeWriterOptions(leaveOpen: true));

    /// <summary>Looks at the answer's header, which is about to be sent, and changes it if the body is to be compressed.</summary>
    public Task DecideAsync()
    {
        if (!CanBeCompressed()) return Task.CompletedTask;
        var headers = response.Headers;
        // Also if this client gets it as it is: a cache must not give that, or the other, to the next.
        HeaderList.AddToVary(headers, "Accept-Encoding");
        // Once the body has ended without having begun, there is none; or it is a refusal's, which does not come by here.
        if (coding is not { } chosen || _ended) return Task.CompletedTask;
        _compresses = true;
        headers.ContentEncoding = AcceptedCoding.NameOf(chosen);
        headers.ContentLength = null;
        headers.AcceptRanges = default;
        // RFC 9110 §8.8.1: a strong one says that the bytes are the same.
        if (headers.ETag is [{ } tag] && tag.StartsWith('"')) headers.ETag = "W/" + tag;
        return Task.CompletedTask;
    }

    /// <summary>Writes what is left of the body. Without it the body stays cut off.</summary>
    public async ValueTask EndAsync(CancellationToken cancellation)
    {
        if (_ended) return;
        if (_writer is not null) await _writer.CompleteAsync();
        _ended = true;
        if (!_compresses) return;
        // Even nothing has an end in these codings.
        _output ??= await OpenAsync(cancellation);
        await _output.DisposeAsync();
        await sent.Stream.FlushAsync(cancellation);
    }

    public async Task StartAsync(CancellationToken cancellationToken = default) => await sent.StartAsync(cancellationToken);

    public async Task CompleteAsync()
    {
        await EndAsync(CancellationToken.None);
        await sent.CompleteAsync();
    }

    public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) =>
        SendFileFallback.SendFileAsync(this, path, offset, count, cancellationToken);

    public void DisableBuffering() => sent.DisableBuffering();

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        _output ??= await OpenAsync(cancellationToken);
        if (_compresses && buffer.Length >= CompressedElsewhereBytes) await SocketThreads.Leave();
        await _output.WriteAsync(buffer, cancellationToken);
    }

    public override async Task FlushAsync(CancellationToken cancellationToken)
    {
        _output ??= await OpenAsync(cancellationToken);
        await _output.FlushAsync(cancellationToken);
        // The coders flush what they hold into the stream below, but not that one.
        if (_compresses) await sent.Stream.FlushAsync(cancellationToken);
    }

    public override async ValueTask DisposeAsync()
    {
        // What is left of an answer that was broken off goes nowhere. The coder is not disposed of, for it would write a proper end.
        if (!_ended && _writer is not null) await _writer.CompleteAsync(new OperationCanceledException());
        _ended = true;
        await base.DisposeAsync();
    }

    /// <summary>Sends the header, so that it is decided what becomes of the body.</summary>
    private async ValueTask<Stream> OpenAsync(CancellationToken cancellation)
    {
        await sent.StartAsync(cancellation);
        if (!_compresses) return sent.Stream;
        // The fastest levels: the gateway's CPU is everybody's, and most of the gain is in the first level.
        return coding == ContentCoding.Br
            ? new BrotliStream(sent.Stream, CompressionLevel.Fastest, leaveOpen: true)
            : new GZipStream(sent.Stream, CompressionLevel.Fastest, leaveOpen: true);
    }

    private bool CanBeCompressed()
    {
        var headers = response.Headers;
        // 206 is a piece of something, and digests are of the content as it came (RFC 9530).
        return response.StatusCode is >= 200 and not (204 or 205 or 206 or 304)
            && headers.ContentEncoding.Count == 0 && headers.ContentRange.Count == 0 && headers.ContentMD5.Count == 0
            && !headers.ContainsKey("Content-Digest") && !headers.ContainsKey("Repr-Digest") && !headers.ContainsKey("Digest")
            && !HeaderList.Has(headers.CacheControl, "no-transform")
            && !(headers.ContentLength < Math.Max(policy.LengthMin, 1))
            && headers.ContentType is [{ } type] && policy.TakesType(type);
    }
}
