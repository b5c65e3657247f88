using System.Net.Sockets;

namespace OrleansGateway.Upstream;

/// <summary>
/// Opens connections to one host. Its name is asked for again every few seconds, so that a host that moves is followed, and each connection begins with another
/// of its addresses, so that all have their share.
/// </summary>
internal sealed class Dialer(string host, int port, TimeProvider time, Func<string, CancellationToken, Task<IPAddress[]>> resolve)
{
    /// <summary>How long an answer of the resolver is good: long enough that a burst of connections asks once.</summary>
    private static readonly TimeSpan s_answerLifetime = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly IPAddress? _literal = IPAddress.TryParse(host, out var literal) ? literal : null;
    private Task<IPAddress[]>? _answer;
    private long _askedAt;
    private int _turn = -1;

    /// <summary>
    /// Tries the host's addresses until one takes the connection, beginning with the one after that the last connection began with. Throws
    /// <see cref="UpstreamException"/> if none does within the time.
    /// </summary>
    public async ValueTask<Socket> ConnectAsync(TimeSpan timeout, CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        var startedAt = time.GetTimestamp();
        try
        {
            var addresses = await ResolveAsync(either.Token);
            var first = (uint)Interlocked.Increment(ref _turn);
            for (var at = 0u; ; at++)
            {
                var left = addresses.Length - (int)at;
                // One that does not answer at all must leave time for the others.
                var share = (timeout - time.GetElapsedTime(startedAt)) / left;
                if (await TryAsync(addresses[(first + at) % addresses.Length], left == 1 ? null : share, isLast: left == 1, either.Token) is { } socket) return socket;
            }
        }
        catch (OperationCanceledException slow) when (!cancellation.IsCancellationRequested)
        {
            throw new UpstreamException($"no connection within {timeout.TotalSeconds:0.###} s", slow) { NothingSent = true };
        }
        catch (SocketException failed)
        {
            throw new UpstreamException("the connection was refused or broke", failed) { NothingSent = true };
        }
    }

    private async ValueTask<Socket?> TryAsync(IPAddress address, TimeSpan? share, bool isLast, CancellationToken cancellation)
    {
        using var limit = share is { } wait ? new CancellationTokenSource(wait > TimeSpan.Zero ? wait : TimeSpan.Zero, time) : null;
        using var either = limit is null ? null : CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        // Without a delay a small request never waits for the confirmation of the one before it (Nagle).
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            // A host that is gone without a word, while a stream is silent, is noticed in a minute.
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 30);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 10);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
            await socket.ConnectAsync(new IPEndPoint(address, port), either?.Token ?? cancellation);
            return socket;
        }
        catch (Exception failed) when (!isLast && failed is SocketException or OperationCanceledException && !cancellation.IsCancellationRequested)
        {
            socket.Dispose();
            return null;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async ValueTask<IPAddress[]> ResolveAsync(CancellationToken cancellation)
    {
        if (_literal is not null) return [_literal];
        try
        {
            var addresses = await Ask().WaitAsync(cancellation);
            return addresses.Length > 0 ? addresses : throw new UpstreamException("its name does not resolve") { NothingSent = true };
        }
        catch (SocketException unknown)
        {
            throw new UpstreamException("its name does not resolve", unknown) { NothingSent = true };
        }
    }

    /// <summary>One question at a time, whoever waits for it; so it is nobody's to cancel.</summary>
    private Task<IPAddress[]> Ask()
    {
        lock (_lock)
        {
            var isGood = _answer is { IsFaulted: false, IsCanceled: false } && (!_answer.IsCompleted || time.GetElapsedTime(_askedAt) < s_answerLifetime);
            if (isGood) return _answer!;
            _askedAt = time.GetTimestamp();
            return _answer = resolve(host, CancellationToken.None);
        }
    }
}
