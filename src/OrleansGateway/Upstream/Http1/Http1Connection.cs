using System.Buffers;
using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace OrleansGateway.Upstream.Http1;

/// <summary>
/// One connection: sends a request, reads the head of its answer, and hands out the bytes that follow. One exchange at a time; not for two threads at
/// once, except <see cref="Close"/>.
/// </summary>
internal sealed class Http1Connection(Socket socket, long openedAt)
{
    /// <summary>What <see cref="ReceiveAsync"/> and <see cref="FillAsync"/> return if the connection broke, rather than ended in order (0).</summary>
    public const int Broken = -1;

    private const int BufferBytes = 8 << 10;
    private const int InterimsMax = 16;

    // Lives as long as the connection, so it is put where the collector need not move it.
    private readonly byte[] _own = GC.AllocateUninitializedArray<byte>(BufferBytes, pinned: true);

    // The head stays at the start of the buffer while the body passes behind it: headers may be asked for at any time.
    private byte[] _buffer = [];
    private int _bodyStart;
    private int _start;
    private int _end;

    // While idle a receive is pending: it notices a connection that the peer closes, and costs nothing, since the next answer needs it anyway.
    private ValueTask<int> _ahead;
    private bool _isAhead;

    private Task _sending = Task.CompletedTask;
    private long _sentBefore;
    private bool _isUsed;
    private bool _endedInOrder;

    public long OpenedAt => openedAt;
    public long IdleSince { get; set; }

    public Http1ResponseHead Head { get; } = new();
    public ReadOnlySpan<byte> HeadBytes => _buffer.AsSpan(0, _bodyStart);

    /// <summary>What has come of the body and was not taken.</summary>
    public ReadOnlySpan<byte> Unread => _buffer.AsSpan(_start, _end - _start);

    /// <summary>Whether the whole request is out.</summary>
    public bool IsSent => _sending.IsCompletedSuccessfully;

    public void Consume(int bytes) => _start += bytes;

    /// <summary>
    /// Sends a request and reads the head of its answer. False if the peer had closed the connection, which was used before, and did not answer this request
    /// nor act on it, so that it may be sent again on another. Throws as <see cref="IUpstream.SendAsync"/> does; the connection is closed then.
    /// </summary>
    public async ValueTask<bool> ExchangeAsync(UpstreamRequest request, Http1Request message, CancellationToken cancellation)
    {
        var wasUsed = _isUsed;
        _isUsed = true;
        try
        {
            await SendFirstAsync(message.First, cancellation);
            // Beside the reading: a peer may answer before it has all, and then read no more (RFC 9112 §9.5).
            if (!message.Rest.IsEmpty) request.BodySent = _sending = socket.SendAsync(message.Rest, SocketFlags.None, cancellation).AsTask();
            if (await ReadHeadAsync(request, cancellation))
            {
                _sentBefore += message.First.Length + message.Rest.Length;
                return true;
            }
        }
        catch
        {
            await CloseAsync();
            throw;
        }

        var mayRetry = wasUsed && (message.IsIdempotent || NeverArrived(message));
        await CloseAsync();
        return mayRetry ? false : throw Http1Fault.Unanswered();
    }

    /// <summary>Receives more behind what is unread.</summary>
    public async ValueTask<int> FillAsync(CancellationToken cancellation)
    {
        if (!_isAhead) StartAhead();
        var bytes = await WaitAsync(TakeAhead(), cancellation);
        if (bytes > 0) _end += bytes;
        return bytes;
    }

    /// <summary>Receives past the buffer, into the reader's own memory. Only if nothing is unread.</summary>
    public ValueTask<int> ReceiveAsync(Memory<byte> memory, CancellationToken cancellation) => WaitAsync(Begin(memory), cancellation);

    /// <summary>Makes ready for the next request; false if the peer has closed, or said something that nobody asked for.</summary>
    public bool Rest()
    {
        // What is left over here would be read as the answer to the next request.
        if (!Unread.IsEmpty) return false;
        if (_buffer != _own && _buffer.Length > 0) ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = _own;
        (_bodyStart, _start, _end) = (0, 0, 0);
        StartAhead();
        return !_ahead.IsCompleted;
    }

    /// <summary>Begins to receive what is left of the framing of an answer that is over.</summary>
    public void AwaitEnd() => StartAhead();

    /// <summary>Takes what came since <see cref="AwaitEnd"/>, without waiting; false if nothing did, or the connection is over.</summary>
    public async ValueTask<bool> TryTakeAheadAsync() => _ahead.IsCompleted && await FillAsync(CancellationToken.None) > 0;

    /// <summary>Whether the peer has said something while it was idle, if only goodbye.</summary>
    public bool HasSpoken => _ahead.IsCompleted;

