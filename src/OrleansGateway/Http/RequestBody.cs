using System.Buffers;

namespace OrleansGateway.Http;

/// <summary>A request's body, read whole into a pooled buffer: a model call is routed by what stands in it, and may have to be sent twice.</summary>
internal sealed class RequestBody : IDisposable
{
    private const int FirstBytes = 16 << 10;

    /// <summary>Most that is set aside on the strength of a stated length alone: a client that states much and sends nothing costs no more.</summary>
    private const int TrustedBytesMax = 256 << 10;

    private byte[] _buffer;
    private int _length;

    private RequestBody(int bytes) => _buffer = ArrayPool<byte>.Shared.Rent(bytes);

    public ReadOnlyMemory<byte> Memory => _buffer.AsMemory(0, _length);

    /// <summary>Reads the body; none if it is larger than allowed. A stated length that is too large is not read at all.</summary>
    public static async ValueTask<RequestBody?> ReadAsync(HttpRequest request, long bytesMax, CancellationToken cancellation)
    {
        if (request.ContentLength > bytesMax) return null;
        var body = new RequestBody((int)Math.Min(request.ContentLength ?? FirstBytes, TrustedBytesMax));
        try
        {
            var isWhole = await body.FillAsync(request, bytesMax, cancellation);
            // It came in on the socket's thread, and is now read.
            await SocketThreads.Leave();
            if (isWhole) return body;
        }
        catch (Exception failed)
        {
            body.Dispose();
            // Kestrel's own word for a chunk whose size overflows, and for a connection that was reset: both are the client's doing.
            if (failed is IOException and not BadHttpRequestException) throw new BadHttpRequestException(failed.Message, StatusCodes.Status400BadRequest, failed);
            throw;
        }

        body.Dispose();
        return null;
    }

    /// <summary>Gives the buffer up without giving it back: something may still be reading it.</summary>
    public void Abandon() => _buffer = [];

    public void Dispose()
    {
        if (_buffer.Length > 0) ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
        _length = 0;
    }

    private async ValueTask<bool> FillAsync(HttpRequest request, long bytesMax, CancellationToken cancellation)
    {
        while (true)
        {
            var read = await request.BodyReader.ReadAsync(cancellation);
            var arrived = read.Buffer;
            if (_length + arrived.Length > bytesMax) return false;
            Append(arrived);
            request.BodyReader.AdvanceTo(arrived.End);
            if (read.IsCompleted) return true;
        }
    }

    private void Append(in ReadOnlySequence<byte> arrived)
    {
        var needed = _length + (int)arrived.Length;
        if (needed > _buffer.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, _buffer.Length * 2));
            Memory.CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }

        arrived.CopyTo(_buffer.AsSpan(_length));
        _length = needed;
    }
}
