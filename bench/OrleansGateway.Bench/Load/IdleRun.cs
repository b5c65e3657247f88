using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace OrleansGateway.Bench.Load;

/// <summary>Opens connections, each with one request, lets them be, and asks once more on each: none may have been closed meanwhile.</summary>
internal sealed class IdleRun(Target target, ProcessMeter meter, int count, TimeSpan idle, double residentMaxMiB)
{
    /// <summary>Requests at once. It is idle connections that are measured, not a rush.</summary>
    private const int AtOnce = 32;

    /// <summary>Addresses to call from: one has some 28,000 ports to a server's one, of which earlier runs may still hold many (TIME_WAIT).</summary>
    private const int Addresses = 8;

    /// <summary>Time after closing, in which a server lets go of what the connections held.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(5);

    private readonly byte[] _request = target.Head("GET", "item");
    private readonly LoadConnection?[] _connections = new LoadConnection?[count];
    private int _lost;
    private string? _firstLoss;

    public async Task<int> RunAsync(CancellationToken cancellation)
    {
        var before = meter.ResidentMiB();
        meter.ForgetPeak();
        await OnEachAsync(OpenAsync, cancellation);
        await Task.Delay(idle, cancellation);
        var (open, with) = (_connections.Count(c => c is not null), meter.ResidentMiB());
        await OnEachAsync(AskAsync, cancellation);
        var peak = meter.PeakMiB();
        foreach (var connection in _connections) connection?.Dispose();
        await Task.Delay(Settling, cancellation);
        return Report(open, before, with, peak, meter.ResidentMiB());
    }

    private async Task OnEachAsync(Func<int, CancellationToken, ValueTask> action, CancellationToken cancellation)
    {
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation }, async (slot, stop) =>
        {
            try
            {
                await action(slot, stop);
            }
            catch (Exception lost) when (lost is SocketException or InvalidDataException)
            {
                _connections[slot]?.Dispose();
                _connections[slot] = null;
                _firstLoss ??= lost.Message;
                Interlocked.Increment(ref _lost);
            }
        });
    }

    private async ValueTask OpenAsync(int slot, CancellationToken cancellation)
    {
        var from = new IPAddress([127, 0, 0, (byte)(1 + slot % Addresses)]);
        _connections[slot] = await LoadConnection.OpenAsync(target, cancellation, from, bufferBytes: 4 << 10);
        await AskAsync(slot, cancellation);
    }

    private async ValueTask AskAsync(int slot, CancellationToken cancellation)
    {
        if (_connections[slot] is not { } connection) return;
        await connection.SendAsync(_request, cancellation);
        await connection.SkipAsync(await connection.ReadHeadAsync(cancellation), cancellation);
    }

    private int Report(int open, double before, double with, double peak, double after)
    {
        var kept = _lost == 0 && open == count && peak < residentMaxMiB;
        Console.WriteLine(
            $"{open:N0} connections open, {_lost} lost {_firstLoss}; "
            + $"memory {before:N1} MiB before, {with:N1} with them, {peak:N1} at most, {after:N1} after");
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            kind = "idle",
            url = target.Url,
            count,
            kept,
            open,
            lost = _lost,
            resident_before_mib = Math.Round(before, 1),
            resident_mib = Math.Round(with, 1),
            resident_max_mib = Math.Round(peak, 1),
            resident_after_mib = Math.Round(after, 1),
            kib_per_connection = open == 0 ? 0 : Math.Round((with - before) * 1024 / open, 1),
        }));
        return kept ? 0 : 1;
    }
}