    /// <summary>Closes at once; what waits on it fails.</summary>
    public void Close() => socket.Dispose();

    /// <summary>Closes, and returns once nothing of the request is read any more.</summary>
    public async ValueTask CloseAsync()
    {
        Close();
        await _sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async ValueTask SendFirstAsync(ReadOnlyMemory<byte> first, CancellationToken cancellation)
    {
        try
        {
            var sent = socket.SendAsync(first, SocketFlags.None, cancellation);
            if (!sent.IsCompletedSuccessfully) await sent;
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            // The peer hung up. It may have said why before, and whether it did decides what comes next: the reading tells.
            cancellation.ThrowIfCancellationRequested();
        }
    }

    private async ValueTask<bool> ReadHeadAsync(UpstreamRequest request, CancellationToken cancellation)
    {
        Head.Reset();
        var interims = 0;
        while (true)
        {
            if (_end > 0 && Head.Parse(_buffer.AsSpan(0, _end)))
            {
                _bodyStart = _start = Head.Length;
                if (Head.Status >= 200) return true;
                if (++interims > InterimsMax) throw Http1Fault.NotHttp("it has too many interim answers");
                await TakeInterimAsync(request);
                continue;
            }

            var bytes = await FillAsync(cancellation);
            if (bytes > 0) continue;
            if (_end > 0 || interims > 0) throw Http1Fault.CutOff();
            _endedInOrder = bytes == 0;
            return false;
        }
    }

    private async ValueTask TakeInterimAsync(UpstreamRequest request)
    {
        // We ask for no upgrade; and an interim answer has no body (RFC 9110 §15.2), so one that claims to have one has two ends.
        if (Head.Status == 101) throw Http1Fault.NotHttp("it changes to a protocol that was not asked for");
        if (Head.IsChunked || Head.ContentLength is > 0) throw Http1Fault.NotHttp("an interim answer has a body");
        if (request.Interim is { } tell) await tell(Head.Status, Head.ToList(HeadBytes));
        Unread.CopyTo(_buffer);
        (_end, _start, _bodyStart) = (_end - _start, 0, 0);
        Head.Reset();
    }

    /// <summary>
    /// Whether the peer cannot have acted on the request: it closed in order, and its TCP never confirmed as much as the head. That is the one way to know
    /// what RFC 9110 §9.2.2 demands before a request that is not idempotent is sent again; a reset tells nothing.
    /// </summary>
    private bool NeverArrived(in Http1Request message) =>
        _endedInOrder && TcpReceipt.BytesConfirmed(socket) is { } confirmed && confirmed - _sentBefore < message.HeadBytes;

    private void StartAhead()
    {
        MakeRoom();
        _isAhead = true;
#pragma warning disable CA2012 // Kept for the next exchange, and awaited once: TakeAhead gives it away.
        _ahead = Begin(_buffer.AsMemory(_end));
#pragma warning restore CA2012
    }

    /// <summary>Begins to receive. Without a token: the wait is cancelled by closing the connection, which has to be closed then anyway.</summary>
    private ValueTask<int> Begin(Memory<byte> memory)
    {
        try
        {
            return socket.ReceiveAsync(memory, SocketFlags.None, CancellationToken.None);
        }
        catch (ObjectDisposedException closed)
        {
            return ValueTask.FromException<int>(closed);
        }
    }

    private ValueTask<int> TakeAhead()
    {
        var ahead = _ahead;
        (_ahead, _isAhead) = (default, false);
        return ahead;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> WaitAsync(ValueTask<int> receive, CancellationToken cancellation)
    {
        try
        {
            if (receive.IsCompleted) return await receive;
            // Leaving the block waits for a callback that runs: none can hit the exchange after this one.
            using (cancellation.UnsafeRegister(static connection => ((Http1Connection)connection!).Close(), this)) return await receive;
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            cancellation.ThrowIfCancellationRequested();
            return Broken;
        }
    }

    /// <summary>Room for what comes next: all of the buffer behind the head if nothing is unread, else behind that.</summary>
    private void MakeRoom()
    {
        if (_buffer.Length == 0) _buffer = _own;
        if (_start == _end) _start = _end = _bodyStart;
        if (_buffer.Length - _end >= ChunkedDecoder.LineBytesMax) return;
        if (_start > _bodyStart)
        {
            Unread.CopyTo(_buffer.AsSpan(_bodyStart));
            (_start, _end) = (_bodyStart, _bodyStart + _end - _start);
        }

        if (_buffer.Length - _end >= ChunkedDecoder.LineBytesMax / 2) return;
        var larger = ArrayPool<byte>.Shared.Rent(_buffer.Length * 2);
        _buffer.AsSpan(0, _end).CopyTo(larger);
        if (_buffer != _own) ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }
}
