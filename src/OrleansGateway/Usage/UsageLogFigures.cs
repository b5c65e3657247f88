using System.Diagnostics.Metrics;

namespace OrleansGateway.Usage;

/// <summary>What has become of records since the start. Counted here and read by whoever asks, so that counting costs a call next to nothing.</summary>
internal sealed class UsageLogFigures
{
    private static readonly TimeSpan s_sayEvery = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private long _appended;
    private long _applied;
    private long _known;
    private long _dropped;
    private long _damaged;
    private long _unsaid;
    private long _saidAt;

    public long Appended => Volatile.Read(ref _appended);

    /// <summary>New to the store.</summary>
    public long Applied => Volatile.Read(ref _applied);

    /// <summary>There already: applied once more, because nobody knew.</summary>
    public long Known => Volatile.Read(ref _known);

    public long Dropped => Volatile.Read(ref _dropped);

    /// <summary>Pieces of the log set aside.</summary>
    public long Damaged => Volatile.Read(ref _damaged);

    public void Append(int records) => Interlocked.Add(ref _appended, records);

    public void Apply(UsageApplied applied, int damaged)
    {
        Interlocked.Add(ref _applied, applied.Added);
        Interlocked.Add(ref _known, applied.Known);
        Interlocked.Add(ref _damaged, damaged);
    }

    /// <summary>Answers how many to speak of now; 0 if it was spoken of in the last ten seconds.</summary>
    public long Drop(int records, long now, TimeProvider time)
    {
        lock (_lock)
        {
            _dropped += records;
            _unsaid += records;
            if (_saidAt != 0 && time.GetElapsedTime(_saidAt, now) < s_sayEvery) return 0;
            (var unsaid, _unsaid, _saidAt) = (_unsaid, 0, now);
            return unsaid;
        }
    }

    /// <summary>Shows them on a meter.</summary>
    public void Show(Meter meter, Func<long> bytesWaiting, Func<TimeSpan> lag)
    {
        meter.CreateObservableCounter("gateway.usage.records", Records, "{record}",
            "Usage records: appended to the edge's log, applied to the store, known to it already, dropped for want of room.");
        meter.CreateObservableCounter("gateway.usage.log.damaged", () => Damaged, "{piece}", "Pieces of the usage log that could not be read and were set aside.");
        meter.CreateObservableGauge("gateway.usage.log.bytes", bytesWaiting, "By", "Bytes of the usage log that wait for the store.");
        meter.CreateObservableGauge("gateway.usage.log.lag", () => lag().TotalSeconds, "s", "Age of the oldest usage record that is not in the store.");
    }

    private IEnumerable<Measurement<long>> Records() =>
        from one in ((string, long)[])[("appended", Appended), ("applied", Applied), ("known", Known), ("dropped", Dropped)]
        select new Measurement<long>(one.Item2, new KeyValuePair<string, object?>("result", one.Item1));
}
