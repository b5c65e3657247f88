using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace OrleansGateway.Upstream.Http1;

/// <summary>How much of what was sent the peer's TCP has confirmed.</summary>
internal static class TcpReceipt
{
    private const int Tcp = 6;
    private const int TcpInfo = 11;

    /// <summary>Where <c>tcpi_bytes_acked</c> stands in Linux's <c>struct tcp_info</c> (linux/tcp.h, since 4.2).</summary>
    private const int BytesAckedAt = 120;

    /// <summary>Bytes confirmed since the connection was opened, its opening counted as one; none where the system does not tell.</summary>
    public static long? BytesConfirmed(Socket socket)
    {
        if (!OperatingSystem.IsLinux()) return null;
        Span<byte> info = stackalloc byte[BytesAckedAt + sizeof(ulong)];
        try
        {
            // In the machine's own byte order.
            return socket.GetRawSocketOption(Tcp, TcpInfo, info) == info.Length ? MemoryMarshal.Read<long>(info[BytesAckedAt..]) : null;
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            return null;
        }
    }
}
