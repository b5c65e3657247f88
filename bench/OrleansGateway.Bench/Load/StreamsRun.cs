using System.Diagnostics;
using System.Net.Sockets;

namespace OrleansGateway.Bench.Load;

/// <summary>A number of slots that each hold one stream open, one after the other, on a connection that is kept.</summary>
internal sealed class StreamsRun(Target target, ProcessMeter meter, int count, TimeSpan duration, StreamsReport.Bounds bounds)
{
    /// <summary>Streams open one after the other in this time, so that their events are spread over time too.</summary>
    private readonly TimeSpan _ramp = TimeSpan.FromSeconds(Math.Min(4, duration.TotalSeconds / 2));

    /// <summary>Time for the streams open at the end. Longer than a stream; a stream that hangs counts as broken.</summary>
    private static readonly TimeSpan TailMax = TimeSpan.FromSeconds(60);

    private readonly byte[] _request = target.Request(stream: true);
    private readonly StreamsReport _report = new(target, count);
    private long _startedAt;

    public async Task<int> RunAsync(CancellationToken cancellation)
    {
        using var running = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        running.CancelAfter(duration + TailMax);
        using var sampling = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        _startedAt = Stopwatch.GetTimestamp();
        var sampler = SampleAsync(sampling.Token);
        await Task.WhenAll(Enumerable.Range(0, count).Select(slot => RunSlotAsync(slot, running.Token)));
        await sampling.CancelAsync();
        await sampler;
        return _report.Print(duration, bounds) ? 0 : 1;
    }

    private async Task RunSlotAsync(int slot, CancellationToken cancellation)
    {
        try
        {
            await Task.Delay(_ramp * slot / count, cancellation);
            using var connection = await LoadConnection.OpenAsync(target, cancellation);
            var (chunks, check) = (new ChunkedBody(), new StreamCheck(_report.Delays));
            do
            {
                await RunStreamAsync(connection, chunks, check, cancellation);
            }
            while (Stopwatch.GetElapsedTime(_startedAt) < duration);
        }
        catch (Exception broken) when (broken is SocketException or InvalidDataException or OperationCanceledException or ArgumentException or FormatException)
        {
            _report.Broken(broken);
        }
    }

    private async Task RunStreamAsync(LoadConnection connection, ChunkedBody chunks, StreamCheck check, CancellationToken cancellation)
    {
        chunks.Reset();
        check.Reset();
        var (sentAt, before) = (Stopwatch.GetTimestamp(), check.Events);
        await connection.SendAsync(_request, cancellation);
        if (await connection.ReadHeadAsync(cancellation) >= 0) throw new InvalidDataException("The answer is no stream.");
        _report.Opened();
        while (!chunks.IsComplete)
        {
            var arrived = await connection.ReadAsync(cancellation);
            var arrivedAt = Stopwatch.GetTimestamp();
            var events = check.Events;
            Take(arrived.Span, arrivedAt);
            if (events == before && check.Events > events) _report.FirstEvents.Add(arrivedAt - sentAt);
        }

        if (!check.IsDone) throw new InvalidDataException("The stream ended without [DONE].");
        _report.Closed();

        void Take(ReadOnlySpan<byte> bytes, long arrivedAt)
        {
            while (chunks.Next(ref bytes) is { IsEmpty: false } data) check.Take(data, arrivedAt);
        }
    }

    private async Task SampleAsync(CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
        var (cpu, at) = (meter.Cpu(), _startedAt);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellation))
            {
                var (cpuNow, now) = (meter.Cpu(), Stopwatch.GetTimestamp());
                _report.Sample(Stopwatch.GetElapsedTime(_startedAt, now), meter.ResidentMB(), (cpuNow - cpu) / Stopwatch.GetElapsedTime(at, now));
                (cpu, at) = (cpuNow, now);
            }
        }
        catch (OperationCanceledException)
        {
            // The streams have ended.
        }
    }
}
