namespace OrleansGateway.Upstream.Http1;

/// <summary>A connection that speaks another protocol now, both ways. One may read while another writes. Closed with the answer it belongs to.</summary>
internal sealed class Http1UpgradedStream(Http1Connection connection) : Stream
{
    public override bool CanRead => true;
    public override bool CanWrite => true;
    public override bool CanSeek => false;
    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty) return 0;
        var unread = connection.Unread;
        if (!unread.IsEmpty)
        {
            var bytes = Math.Min(unread.Length, buffer.Length);
            unread[..bytes].CopyTo(buffer.Span);
            connection.Consume(bytes);
            return bytes;
        }

        var received = await connection.ReceiveAsync(buffer, cancellationToken);
        return received == Http1Connection.Broken ? throw new IOException("The upstream broke the connection off.") : received;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            await connection.Wire.SendAsync(buffer, cancellationToken);
        }
        catch (Exception gone) when (Http1Wire.IsGone(gone))
        {
            throw new IOException("The upstream broke the connection off.", gone);
        }
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <summary>All is sent at once.</summary>
    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Read it without blocking.");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("Write it without blocking.");

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing) connection.Close();
        base.Dispose(disposing);
    }
}
