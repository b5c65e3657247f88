using System.Diagnostics;
using System.Net.Sockets;
using System.Text.Json;

namespace OrleansGateway.Bench.Load;

/// <summary>Which way the large body goes.</summary>
internal enum TransferDirection
{
    Upload,
    Download,
}

/// <summary>A number of large bodies at once, and what the server between needed for them.</summary>
internal sealed class TransferRun(
    Target target, ProcessMeter meter, TransferDirection direction, long bytes, int count, double megabytesPerSecond, bool http2, double residentMaxMiB)
{
    private static readonly double GiB = 1L << 30;

    private int _failed;

    public async Task<int> RunAsync(CancellationToken cancellation)
    {
        var before = meter.ResidentMiB();
        meter.ForgetPeak();
        var (startedAt, cpu) = (Stopwatch.GetTimestamp(), meter.Cpu());
        await Task.WhenAll(Enumerable.Range(0, count).Select(_ => TransferAsync(cancellation)));
        return Report(Stopwatch.GetElapsedTime(startedAt), meter.Cpu() - cpu, before, meter.PeakMiB());
    }

    private async Task TransferAsync(CancellationToken cancellation)
    {
        try
        {
            var pace = new Pace(megabytesPerSecond * 1e6);
            if (http2) await new Http2Transfer(target, bytes, pace).RunAsync(direction, cancellation);
            else await new Http1Transfer(target, bytes, pace).RunAsync(direction, cancellation);
        }
        catch (Exception failed) when (failed is SocketException or IOException or InvalidDataException or HttpRequestException)
        {
            Console.WriteLine($"failed: {failed.Message}");
            Interlocked.Increment(ref _failed);
        }
    }

    private int Report(TimeSpan elapsed, TimeSpan cpu, double before, double peak)
    {
        var kept = _failed == 0 && peak < residentMaxMiB;
        var total = (double)bytes * (count - _failed);
        var cpuPerGiB = total == 0 ? 0 : cpu.TotalSeconds * GiB / total;
        Console.WriteLine(
            $"{direction} {count} x {bytes / GiB:N2} GiB in {elapsed.TotalSeconds:N1} s: {total / 1e6 / elapsed.TotalSeconds:N0} MB/s, "
            + $"CPU {cpuPerGiB:N2} s/GiB, memory {before:N1} MiB before, {peak:N1} at most; {_failed} failed");
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            kind = "transfer",
            url = target.Url,
            direction = direction == TransferDirection.Upload ? "upload" : "download",
            http = http2 ? 2 : 1,
            bytes,
            count,
            kept,
            failed = _failed,
            seconds = Math.Round(elapsed.TotalSeconds, 2),
            mb_per_second = Math.Round(total / 1e6 / elapsed.TotalSeconds),
            cpu_ms_per_gib = Math.Round(cpuPerGiB * 1000),
            resident_before_mib = Math.Round(before, 1),
            resident_max_mib = Math.Round(peak, 1),
        }));
        return kept ? 0 : 1;
    }
}
