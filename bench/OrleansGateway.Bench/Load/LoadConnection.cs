using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;

namespace OrleansGateway.Bench.Load;

/// <summary>
/// One client connection, on a bare socket: HttpClient would cost more than the gateway under test. Understands what servers here send: a length, or chunks.
/// </summary>
internal sealed class LoadConnection(Socket socket, int bufferBytes) : IDisposable
{
    private readonly byte[] _buffer = new byte[bufferBytes];
    private int _start;
    private int _end;

    /// <summary>Connects, from an address of this machine if one is given: each has ports of its own.</summary>
    public static async ValueTask<LoadConnection> OpenAsync(
        Target target, CancellationToken cancellation, IPAddress? from = null, int bufferBytes = 16 << 10)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            if (from is not null) socket.Bind(new IPEndPoint(from, 0));
            await socket.ConnectAsync(target.Address, cancellation);
            return new LoadConnection(socket, bufferBytes);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public async ValueTask SendAsync(ReadOnlyMemory<byte> request, CancellationToken cancellation)
    {
        _start = _end = 0;
        await socket.SendAsync(request, cancellation);
    }

    /// <summary>Reads the head of the answer and returns the length of its body; -1 if it comes in chunks.</summary>
    public async ValueTask<int> ReadHeadAsync(CancellationToken cancellation)
    {
        int length;
        while (!TryReadHead(out length)) await FillAsync(cancellation);
        return length;
    }

    /// <summary>Reads past the body of an answer; -1 is one in chunks.</summary>
    public async ValueTask SkipAsync(int length, CancellationToken cancellation)
    {
        if (length < 0)
        {
            // Whole answers are small: the last chunk comes with what is read last.
            while (!_buffer.AsSpan(_start, _end - _start).EndsWith("0\r\n\r\n"u8)) await FillAsync(cancellation);
            _start = _end;
            return;
        }

        while ((length -= Take().Length) > 0) await FillAsync(cancellation);
    }

    /// <summary>Reads what has come of the body, at least one byte.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellation)
    {
        if (_start == _end) await FillAsync(cancellation);
        return Take();
    }

    public void Dispose() => socket.Dispose();

    private async ValueTask FillAsync(CancellationToken cancellation)
    {
        if (_start == _end) _start = _end = 0;
        var bytes = await socket.ReceiveAsync(_buffer.AsMemory(_end), cancellation);
        if (bytes == 0) throw new InvalidDataException("The connection was closed in the middle of an answer.");
        _end += bytes;
    }

    private ReadOnlyMemory<byte> Take()
    {
        var taken = _buffer.AsMemory(_start, _end - _start);
        _start = _end;
        return taken;
    }

    private bool TryReadHead(out int length)
    {
        length = -1;
        var arrived = _buffer.AsSpan(_start, _end - _start);
        var end = arrived.IndexOf("\r\n\r\n"u8);
        if (end < 0) return false;
        var head = arrived[..(end + 2)];
        if (!head.StartsWith("HTTP/1.1 200 "u8)) throw new InvalidDataException("Answered with " + System.Text.Encoding.ASCII.GetString(head[..head.IndexOf((byte)'\r')]));
        var at = System.Text.Encoding.ASCII.GetString(head).IndexOf("\r\nContent-Length: ", StringComparison.OrdinalIgnoreCase);
        if (at >= 0 && !Utf8Parser.TryParse(head[(at + 18)..], out length, out _)) throw new InvalidDataException("The length of the answer is no number.");
        _start += end + 4;
        return true;
    }
}
