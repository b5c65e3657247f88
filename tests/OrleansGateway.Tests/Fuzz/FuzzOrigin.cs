using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using OrleansGateway.Tests.Operations;

namespace OrleansGateway.Tests.Fuzz;

/// <summary>
/// A server behind the gateway that reads strictly: whatever the gateway makes of a client's bytes, what it sends on must be HTTP. One that is not
/// steady answers with mutated answers, chosen by the marker of the request.
/// </summary>
internal sealed class FuzzOrigin : IAsyncDisposable
{
    private const int RequestMax = 8 << 20;
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<Task, bool> _serving = [];
    private readonly Task _accepting;
    private readonly int _seed;
    private readonly bool _isSteady;

    public FuzzOrigin(int seed, bool isSteady)
    {
        (_seed, _isSteady) = (seed, isSteady);
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(512);
        _accepting = AcceptAsync();
    }

    public Uri Url => new($"http://{_listener.LocalEndPoint}");

    /// <summary>What reached it and should not have, and the case it came of, if that is known.</summary>
    public ConcurrentQueue<(int? Case, string What)> Faults { get; } = [];

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Dispose();
        await _accepting;
        await Task.WhenAll(_serving.Keys);
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var serving = ServeAsync(await _listener.AcceptAsync(_stopping.Token));
                _serving[serving] = true;
                _ = serving.ContinueWith(ended => _serving.TryRemove(ended, out _), TaskScheduler.Default);
            }
        }
        catch (Exception stopped) when (stopped is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The run is over.
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        using var _ = socket;
        socket.NoDelay = true;
        var wire = "";
        try
        {
            while (true)
            {
                var request = await ReadAsync(socket, wire);
                if (request is null) return;
                (wire, var read) = request.Value;
                if (!await AnswerAsync(socket, wire[read.Start..read.End], read)) return;
                wire = wire[read.End..];
            }
        }
        catch (Exception gone) when (gone is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The gateway hung up, as it may.
        }
    }

    /// <summary>The next request, whole, with all bytes read by then; none if there is none, or if it is not sound.</summary>
    private async Task<(string Wire, ReadRequest Request)?> ReadAsync(Socket socket, string wire)
    {
        var (buffer, bytes, continued) = (new byte[64 << 10], new StringBuilder(wire), false);
        while (true)
        {
            if (wire.Length > 0)
            {
                var request = ReadRequest.At(wire, 0);
                if (request.Fields.IsOdd) Fault(wire, "The gateway sent on a field that may not be sent");
                if (request.Verdict == Verdict.Whole) return (wire, request);
                if (request.Verdict != Verdict.Partial || wire.Length > RequestMax)
                {
                    Fault(wire, $"The gateway sent on what is no request ({request.Verdict}, {request.Why})");
                    return null;
                }

                if (!continued && request.HasHead && request.Fields.Has("expect", "100-continue"))
                {
                    continued = true;
                    await socket.SendAsync("HTTP/1.1 100 Continue\r\n\r\n"u8.ToArray(), _stopping.Token);
                }
            }

            var read = await socket.ReceiveAsync(buffer, _stopping.Token);
            if (read == 0) return null;
            wire = bytes.Append(Encoding.Latin1.GetString(buffer, 0, read)).ToString();
        }
    }

    /// <summary>Whether the connection can be used again.</summary>
    private async Task<bool> AnswerAsync(Socket socket, string wire, ReadRequest request)
    {
        var markers = Marker.In(wire, _seed).ToHashSet();
        if (markers.Select(Marker.CaseOf).Distinct().Count() > 1) Fault(wire, $"The gateway mixed the requests of two clients");
        if (request.Target.StartsWith("/keyed/", StringComparison.Ordinal) && request.Fields.Of("authorization").Any(v => v.Contains(OperationsFolder.Key, StringComparison.Ordinal)))
            Fault(wire, $"The gateway sent on the client's key");
        var marker = markers.Count == 0 ? "none" : request.Fields.Of("x-fuzz-marker") is [var named, ..] && markers.Contains(named) ? named : markers.First();
        var random = Marker.RandomOf(_seed, markers.Count == 0 ? 0 : Marker.CaseOf(marker), purpose: 2);
        var answer = OriginAnswers.To(request, marker, random, _isSteady);
        var handsOver = answer.StartsWith("HTTP/1.1 101", StringComparison.Ordinal);
        // An answer that nobody asked for, all of it sound: who uses the connection again gives it to another client.
        if (!_isSteady && !handsOver && random.Next(12) == 0)
        {
            await socket.SendAsync(Encoding.Latin1.GetBytes(answer + answer), _stopping.Token);
            return true;
        }

        if (!_isSteady && markers.Count > 0 && random.Next(4) > 0)
            return await MutatedAsync(socket, Encoding.Latin1.GetBytes(ByteMutation.Mutate(answer, answer.Length, random)), random) && !handsOver;
        await socket.SendAsync(Encoding.Latin1.GetBytes(answer), _stopping.Token);
        if (handsOver) await EchoAsync(socket);
        return !handsOver && !request.IsLast;
    }

    /// <summary>
    /// Sends it in segments, and closes or resets; or in one, and leaves the connection open: what stands after the answer is then there at once, so that
    /// a gateway that looks will not use the connection again.
    /// </summary>
    private async Task<bool> MutatedAsync(Socket socket, byte[] answer, Random random)
    {
        var end = random.Next(10);
        var piece = end < 2 ? answer.Length : Math.Max(1, random.Next(answer.Length));
        for (var at = 0; at < answer.Length; at += piece)
            await socket.SendAsync(answer.AsMemory(at, Math.Min(piece, answer.Length - at)), _stopping.Token);
        if (end is 2 or 3) socket.Close(0);
        return end < 2;
    }

    private void Fault(string wire, string what) =>
        Faults.Enqueue((Marker.In(wire, _seed).Select(Marker.CaseOf).Cast<int?>().FirstOrDefault(), $"{what}:\n{Bytes.Shown(wire)}"));

    private async Task EchoAsync(Socket socket)
    {
        var buffer = new byte[4 << 10];
        while (await socket.ReceiveAsync(buffer, _stopping.Token) is > 0 and var read) await socket.SendAsync(buffer.AsMemory(0, read), _stopping.Token);
    }
}
