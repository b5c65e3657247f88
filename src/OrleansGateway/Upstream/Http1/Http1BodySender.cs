using System.Buffers;
using OrleansGateway.Http;

namespace OrleansGateway.Upstream.Http1;

/// <summary>
/// Sends a body that passes through, beside the reading of the answer. Its task ends in order only if the whole body is out; however it ends, the body is then read
/// no more.
/// </summary>
internal sealed class Http1BodySender
{
    /// <summary>Most that is sent at once. Copied together: what a client's pipe holds are pages of 4 KiB, and each send costs more than copying one.</summary>
    private const int PieceBytes = SocketThreads.BulkBytes;

    /// <summary>RFC 9110 §10.1.1: nobody waits for ever, for many servers never say 100.</summary>
    private static readonly TimeSpan s_continueWait = TimeSpan.FromSeconds(1);

    private readonly RequestStream _body;
    private readonly Http1Wire _wire;
    private readonly TimeProvider _time;
    private readonly BodyPump _pump;
    private readonly TaskCompletionSource<bool>? _mayBegin;
    private volatile bool _isLastChunkOut;

    public Http1BodySender(RequestStream body, Http1Wire wire, TimeProvider time)
    {
        (_body, _wire, _time, _pump) = (body, wire, time, new BodyPump(body, SendAsync));
        if (body.AwaitsContinue) _mayBegin = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>What is wrong with the body itself; none if nothing is.</summary>
    public UpstreamException? Fault { get; private set; }

    /// <summary>Whether the end of it is on its way: a peer may answer it before the sender hears that it is out.</summary>
    public bool IsEnding => _pump.IsEnding || _isLastChunkOut;

    /// <summary>Sends what is left of it.</summary>
    /// <param name="sent">Bytes of the body that went out with the head.</param>
    public async Task RunAsync(long sent)
    {
        // Off the path of who reads the answer: a peer may answer before it has all.
        await Task.Yield();
        try
        {
            if (_mayBegin is not null && !await AwaitBeginAsync(_mayBegin.Task)) throw new OperationCanceledException();
            await _pump.RunAsync(sent);
            if (_body.Length is null) await SendLastChunkAsync();
        }
        catch (UpstreamException broken)
        {
            Fault = broken;
            // Half a request must not look like one.
            _wire.Close();
            throw;
        }
    }

    /// <summary>The upstream wants the body.</summary>
    public void Begin() => _mayBegin?.TrySetResult(true);

    /// <summary>The answer has come. Without a word about the body before it, the body is not wanted; nor if the answer says no and ends the connection (RFC 9112 §9.5).</summary>
    public void Answered(Http1ResponseHead head)
    {
        _mayBegin?.TrySetResult(false);
        if (!head.KeepsAlive && head.Status >= 300) Stop();
    }

    /// <summary>Ends it, waiting or not. What is being sent is ended by closing the wire.</summary>
    public void Stop()
    {
        _mayBegin?.TrySetResult(false);
        _pump.Stop();
    }

    private async Task<bool> AwaitBeginAsync(Task<bool> mayBegin)
    {
        try
        {
            return await mayBegin.WaitAsync(s_continueWait, _time);
        }
        catch (TimeoutException)
        {
            return true;
        }
    }

    private ValueTask SendLastChunkAsync()
    {
        var last = ChunkedFraming.LastChunk(_body.Trailers());
        _isLastChunkOut = true;
        return _wire.SendAsync(last, CancellationToken.None);
    }

    private async ValueTask SendAsync(ReadOnlySequence<byte> fresh)
    {
        var piece = ArrayPool<byte>.Shared.Rent((int)Math.Min(PieceBytes, fresh.Length) + ChunkedFraming.ExtraBytesMax);
        try
        {
            while (!fresh.IsEmpty)
            {
                var next = fresh.Slice(0, Math.Min(PieceBytes, fresh.Length));
                var length = Write(next, piece);
                await _wire.SendAsync(piece.AsMemory(0, length), CancellationToken.None);
                fresh = fresh.Slice(next.Length);
                if (next.Length == PieceBytes) await SocketThreads.Leave();
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }
    }

    private int Write(in ReadOnlySequence<byte> data, byte[] piece)
    {
        if (_body.Length is null) return ChunkedFraming.Write(data, piece);
        data.CopyTo(piece);
        return (int)data.Length;
    }
}
