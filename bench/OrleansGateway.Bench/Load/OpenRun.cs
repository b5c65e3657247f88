using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Sockets;
using System.Text.Json;

namespace OrleansGateway.Bench.Load;

/// <summary>
/// Sends requests when they are due, not when the one before is answered, and measures from when they were due: a server that stalls is not spared the
/// requests it would have had meanwhile. Gaps are drawn evenly between nothing and twice the mean, so that no target can fall in step.
/// </summary>
internal sealed class OpenRun(IReadOnlyList<Target> targets, ProcessMeter meter, int rate, TimeSpan warmUp, TimeSpan duration)
{
    private readonly Aim[] _aims = [.. targets.Select(target => new Aim(target))];
    private readonly Samples _latencies = new();
    private readonly Random _random = new(1);
    private int _errors;
    private string? _firstError;

    public async Task<int> RunAsync(CancellationToken cancellation)
    {
        await SendAsync(warmUp, measured: false, cancellation);
        var (startedAt, cpu) = (Stopwatch.GetTimestamp(), meter.Cpu());
        await SendAsync(duration, measured: true, cancellation);
        return Report(Stopwatch.GetElapsedTime(startedAt), meter.Cpu() - cpu);
    }

    private async Task SendAsync(TimeSpan length, bool measured, CancellationToken cancellation)
    {
        var pending = new List<Task>();
        var end = Stopwatch.GetTimestamp() + Ticks(length.TotalSeconds);
        var next = 0;
        for (var due = Stopwatch.GetTimestamp(); due < end; due += Ticks(_random.NextDouble() * 2 / (rate * _aims.Length)))
        {
            await UntilAsync(due, cancellation);
            pending.Add(RequestAsync(_aims[next++ % _aims.Length], due, measured, cancellation));
        }

        await Task.WhenAll(pending);
        foreach (var aim in _aims)
        {
            while (aim.Idle.Count > 64 && aim.Idle.TryPop(out var spare)) spare.Dispose();
        }
    }

    /// <summary>Timers are good to a millisecond; the rest is waited out.</summary>
    private static async ValueTask UntilAsync(long due, CancellationToken cancellation)
    {
        var wait = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), due);
        if (wait > TimeSpan.FromMilliseconds(2)) await Task.Delay(wait - TimeSpan.FromMilliseconds(1.5), cancellation);
        while (Stopwatch.GetTimestamp() < due) Thread.Yield();
    }

    private async Task RequestAsync(Aim aim, long due, bool measured, CancellationToken cancellation)
    {
        LoadConnection? connection = null;
        try
        {
            if (!aim.Idle.TryPop(out connection)) connection = await LoadConnection.OpenAsync(aim.Target, cancellation);
            await connection.SendAsync(aim.Request, cancellation);
            await connection.SkipAsync(await connection.ReadHeadAsync(cancellation), cancellation);
            if (measured) _latencies.Add(Stopwatch.GetTimestamp() - due);
            aim.Idle.Push(connection);
        }
        catch (Exception failed) when (failed is SocketException or InvalidDataException)
        {
            connection?.Dispose();
            _firstError ??= failed.Message;
            Interlocked.Increment(ref _errors);
        }
    }

    private int Report(TimeSpan elapsed, TimeSpan cpu)
    {
        Console.WriteLine(_latencies.Table("latency"));
        Console.WriteLine($"{_latencies.Count / elapsed.TotalSeconds:N0} req/s, {_errors} errors {_firstError}");
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            kind = "open",
            url = targets[0].Url,
            rate,
            requests = _latencies.Count,
            errors = _errors,
            p50_us = _latencies.Micros(0.5),
            p99_us = _latencies.Micros(0.99),
            cpu_us_per_request = _latencies.Count == 0 ? 0 : Math.Round(cpu.TotalMicroseconds / _latencies.Count, 1),
        }));
        return _errors == 0 && _latencies.Count > 0 ? 0 : 1;
    }

    private static long Ticks(double seconds) => (long)(seconds * Stopwatch.Frequency);

    private sealed class Aim(Target target)
    {
        public Target Target => target;

        public byte[] Request { get; } = target.Request(stream: false);

        public ConcurrentStack<LoadConnection> Idle { get; } = new();
    }
}
