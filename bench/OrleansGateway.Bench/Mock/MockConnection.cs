using System.Net.Sockets;

namespace OrleansGateway.Bench.Mock;

/// <summary>One connection: reads a request, answers it, and so on until the peer closes it.</summary>
internal sealed class MockConnection(Socket socket, int events, TimeSpan pace)
{
    private byte[] _buffer = new byte[8 << 10];
    private int _length;
    private int _bodyAt;

    public async Task RunAsync(CancellationToken cancellation)
    {
        using var closing = socket;
        try
        {
            while (await ReadHeadAsync(cancellation) is { } request)
            {
                await AnswerAsync(request, cancellation);
            }
        }
        catch (Exception gone) when (gone is SocketException or OperationCanceledException)
        {
            // The peer has closed it, or the program ends.
        }
    }

    private ValueTask AnswerAsync(MockRequest request, CancellationToken cancellation) => request.Wanted switch
    {
        MockRequest.Kind.Upload => new MockTransfer(socket).TakeAsync(_buffer.AsMemory(_bodyAt, _length - _bodyAt), request.BodyBytes, cancellation),
        MockRequest.Kind.Download => new MockTransfer(socket).SendAsync(request.AnswerBytes, cancellation),
        MockRequest.Kind.Cacheable => SendAsync(MockAnswers.Cacheable((int)request.AnswerBytes), cancellation),
        _ => ChatAsync((int)request.BodyBytes, cancellation),
    };

    private async ValueTask SendAsync(byte[] answer, CancellationToken cancellation) => await socket.SendAsync(answer, cancellation);

    private async ValueTask ChatAsync(int bodyBytes, CancellationToken cancellation)
    {
        var end = _bodyAt + bodyBytes;
        if (end > _buffer.Length) Array.Resize(ref _buffer, end);
        while (_length < end)
        {
            if (!await FillAsync(cancellation)) return;
        }

        if (_buffer.AsSpan(_bodyAt, bodyBytes).IndexOf("\"stream\":true"u8) >= 0) await StreamAsync(cancellation);
        else await socket.SendAsync(MockAnswers.Whole, cancellation);
    }

    /// <summary>Reads up to the end of a head, and what comes with it of the body; none if there is no further request.</summary>
    private async ValueTask<MockRequest?> ReadHeadAsync(CancellationToken cancellation)
    {
        _length = 0;
        while (true)
        {
            if (_length == _buffer.Length) Array.Resize(ref _buffer, _buffer.Length * 2);
            if (!await FillAsync(cancellation)) return null;
            _bodyAt = _buffer.AsSpan(0, _length).IndexOf("\r\n\r\n"u8) + 4;
            if (_bodyAt >= 4) return MockRequest.Read(_buffer.AsSpan(0, _bodyAt));
        }
    }

    private async ValueTask<bool> FillAsync(CancellationToken cancellation)
    {
        var bytes = await socket.ReceiveAsync(_buffer.AsMemory(_length), cancellation);
        _length += bytes;
        return bytes > 0;
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
