using System.Buffers;
using System.IO.Pipelines;

namespace OrleansGateway.Upstream;

/// <summary>
/// Reads a body that passes through and hands it on, piece by piece: the next is read once the one before was taken, so a slow upstream slows the client down.
/// </summary>
internal sealed class BodyPump(RequestStream body, Func<ReadOnlySequence<byte>, ValueTask> send)
{
    private readonly Lock _lock = new();
    private bool _isReading;
    private bool _isStopped;

    /// <summary>What is wrong with the body itself; none if nothing is.</summary>
    public UpstreamException? Fault { get; private set; }

    /// <summary>Whether the last byte of a length that is known has been handed on, or is just being.</summary>
    public bool IsEnding { get; private set; }

    /// <summary>Hands on what is left of it. However it ends, the body is read no more then.</summary>
    /// <param name="sent">Bytes that have been handed on already; they are kept, and come again at the first read.</param>
    public async Task RunAsync(long sent)
    {
        try
        {
            await SendAllAsync(sent);
        }
        catch (UpstreamException broken)
        {
            Fault = broken;
            throw;
        }
    }

    /// <summary>Ends it, if it waits for the body. What waits for the upstream to take a piece has to be ended there.</summary>
    public void Stop()
    {
        lock (_lock)
        {
            if (_isStopped) return;
            _isStopped = true;
            if (_isReading) body.Reader.CancelPendingRead();
        }
    }

    private async Task SendAllAsync(long sent)
    {
        // What a body that is kept for a second attempt begins with again at each read.
        var known = sent;
        var isOver = false;
        for (var isFirst = true; !isOver; isFirst = false)
        {
            var read = await ReadAsync(isFirst);
            var taken = known;
            try
            {
                var fresh = read.Buffer.Slice(known);
                if (body.Length < sent + fresh.Length) throw new UpstreamException("the request's body is longer than it says") { RequestAtFault = true };
                IsEnding = sent + fresh.Length == body.Length;
                if (!fresh.IsEmpty) await send(fresh);
                sent += fresh.Length;
                taken = read.Buffer.Length;
                isOver = read.IsCompleted || sent == body.Length;
            }
            finally
            {
                known = body.EndRead(read.Buffer, taken);
            }
        }

        if (body.Length > sent) throw new UpstreamException("the request's body is shorter than it says") { RequestAtFault = true };
    }

    private async ValueTask<ReadResult> ReadAsync(bool isFirst)
    {
        // What an earlier attempt has looked at does not end a wait, but is there.
        if (isFirst && body.TryRead(out var there)) return there;
        while (true)
        {
            lock (_lock)
            {
                if (_isStopped) throw new OperationCanceledException();
                _isReading = true;
            }

            try
            {
                var read = await body.Reader.ReadAsync(CancellationToken.None);
                if (!read.IsCanceled) return read;
                body.EndRead(read.Buffer, 0);
            }
            catch (Exception broken)
            {
                throw RequestStream.Broke(broken);
            }
            finally
            {
                lock (_lock) _isReading = false;
            }
        }
    }
}
