using System.Collections.Concurrent;
using OrleansGateway.Caching.Store;
using OrleansGateway.Telemetry;

namespace OrleansGateway.Caching.Models;

/// <summary>Answers of models: those stored, and those on their way that others may join.</summary>
internal sealed class ModelCache : IDisposable
{
    private const int SweepItems = 4096;
    private static readonly TimeSpan s_sweepEvery = TimeSpan.FromSeconds(30);

    private readonly MemoryStore<ModelKey, StoredAnswer> _store;
    private readonly ConcurrentDictionary<ModelKey, SharedAnswer> _coming = new();
    private readonly ModelCacheMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ITimer _sweep;

    /// <param name="bytesMax">Memory for stored answers.</param>
    /// <param name="metrics">Told of what is stored.</param>
    /// <param name="random">Of the store.</param>
    /// <param name="time">By which answers grow old.</param>
    public ModelCache(long bytesMax, ModelCacheMetrics metrics, Random random, TimeProvider time)
    {
        (_metrics, _time) = (metrics, time);
        _store = new MemoryStore<ModelKey, StoredAnswer>(bytesMax, random);
        metrics.Show(() => _store.Bytes, () => _store.Count, () => _store.Evictions);
        _sweep = time.CreateTimer(static cache => ((ModelCache)cache!).Sweep(), this, s_sweepEvery, s_sweepEvery);
    }

    /// <summary>Answers stored.</summary>
    public int Count => _store.Count;

    /// <summary>Bytes that they take.</summary>
    public long Bytes => _store.Bytes;

    /// <summary>Most bytes that they may take.</summary>
    public long BytesMax => _store.BytesMax;

    /// <summary>How many had to go for want of room.</summary>
    public long Evictions => _store.Evictions;

    /// <summary>Answers on their way that can be joined.</summary>
    public int Coming => _coming.Count;

    /// <summary>Calls that have joined one.</summary>
    public int Listeners => _coming.Values.Sum(static answer => answer.Listeners);

    /// <summary>The answer stored under a key, if it may be given still.</summary>
    public StoredAnswer? Find(in ModelKey key)
    {
        if (_store.Find(key) is not { } answer) return null;
        if (!answer.IsSpent(_time)) return answer;
        _store.Remove(key, answer);
        return null;
    }

    /// <summary>Joins an answer that is on its way; none if there is none that may be joined. Who has joined leaves.</summary>
    public SharedAnswer? TryJoin(in ModelKey key) => _coming.TryGetValue(key, out var coming) && coming.TryJoin() ? coming : null;

    /// <summary>Lets others join an answer. Where another one can be joined already, it stays alone; one that can be joined no more gives way.</summary>
    public void Offer(SharedAnswer answer) => _coming.AddOrUpdate(
        answer.Order.Key, static (_, answer) => answer, static (_, before, answer) => before.IsJoinable ? before : answer, answer);

    /// <summary>Nobody joins it any more.</summary>
    public void Over(SharedAnswer answer) => _coming.TryRemove(new(answer.Order.Key, answer));

    public void Store(AnswerOrder order, StoredAnswer answer)
    {
        _store.Put(order.Key, answer);
        _metrics.Stored(order.Route);
    }

    public void Dispose() => _sweep.Dispose();

    /// <summary>Lets go of what is of no more use, a part of all each time.</summary>
    private void Sweep() => _store.Sweep(SweepItems, _time, static (answer, time) => answer.IsSpent(time), static (answer, time) => answer is null || answer.IsSpent(time) ? null : answer);
}
