using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace OrleansGateway.Upstream.Http1;

/// <summary>
/// What carries a connection's bytes: a socket, or TLS over it. One branch tells them apart rather than a stream over both, which would cost the plain ones a
/// virtual call and a task.
/// </summary>
internal sealed class Http1Wire(Socket socket, TlsStream? tls = null)
{
    /// <summary>Bytes handed over to be sent since the connection was opened.</summary>
    public long BytesSent { get; private set; }

    /// <summary>Bytes the peer's TCP has confirmed; none where that is not told. Under TLS nobody can tell which of ours they were.</summary>
    public long? BytesConfirmed => tls is null ? TcpReceipt.BytesConfirmed(socket) : null;

    /// <summary>Whether an exception says that the connection is gone.</summary>
    public static bool IsGone(Exception problem) => problem is SocketException or ObjectDisposedException or IOException;

    /// <summary>Sends all. Throws what <see cref="IsGone"/> knows if the connection is gone.</summary>
    public ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
    {
        BytesSent += bytes.Length;
        if (tls is not null) return tls.WriteAsync(bytes, cancellation);
        var sending = socket.SendAsync(bytes, SocketFlags.None, cancellation);
        return sending.IsCompletedSuccessfully ? default : WaitAsync(sending);
    }

    /// <summary>Receives at least a byte; 0 at the end, if that is in order. Without a token: what waits is cancelled by closing.</summary>
    public ValueTask<int> ReceiveAsync(Memory<byte> memory)
    {
        try
        {
            return tls is null ? socket.ReceiveAsync(memory, SocketFlags.None, CancellationToken.None) : tls.ReceiveAsync(memory);
        }
        catch (ObjectDisposedException closed)
        {
            return ValueTask.FromException<int>(closed);
        }
    }

    /// <summary>Says that nothing more will be sent, and can receive on.</summary>
    public async ValueTask CompleteWritesAsync()
    {
        if (tls is not null) await tls.ShutdownAsync();
        socket.Shutdown(SocketShutdown.Send);
    }

    /// <summary>Closes at once; what waits on it fails.</summary>
    public void Close()
    {
        socket.Dispose();
        tls?.Dispose();
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private static async ValueTask WaitAsync(ValueTask<int> sending) => await sending;
}
