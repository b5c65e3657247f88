using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace OrleansGateway.Bench.Stampede;

/// <summary>
/// One client of a crowd, that has the kernel note when its answer comes in, and looks at it when all is over: a crowd that is on the same machine as what it asks must not take the
/// processor from it. Linux only.
/// </summary>
internal sealed partial class Arrivals : IDisposable
{
    // SOL_SOCKET and SO_TIMESTAMPNS, which is also the type of the message (socket(7)).
    private const int SocketLevel = 1;
    private const int TimestampNs = 35;
    private const int ControlBytes = 64;

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, Blocking = true };
    private readonly byte[] _buffer = new byte[16 << 10];

    public Arrivals(Uri url)
    {
        _socket.Connect(new IPEndPoint(IPAddress.Loopback, url.Port));
        _socket.SetRawSocketOption(SocketLevel, TimestampNs, BitConverter.GetBytes(1));
        _socket.ReceiveTimeout = 60_000;
    }

    public void Send(byte[] request) => _socket.Send(request);

    /// <summary>When the first bytes of the answer came in, and the last.</summary>
    public (DateTime First, DateTime Last) Read()
    {
        var length = Receive(_buffer.AsSpan(0, 1), out var first);
        var last = first;
        int head;
        while ((head = _buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8)) < 0 || length < head + 4 + BodyBytes(head)) length += Receive(_buffer.AsSpan(length), out last);
        return (first, last);
    }

    public void Dispose() => _socket.Dispose();

    private int BodyBytes(int head)
    {
        var text = Encoding.ASCII.GetString(_buffer, 0, head);
        if (!text.StartsWith("HTTP/1.1 200 ", StringComparison.Ordinal)) throw new InvalidDataException("Answered with " + text.Split('\r')[0]);
        var line = text.Split("\r\n").First(static line => line.StartsWith("Content-Length: ", StringComparison.OrdinalIgnoreCase));
        return int.Parse(line[16..], System.Globalization.CultureInfo.InvariantCulture);
    }

    private unsafe int Receive(Span<byte> into, out DateTime at)
    {
        var control = stackalloc byte[ControlBytes];
        fixed (byte* bytes = into)
        {
            var piece = new Piece { Bytes = bytes, Length = (nuint)into.Length };
            var message = new Message { Pieces = &piece, PieceCount = 1, Control = control, ControlLength = ControlBytes };
            var read = ReceiveMessage((int)_socket.Handle, ref message, 0);
            if (read <= 0) throw new InvalidDataException("The connection was closed in the middle of an answer.");
            // Its only message: length, level and type, and then seconds and nanoseconds.
            var time = (long*)(control + 16);
            if (message.ControlLength < 32 || ((int*)control)[3] != TimestampNs) throw new PlatformNotSupportedException("The kernel tells no time of arrival.");
            at = DateTime.UnixEpoch.AddSeconds(time[0]).AddTicks(time[1] / 100);
            return (int)read;
        }
    }

    [LibraryImport("libc", EntryPoint = "recvmsg", SetLastError = true)]
    private static partial nint ReceiveMessage(int socket, ref Message message, int flags);

    [StructLayout(LayoutKind.Sequential)]
    private unsafe struct Piece
    {
        public byte* Bytes;
        public nuint Length;
    }

    [StructLayout(LayoutKind.Sequential)]
    private unsafe struct Message
    {
        public byte* Name;
        public uint NameLength;
        public Piece* Pieces;
        public nuint PieceCount;
        public byte* Control;
        public nuint ControlLength;
        public int Flags;
    }
}
