using System.Net.Security;
using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace OrleansGateway.Upstream;

/// <summary>TLS over a socket, which tells an end that the peer declared from one that anybody could have made (RFC 9112 §9.8).</summary>
internal sealed class TlsStream : SslStream
{
    private readonly SocketUnderTls _under;

    public TlsStream(Socket socket)
        : this(new SocketUnderTls(socket))
    {
    }

    private TlsStream(SocketUnderTls under)
        : base(under, leaveInnerStreamOpen: false) => _under = under;

    /// <summary>Receives at least a byte; 0 at the end if the peer declared it. Throws <see cref="IOException"/> if the connection merely ended.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<int> ReceiveAsync(Memory<byte> memory)
    {
        var bytes = await ReadAsync(memory, CancellationToken.None);
        return bytes == 0 && _under.HasEnded ? throw new IOException("The connection ended without TLS's close_notify.") : bytes;
    }

    private sealed class SocketUnderTls(Socket socket) : NetworkStream(socket, ownsSocket: true)
    {
        public bool HasEnded { get; private set; }

        [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var bytes = await base.ReadAsync(buffer, cancellationToken);
            if (bytes == 0 && buffer.Length > 0) HasEnded = true;
            return bytes;
        }
    }
}
