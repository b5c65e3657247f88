using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace OrleansGateway.Telemetry;

/// <summary>What the metrics say of the last minutes: attempts by provider, and requests in flight. Listens from its making on.</summary>
internal sealed class RecentAttempts : IDisposable
{
    /// <summary>How far back it looks.</summary>
    public const int Minutes = 5;

    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<string, Minute[]> _byProvider = new(StringComparer.Ordinal);
    private readonly TimeProvider _time;
    private long _inFlight;

    public RecentAttempts(GatewayMetrics metrics, TimeProvider time)
    {
        _time = time;
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (!ReferenceEquals(instrument.Meter, metrics.Meter)) return;
            if (instrument.Name is "gateway.upstream.attempts" or "http.server.active_requests") listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            if (instrument.Name == "http.server.active_requests") Interlocked.Add(ref _inFlight, value);
            else Take(value, tags);
        });
        _listener.Start();
    }

    /// <summary>Requests of clients in flight.</summary>
    public long InFlight => Volatile.Read(ref _inFlight);

    /// <summary>Attempts at a provider in the last minutes, and how many of them failed.</summary>
    public (long Attempts, long Failures) Of(string provider)
    {
        var now = Now();
        var (attempts, failures) = (0L, 0L);
        foreach (var minute in _byProvider.GetValueOrDefault(provider) ?? [])
        {
            lock (minute)
            {
                if (minute.At <= now - Minutes) continue;
                attempts += minute.Attempts;
                failures += minute.Failures;
            }
        }

        return (attempts, failures);
    }

    public void Dispose() => _listener.Dispose();

    private void Take(long count, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var (provider, outcome) = (default(string), default(string));
        foreach (var (name, value) in tags)
        {
            if (name == "provider") provider = value as string;
            else if (name == "outcome") outcome = value as string;
        }

        if (provider is null) return;
        var minutes = _byProvider.GetOrAdd(provider, static _ => [.. Enumerable.Range(0, Minutes).Select(_ => new Minute())]);
        var now = Now();
        var minute = minutes[now % Minutes];
        lock (minute)
        {
            if (minute.At != now) (minute.At, minute.Attempts, minute.Failures) = (now, 0, 0);
            minute.Attempts += count;
            if (outcome is "failed" or "timeout") minute.Failures += count;
        }
    }

    private long Now() => _time.GetTimestamp() / (_time.TimestampFrequency * 60);

    private sealed class Minute
    {
        public long At { get; set; } = long.MinValue;
        public long Attempts { get; set; }
        public long Failures { get; set; }
    }
}
