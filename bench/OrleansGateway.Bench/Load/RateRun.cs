using System.Diagnostics;
using System.Net.Sockets;
using System.Text.Json;

namespace OrleansGateway.Bench.Load;

/// <summary>A number of connections that each send a request, wait for the whole answer, and send the next.</summary>
internal sealed class RateRun(Target target, ProcessMeter meter, int connections, TimeSpan warmUp, TimeSpan duration)
{
    // Far beyond any latency here: an answer that takes this long counts as an error, so that a run always ends.
    private static readonly TimeSpan HangMax = TimeSpan.FromSeconds(10);

    private readonly byte[] _request = target.Request(stream: false);
    private readonly Samples _latencies = new();
    private volatile bool _measuring;
    private volatile bool _stopping;
    private int _errors;
    private string? _firstError;

    public async Task<int> RunAsync(CancellationToken cancellation)
    {
        using var hang = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var loops = Enumerable.Range(0, connections).Select(_ => LoopAsync(hang.Token)).ToArray();
        await Task.Delay(warmUp, cancellation);
        _measuring = true;
        var (startedAt, cpu) = (Stopwatch.GetTimestamp(), meter.Cpu());
        await Task.Delay(duration, cancellation);
        _measuring = false;
        var elapsed = Stopwatch.GetElapsedTime(startedAt);
        cpu = meter.Cpu() - cpu;
        _stopping = true;
        hang.CancelAfter(HangMax);
        await Task.WhenAll(loops);
        return Report(elapsed, cpu);
    }

    private async Task LoopAsync(CancellationToken cancellation)
    {
        LoadConnection? connection = null;
        while (!_stopping)
        {
            try
            {
                connection ??= await LoadConnection.OpenAsync(target, cancellation);
                await RequestAsync(connection, cancellation);
            }
            catch (Exception failed) when (failed is SocketException or InvalidDataException or OperationCanceledException)
            {
                _firstError ??= failed.Message;
                Interlocked.Increment(ref _errors);
                connection?.Dispose();
                connection = null;
                // A server that is not there must not be called in a tight loop.
                await Task.Delay(TimeSpan.FromMilliseconds(10), CancellationToken.None);
            }
        }

        connection?.Dispose();
    }

    private async ValueTask RequestAsync(LoadConnection connection, CancellationToken cancellation)
    {
        var sentAt = Stopwatch.GetTimestamp();
        await connection.SendAsync(_request, cancellation);
        var length = await connection.ReadHeadAsync(cancellation);
        await connection.SkipAsync(length, cancellation);
        if (_measuring) _latencies.Add(Stopwatch.GetTimestamp() - sentAt);
    }

    private int Report(TimeSpan elapsed, TimeSpan cpu)
    {
        var requests = _latencies.Count;
        var perSecond = requests / elapsed.TotalSeconds;
        var cpuPerRequest = requests == 0 ? 0 : cpu.TotalMicroseconds / requests;
        Console.WriteLine(_latencies.Table("latency"));
        Console.WriteLine($"{perSecond:N0} req/s, CPU {cpuPerRequest:N1} us/req ({cpu / elapsed:P0} of a core), {meter.ResidentMB():N0} MB, {_errors} errors {_firstError}");
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            kind = "rate",
            url = target.Url,
            connections,
            seconds = Math.Round(elapsed.TotalSeconds, 2),
            requests,
            errors = _errors,
            requests_per_second = Math.Round(perSecond),
            cpu_us_per_request = Math.Round(cpuPerRequest, 2),
            resident_mb = Math.Round(meter.ResidentMB(), 1),
            p50_us = _latencies.Micros(0.5),
            p99_us = _latencies.Micros(0.99),
        }));
        return _errors == 0 && requests > 0 ? 0 : 1;
    }
}
