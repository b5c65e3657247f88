using System.Runtime.CompilerServices;
using OrleansGateway.Configuration;

namespace OrleansGateway.Upstream.Http1;

/// <summary>
/// One connection: sends a request, reads the head of its answer, and hands out the bytes that follow. One exchange at a time; not for two threads at
/// once, except <see cref="Close"/>.
/// </summary>
/// <param name="wire">What carries it.</param>
/// <param name="time">The clock.</param>
/// <param name="closed">Told once that it is closed.</param>
internal sealed class Http1Connection(Http1Wire wire, TimeProvider time, Action closed)
{
    /// <summary>What <see cref="ReceiveAsync"/> and <see cref="FillAsync"/> return if the connection broke, rather than ended in order (0).</summary>
    public const int Broken = -1;

    private const int InterimsMax = 16;

    /// <summary>Far more than a sender needs to hear that its last bytes are out, and little enough to wait for a peer that answers and does not read them.</summary>
    private static readonly TimeSpan s_endingWait = TimeSpan.FromSeconds(1);

    private readonly Http1Buffer _buffer = new();

    // While idle a receive is pending: it notices a connection that the peer closes, and costs nothing, since the next answer needs it anyway.
    private ValueTask<int> _ahead;
    private bool _isAhead;

    private Task _sending = Task.CompletedTask;
    private Http1BodySender? _sender;
    private long _sentBefore;
    private bool _isUsed;
    private bool _endedInOrder;
    private bool _isClosed;

    public long OpenedAt { get; } = time.GetTimestamp();
    public long IdleSince { get; set; }

    public Http1ResponseHead Head { get; } = new();
    public ReadOnlySpan<byte> HeadBytes => _buffer.Head;

    /// <summary>What has come of the body and was not taken.</summary>
    public ReadOnlySpan<byte> Unread => _buffer.Unread;

    public Http1Wire Wire => wire;

    /// <summary>What was wrong with the request's body, if that broke the connection.</summary>
    public UpstreamException? BodyFault => _sender?.Fault;

    /// <summary>Whether the whole request is out. Waits for the sender's word if the end of the body is on its way.</summary>
    public async ValueTask<bool> IsSentAsync()
    {
        if (_sender is { IsEnding: true } && !_sending.IsCompleted) await _sending.WaitAsync(s_endingWait, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return _sending.IsCompletedSuccessfully;
    }

    public void Consume(int bytes) => _buffer.Took(bytes);

    /// <summary>
    /// Sends a request and reads the head of its answer. False if the peer had closed the connection, which was used before, and did not answer this request
    /// nor act on it, so that it may be sent again on another. Throws as <see cref="IUpstream.SendAsync"/> does; the connection is closed then.
    /// </summary>
    public async ValueTask<bool> ExchangeAsync(UpstreamRequest request, Http1Request message, CancellationToken cancellation)
    {
        var wasUsed = _isUsed;
        _isUsed = true;
        _sentBefore = wire.BytesSent;
        try
        {
            await SendFirstAsync(message.First, cancellation);
            // Beside the reading: a peer may answer before it has all, and then read no more (RFC 9112 §9.5).
            StartRest(request, message, cancellation);
            if (await ReadHeadAsync(request, cancellation)) return true;
        }
        catch
        {
            await CloseAsync();
            if (BodyFault is { } broken && !cancellation.IsCancellationRequested) throw broken;
            throw;
        }

        var neverArrived = NeverArrived(message);
        await CloseAsync();
        if (BodyFault is { } fault) throw fault;
        var mayRetry = wasUsed && (message.IsIdempotent || neverArrived) && request.Stream is null or { IsWhole: true };
        return mayRetry ? false : throw Http1Fault.Unanswered(neverArrived);
    }

    /// <summary>Receives more behind what is unread.</summary>
    public async ValueTask<int> FillAsync(CancellationToken cancellation)
    {
        if (!_isAhead) StartAhead();
        var bytes = await WaitAsync(TakeAhead(), cancellation);
        if (bytes > 0) _buffer.Received(bytes);
        return bytes;
    }

    /// <summary>Receives past the buffer, into the reader's own memory. Only if nothing is unread.</summary>
    public ValueTask<int> ReceiveAsync(Memory<byte> memory, CancellationToken cancellation) => WaitAsync(wire.ReceiveAsync(memory), cancellation);

    /// <summary>Makes ready for the next request; false if the peer has closed, or said something that nobody asked for.</summary>
    public bool Rest()
    {
        // What is left over here would be read as the answer to the next request.
        if (!Unread.IsEmpty) return false;
        _sender = null;
        _buffer.Clear();
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
    public void Close()
    {
        _sender?.Stop();
        wire.Close();
        if (!Interlocked.Exchange(ref _isClosed, true)) closed();
    }

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
            var sent = wire.SendAsync(first, cancellation);
            if (!sent.IsCompletedSuccessfully) await sent;
        }
        catch (Exception gone) when (Http1Wire.IsGone(gone))
        {
            // The peer hung up. It may have said why before, and whether it did decides what comes next: the reading tells.
            cancellation.ThrowIfCancellationRequested();
        }
    }

