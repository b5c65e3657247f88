using System.Runtime.CompilerServices;

namespace OrleansGateway.Upstream.Http1;

/// <summary>An answer over an <see cref="Http1Connection"/>, which goes back to its pool if the body was read to its end and nothing follows it.</summary>
internal sealed class Http1Response : UpstreamResponse
{
    private readonly Http1Pool _pool;
    private readonly Http1Connection _connection;
    private readonly Framing _framing;
    private readonly bool _mayReuse;
    private readonly Http1UpgradedStream? _upgraded;
    private ChunkedDecoder _chunks;
    private long _left;
    private bool _isDone;
    private bool _isOver;
    private bool _isDisposed;

    public Http1Response(Http1Pool pool, Http1Connection connection, bool isHead)
    {
        (_pool, _connection) = (pool, connection);
        var head = connection.Head;
        // RFC 9112 §6.3, in its order.
        var bodiless = isHead || head.Status is 101 or 204 or 304;
        _framing = bodiless ? Framing.Length : head.IsChunked ? Framing.Chunks : head.ContentLength is not null ? Framing.Length : Framing.Close;
        _left = bodiless ? 0 : head.ContentLength ?? 0;
        _isDone = _framing == Framing.Length && _left == 0;
        // A 204 that claims to have a body may be followed by one.
        var isClear = head.Status != 204 || (!head.IsChunked && head.ContentLength is null or 0);
        _mayReuse = head.KeepsAlive && _framing != Framing.Close && isClear && head.Status != 101 && !head.HasUnknownCoding;
        if (head.Status == 101) _upgraded = new Http1UpgradedStream(connection);
    }

    private enum Framing : byte
    {
        Length,
        Chunks,
        Close,
    }

    public override int Status => _connection.Head.Status;

    /// <summary>Fields that followed a chunked body; none before its end.</summary>
    public override IReadOnlyList<KeyValuePair<string, string>> Trailers => _chunks.Trailers ?? [];

    public override int FieldCount => _connection.Head.Count;

    public override string Version => "1.1";

    public override KeyValuePair<string, string> Field(int index) => _connection.Head.Field(_connection.HeadBytes, index);

    public override Stream Upgraded => _upgraded ?? base.Upgraded;

    public override ValueTask CompleteWritesAsync() => _upgraded is null ? base.CompleteWritesAsync() : _connection.Wire.CompleteWritesAsync();

    public override string? Header(string name)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return _connection.Head.TryGet(_connection.HeadBytes, name, out var value) ? FieldTexts.Shared.Of(value) : null;
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellation)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (_isDone || buffer.IsEmpty) return new(0);
        if (_connection.Unread.IsEmpty) return ReceiveAsync(buffer, cancellation);
        try
        {
            var bytes = TakeUnread(buffer.Span);
            return bytes > 0 || _isDone ? new(bytes) : ReceiveAsync(buffer, cancellation);
        }
        catch (UpstreamException broken)
        {
            _connection.Close();
            return ValueTask.FromException<int>(broken);
        }
    }

    public override void ExpectNoMore() => _isOver = true;

    public override async ValueTask DisposeAsync()
    {
        if (_isDisposed) return;
        _isDisposed = true;
        var mayReuse = _mayReuse && (_isDone || _isOver) && await _connection.IsSentAsync();
        if (_isDone && mayReuse) _pool.GiveBack(_connection);
        else if (_isOver && mayReuse && _framing == Framing.Chunks && _chunks.IsBetweenChunks) _pool.GiveBack(_connection, _chunks);
        else await _connection.CloseAsync();
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellation)
    {
        try
        {
            while (true)
            {
                var direct = DirectBytes(buffer.Length);
                var received = direct > 0 ? await _connection.ReceiveAsync(buffer[..direct], cancellation) : await _connection.FillAsync(cancellation);
                if (received <= 0) return End(received);
                if (direct > 0)
                {
                    Took(received);
                    return received;
                }

                var bytes = TakeUnread(buffer.Span);
                if (bytes > 0 || _isDone) return bytes;
            }
        }
        catch
        {
            _connection.Close();
            throw;
        }
    }

    /// <summary>How much may be received past the buffer: never more than belongs to the body, and not so little that receiving more at once pays.</summary>
    private int DirectBytes(int room)
    {
        if (!_connection.Unread.IsEmpty || room < ChunkedDecoder.LineBytesMax) return 0;
        var left = _framing == Framing.Chunks ? _chunks.DataLeft : _framing == Framing.Close ? long.MaxValue : _left;
        return left >= ChunkedDecoder.LineBytesMax || _framing == Framing.Length ? (int)Math.Min(room, left) : 0;
    }

    private int TakeUnread(Span<byte> output)
    {
        var unread = _connection.Unread;
        if (_framing == Framing.Chunks)
        {
            _chunks.Decode(unread, output, out var consumed, out var written);
            _connection.Consume(consumed);
            _isDone = _chunks.IsAtEnd;
            return written;
        }

        var bytes = Math.Min(unread.Length, output.Length);
        if (_framing == Framing.Length) bytes = (int)Math.Min(bytes, _left);
        unread[..bytes].CopyTo(output);
        _connection.Consume(bytes);
        Took(bytes);
        return bytes;
    }

    private void Took(int bytes)
    {
        if (_framing == Framing.Chunks)
        {
            _chunks.TookData(bytes);
        }
        else if (_framing == Framing.Length)
        {
            _left -= bytes;
            _isDone = _left == 0;
        }
    }

    private int End(int received)
    {
        // Only a body without any other end may end with its connection, and only if that ended in order (RFC 9112 §8).
        if (_framing != Framing.Close || received != 0) throw _connection.BodyFault ?? Http1Fault.CutOff();
        _isDone = true;
        return 0;
    }
}
