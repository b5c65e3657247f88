using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace OrleansGateway.Http.Listening;

/// <summary>
/// The first bytes of a connection, looked at before it is known what it speaks. The wait for them ends when the time is up or the gateway stops, whatever the
/// client does.
/// </summary>
internal sealed class Opening : IDisposable
{
    private static readonly byte[] Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray();

    private readonly PipeReader _input;
    private readonly TimeSpan _headerTimeout;
    private readonly ITimer _timer;
    private readonly CancellationTokenRegistration _stopping;
    private bool _begun;

    /// <param name="connection">The connection.</param>
    /// <param name="idleTimeout">How long the first byte may take.</param>
    /// <param name="headerTimeout">How long the rest may take.</param>
    /// <param name="time">The clock.</param>
    public Opening(ConnectionContext connection, TimeSpan idleTimeout, TimeSpan headerTimeout, TimeProvider time)
    {
        (_input, _headerTimeout) = (connection.Transport.Input, headerTimeout);
        _timer = time.CreateTimer(static input => ((PipeReader)input!).CancelPendingRead(), _input, idleTimeout, Timeout.InfiniteTimeSpan);
        // Kestrel asks a connection to end by this token, and waits until it has.
        var stopping = connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested ?? default;
        _stopping = stopping.UnsafeRegister(static input => ((PipeReader)input!).CancelPendingRead(), _input);
    }

    /// <summary>Whether the client speaks HTTP/2: whether its first bytes are the preface (RFC 9113 §3.4). Nothing is taken; no answer if the wait has ended.</summary>
    public async ValueTask<bool?> IsHttp2Async()
    {
        while (await ReadAsync() is { } arrived)
        {
            var verdict = JudgePreface(arrived);
            _input.AdvanceTo(arrived.Start, verdict == Verdict.More ? arrived.End : arrived.Start);
            if (verdict != Verdict.More) return verdict == Verdict.Yes;
        }

        return null;
    }

    /// <summary>Takes a PROXY header. Whether there was one; and for whom the connection comes, if the header says so.</summary>
    public async ValueTask<(bool IsThere, IPEndPoint? Client)> TakeProxyAsync()
    {
        while (await ReadAsync() is { } arrived)
        {
            var verdict = ProxyPreamble.Read(arrived, out var end, out var client);
            if (verdict == Verdict.More) _input.AdvanceTo(arrived.Start, arrived.End);
            else _input.AdvanceTo(end);
            if (verdict != Verdict.More) return (verdict == Verdict.Yes, client);
        }

        return (false, null);
    }

    public void Dispose()
    {
        _timer.Dispose();
        _stopping.Dispose();
    }

    private static Verdict JudgePreface(in ReadOnlySequence<byte> arrived)
    {
        // Nearly always whole in the first piece.
        if (arrived.IsSingleSegment) return ProxyPreamble.Begins(arrived.FirstSpan, Preface);
        Span<byte> beginning = stackalloc byte[(int)Math.Min(arrived.Length, Preface.Length)];
        arrived.Slice(0, beginning.Length).CopyTo(beginning);
        return ProxyPreamble.Begins(beginning, Preface);
    }

    /// <summary>What has come and was not taken; nothing if no more comes in time.</summary>
    private async ValueTask<ReadOnlySequence<byte>?> ReadAsync()
    {
        var read = await _input.ReadAsync();
        // The end of what a client sends is no end of the wait for an answer, but no preface can follow.
        if (read.IsCanceled || read.IsCompleted && (read.Buffer.IsEmpty || _begun))
        {
            _input.AdvanceTo(read.Buffer.Start);
            return null;
        }

        if (!_begun) _timer.Change(_headerTimeout, Timeout.InfiniteTimeSpan);
        _begun = true;
        return read.Buffer;
    }
}