    private void StartRest(UpstreamRequest request, in Http1Request message, CancellationToken cancellation)
    {
        _sending = Task.CompletedTask;
        if (message.HasMore)
        {
            _sender = new Http1BodySender(request.Stream!, wire, time);
            request.BodySent = _sending = _sender.RunAsync(message.StreamBytes);
        }
        else if (!message.Rest.IsEmpty)
        {
            request.BodySent = _sending = wire.SendAsync(message.Rest, cancellation).AsTask();
        }
    }

    private async ValueTask<bool> ReadHeadAsync(UpstreamRequest request, CancellationToken cancellation)
    {
        Head.Reset();
        Head.IgnoresUnknownCodings = request.Access.UnknownCodings == UnknownTransferCodings.Ignore;
        var interims = 0;
        while (true)
        {
            if (!_buffer.All.IsEmpty && Head.Parse(_buffer.All))
            {
                _buffer.EndHead(Head.Length);
                if (Head.Status >= 200 || await IsUpgradeAsync(request))
                {
                    _sender?.Answered(Head);
                    return true;
                }

                if (++interims > InterimsMax) throw Http1Fault.NotHttp("it has too many interim answers");
                await TakeInterimAsync(request);
                continue;
            }

            var bytes = await FillAsync(cancellation);
            if (bytes > 0) continue;
            if (!_buffer.All.IsEmpty || interims > 0) throw Http1Fault.CutOff();
            _endedInOrder = bytes == 0;
            return false;
        }
    }

    /// <summary>Whether it is a 101 that changes to what was asked for, which it may do only once it has the whole request (RFC 9110 §7.8).</summary>
    private async ValueTask<bool> IsUpgradeAsync(UpstreamRequest request)
    {
        if (Head.Status != 101) return false;
        var isAsked = request.Upgrade is { } asked && Head.TryGet(HeadBytes, "Upgrade", out var given) && System.Text.Ascii.EqualsIgnoreCase(given, asked);
        return isAsked && Head.IsUpgrade && await IsSentAsync() ? true : throw Http1Fault.NotHttp("it changes to a protocol that was not asked for");
    }

    private async ValueTask TakeInterimAsync(UpstreamRequest request)
    {
        // An interim answer has no body (RFC 9110 §15.2), so one that claims to have one has two ends.
        if (Head.IsChunked || Head.HasUnknownCoding || Head.ContentLength is > 0) throw Http1Fault.NotHttp("an interim answer has a body");
        if (Head.Status == 100) _sender?.Begin();
        if (request.Interim is { } tell) await tell(Head.Status, Head.ToList(HeadBytes));
        _buffer.DropHead();
        Head.Reset();
    }

    /// <summary>
    /// Whether the peer cannot have acted on the request: it closed in order, and its TCP never confirmed as much as the head. That is the one way to know
    /// what RFC 9110 §9.2.2 demands before a request that is not idempotent is sent again; a reset tells nothing.
    /// </summary>
    private bool NeverArrived(in Http1Request message) => _endedInOrder && wire.BytesConfirmed is { } confirmed && confirmed - _sentBefore < message.HeadBytes;

    private void StartAhead()
    {
        _buffer.MakeRoom();
        _isAhead = true;
#pragma warning disable CA2012 // Kept for the next exchange, and awaited once: TakeAhead gives it away.
        _ahead = wire.ReceiveAsync(_buffer.Room);
#pragma warning restore CA2012
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
        catch (Exception gone) when (Http1Wire.IsGone(gone))
        {
            cancellation.ThrowIfCancellationRequested();
            return Broken;
        }
    }
}
