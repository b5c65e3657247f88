using System.Buffers.Text;
using System.Net.Sockets;

namespace OrleansGateway.Bench.Mock;

/// <summary>One connection: reads a request, answers it whole or as a stream, and so on until the peer closes it.</summary>
internal sealed class MockConnection(Socket socket, int events, TimeSpan pace)
{
    private byte[] _buffer = new byte[8 << 10];
    private int _length;

    public async Task RunAsync(CancellationToken cancellation)
    {
        using var closing = socket;
        try
        {
            while (await ReadRequestAsync(cancellation) is { } wantsStream)
            {
                if (wantsStream) await StreamAsync(cancellation);
                else await socket.SendAsync(MockAnswers.Whole, cancellation);
            }
        }
        catch (Exception gone) when (gone is SocketException or OperationCanceledException)
        {
            // The peer has closed it, or the program ends.
        }
    }

    /// <summary>Whether the request wants a stream; none if there is no further request.</summary>
    private async ValueTask<bool?> ReadRequestAsync(CancellationToken cancellation)
    {
        _length = 0;
        int bodyAt, end;
        while (!IsWhole(out bodyAt, out end))
        {
            if (Math.Max(end, _length + 1) is var needed && needed > _buffer.Length) Array.Resize(ref _buffer, Math.Max(needed, _buffer.Length * 2));
            var bytes = await socket.ReceiveAsync(_buffer.AsMemory(_length), cancellation);
            if (bytes == 0) return null;
            _length += bytes;
        }

        return _buffer.AsSpan(bodyAt, end - bodyAt).IndexOf("\"stream\":true"u8) >= 0;
    }

    private bool IsWhole(out int bodyAt, out int end)
    {
        end = 0;
        var head = _buffer.AsSpan(0, _length);
        bodyAt = head.IndexOf("\r\n\r\n"u8) + 4;
        if (bodyAt < 4) return false;
        end = bodyAt + ContentLength(head[..bodyAt]);
        return _length >= end;
    }

    /// <summary>Only what the gateway and nginx write is understood: a length, spelt one of two ways.</summary>
    private static int ContentLength(ReadOnlySpan<byte> head)
    {
        var at = head.IndexOf("\r\nContent-Length: "u8);
        if (at < 0) at = head.IndexOf("\r\ncontent-length: "u8);
        return at >= 0 && Utf8Parser.TryParse(head[(at + 18)..], out int length, out _) ? length : 0;
    }

    private async ValueTask StreamAsync(CancellationToken cancellation)
    {
        await socket.SendAsync(MockAnswers.StreamHead, cancellation);
        using var timer = new PeriodicTimer(pace);
        var chunk = MockAnswers.NewEvent(events);
        for (var number = 0; number < events; number++)
        {
            // The first at once: it is the time to the first event that is measured by it.
            if (number > 0) await timer.WaitForNextTickAsync(cancellation);
            MockAnswers.Stamp(chunk, number);
            await socket.SendAsync(chunk, cancellation);
        }

        await socket.SendAsync(MockAnswers.StreamEnd, cancellation);
    }
}
