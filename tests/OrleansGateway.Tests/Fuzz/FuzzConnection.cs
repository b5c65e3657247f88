using System.Net.Sockets;
using System.Text;

namespace OrleansGateway.Tests.Fuzz;

/// <summary>What came of sending bytes.</summary>
/// <param name="Wire">All that came back.</param>
/// <param name="Closed">Whether the gateway ended the connection; false only where the client did.</param>
/// <param name="Fault">Why the connection itself was wrong; none if it was not.</param>
internal sealed record Heard(string Wire, bool Closed, string? Fault = null);

/// <summary>One connection of a client: says its bytes, hears what comes at the same time, and sees the connection to its end.</summary>
internal sealed class FuzzConnection : IDisposable
{
    private const int HeardMax = 16 << 20;

    /// <summary>Time in which something must happen, on a machine that does much else: an answer, or the end of the connection.</summary>
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(40);

    /// <summary>Silence after which a client that is owed nothing hangs up.</summary>
    private static readonly TimeSpan s_quiet = TimeSpan.FromMilliseconds(20);

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _buffer = new byte[64 << 10];
    private readonly StringBuilder _heard = new();
    private bool _halfClosed;

    /// <param name="gateway">Root of the data listener.</param>
    /// <param name="case">What is said, and how.</param>
    /// <param name="isOwed">Whether, by what was heard so far, the gateway owes the client an answer.</param>
    /// <param name="cancellation">Gives up.</param>
    public static async Task<Heard> RunAsync(Uri gateway, FuzzCase @case, Func<string, bool> isOwed, CancellationToken cancellation)
    {
        using var connection = new FuzzConnection();
        await connection._socket.ConnectAsync(gateway.Host, gateway.Port, cancellation);
        var sending = connection.SendAsync(@case, cancellation);
        if (@case.End == CaseEnd.Reset)
        {
            await sending;
            connection._socket.Close(0);
            return new Heard("", Closed: false);
        }

        var heard = await connection.HearAsync(sending, isOwed, cancellation);
        connection._socket.Close();
        await sending;
        return heard;
    }

    public void Dispose() => _socket.Dispose();

    private async Task SendAsync(FuzzCase @case, CancellationToken cancellation)
    {
        var bytes = Encoding.Latin1.GetBytes(@case.Wire);
        try
        {
            var from = 0;
            foreach (var cut in (int[])[.. @case.Cuts, bytes.Length])
            {
                await _socket.SendAsync(bytes.AsMemory(from, cut - from), cancellation);
                from = cut;
                if (@case.Drip > TimeSpan.Zero) await Task.Delay(@case.Drip, cancellation);
            }

            if (@case.End == CaseEnd.HalfClosed) HalfClose();
        }
        catch (Exception closed) when (closed is SocketException or ObjectDisposedException)
        {
            // The gateway had heard enough.
        }
    }

    private async Task<Heard> HearAsync(Task sending, Func<string, bool> isOwed, CancellationToken cancellation)
    {
        while (true)
        {
            // What it is owed may change with the end of the sending, too.
            var isSent = sending.IsCompleted;
            var hangsUp = isSent && !_halfClosed && !isOwed(_heard.ToString());
            switch (await HearMoreAsync(hangsUp || !isSent ? s_quiet : s_deadline, cancellation))
            {
                case 0: return new Heard(_heard.ToString(), Closed: true);
                case < 0 when hangsUp: HalfClose(); break;
                case < 0 when isSent: return new Heard(_heard.ToString(), Closed: false, _halfClosed ? "The connection was not ended" : "Nothing was answered");
                case > 0 when _heard.Length > HeardMax: return new Heard("", Closed: false, "There was no end to the answer");
            }
        }
    }

    /// <summary>How much more has come: 0 at the end, below it if nothing came in that time.</summary>
    private async Task<int> HearMoreAsync(TimeSpan patience, CancellationToken cancellation)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        waiting.CancelAfter(patience);
        try
        {
            var read = await _socket.ReceiveAsync(_buffer, waiting.Token);
            _heard.Append(Encoding.Latin1.GetString(_buffer, 0, read));
            return read;
        }
        catch (SocketException)
        {
            // A reset is an end too.
            return 0;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return -1;
        }
    }

    private void HalfClose()
    {
        _halfClosed = true;
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // The gateway was first.
        }
    }
}
