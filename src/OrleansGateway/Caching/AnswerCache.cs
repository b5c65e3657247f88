using System.Collections.Concurrent;
using OrleansGateway.Caching.Disk;
using OrleansGateway.Caching.Figures;
using OrleansGateway.Caching.SecondLevel;
using OrleansGateway.Caching.Store;
using OrleansGateway.Configuration;
using OrleansGateway.Forwarding;
using OrleansGateway.Http;
using OrleansGateway.Invalidation;
using OrleansGateway.Telemetry;

namespace OrleansGateway.Caching;

/// <summary>What the cache holds: stored answers, and the fetches under way, by what they fetch.</summary>
internal sealed class AnswerCache : IAsyncDisposable
{
    private static readonly TimeSpan s_sweepInterval = TimeSpan.FromSeconds(1);
    private const int SweptAtOnce = 1_000;
    private const int SweptInARowMax = 200_000;

    private readonly Lock _adding = new();
    private readonly Lazy<MemoryStore<CacheKey, CachedResource>> _store;
    private readonly ConcurrentDictionary<FillKey, Fill> _shared = [];
    private readonly ConcurrentDictionary<Fill, Task> _running = [];
    private readonly ConcurrentDictionary<string, Predictor> _predictors = new(StringComparer.Ordinal);
    private readonly SearchIndex _searches = new();
    private readonly Func<Snapshot> _current;
    private readonly ConcurrentDictionary<UInt128, Task<CachedResource?>> _loading = [];
    private readonly DiskCache? _disk;
    private readonly SecondLevelCache? _secondLevel;
    private readonly ITimer _sweep;

    public AnswerCache(
        Origin origin, InvalidationTable invalidations, Func<Snapshot> current, CacheMetrics metrics, CacheFigures figures, Random random, TimeProvider time, DiskCache? disk = null,
        SecondLevelCache? secondLevel = null)
    {
        (Origin, Invalidations, _current, Metrics, Figures, Time, _disk, _secondLevel) = (origin, invalidations, current, metrics, figures, time, disk, secondLevel);
        Action<CacheKey, CachedResource, int>? evicted = disk is null ? null : (key, resource, asks) => disk.Evicted(key, resource, asks);
        _store = new(() => new MemoryStore<CacheKey, CachedResource>(current().Settings.Cache.Memory.Bytes, random, evicted));
        Uncacheable = new UncacheableKeys(time);
        metrics.Size = () => _store.IsValueCreated ? Answers.Bytes : 0;
        metrics.Entries = () => _store.IsValueCreated ? Answers.Count : 0;
        metrics.Evictions = () => _store.IsValueCreated ? Answers.Evictions : 0;
        _sweep = time.CreateTimer(static cache => ((AnswerCache)cache!).Sweep(), this, s_sweepInterval, s_sweepInterval);
    }

    public Origin Origin { get; }

    public InvalidationTable Invalidations { get; }

    /// <summary>How many fetches have not ended yet.</summary>
    public int FetchesUnderWay => _running.Count;

    public CacheMetrics Metrics { get; }

    public CacheFigures Figures { get; }

    public TimeProvider Time { get; }

    public UncacheableKeys Uncacheable { get; }

    public MemoryStore<CacheKey, CachedResource> Answers => _store.Value;

    /// <summary>Most bytes of a body that is stored.</summary>
    public int ObjectBytesMax => (int)Math.Min(_current().Settings.Cache.ObjectMax.Bytes, int.MaxValue / 2);

    /// <summary>What is on disk; none if there is no disk.</summary>
    public DiskCache? Disk => _disk is { IsOpen: true } ? _disk : null;

    /// <summary>What other edges have stored; none if there is nothing to be asked.</summary>
    public SecondLevelCache? SecondLevel => _secondLevel is { IsOpen: true } ? _secondLevel : null;

    /// <summary>Most bytes of a body that is stored at all.</summary>
    public long LargestBytes => Math.Max(ObjectBytesMax, _disk?.ObjectBytesMax ?? 0);

    public Predictor PredictorOf(Route route) => _predictors.GetOrAdd(route.Id, static _ => new Predictor());

    /// <summary>Those that count for what a request may share.</summary>
    public TenantInvalidations InvalidationsOf(Exchange exchange, CacheSettings settings) =>
        Invalidations.Of(settings.Scope == CacheScope.Public ? null : exchange.Caller?.Tenant);

    /// <summary>The fetch that is under way for the same, joined; none if there is none that this request may have the answer of.</summary>
    private Fill? TryJoin(in FillKey key, TenantInvalidations invalidations) =>
        _shared.TryGetValue(key, out var fill) && fill.MayBeJoined(invalidations) && fill.TryJoin() ? fill : null;

    /// <summary>
    /// The fetch that is under way for the same, joined, or a new one: in one step, so that of a crowd one request goes to the origin. What has turned out meanwhile not to be storable is
    /// fetched for each.
    /// </summary>
    /// <param name="key">What tells fetches apart that may be shared.</param>
    /// <param name="invalidations">Those that count for it.</param>
    /// <param name="state">Handed on to <paramref name="order"/>.</param>
    /// <param name="order">Makes a new one, shared under the key it is given or by nobody.</param>
    public (Fill Fill, bool IsNew) JoinOrAdd<TState>(in FillKey key, TenantInvalidations invalidations, TState state, Func<TState, FillKey?, FillOrder> order)
    {
        if (TryJoin(key, invalidations) is { } joined) return (joined, false);
        lock (_adding)
        {
            if (TryJoin(key, invalidations) is { } other) return (other, false);
            // Known before the fetch that found it out was closed.
            return (Add(order(state, Uncacheable.Has(key.Key) ? null : key)), true);
        }
    }

    /// <summary>A new fetch, to be begun.</summary>
    public Fill Add(FillOrder order)
    {
        var fill = new Fill(this, order);
        if (!order.IsBackground) fill.TryJoin();
        // One that was begun before an invalidation is joined by nobody any more; this takes its place.
        if (order.Shared is { } shared) _shared[shared] = fill;
        return fill;
    }

    /// <summary>Begins a fetch.</summary>
    public void Begin(Fill fill)
    {
        _running[fill] = Task.CompletedTask;
        var run = fill.RunAsync();
        if (!run.IsCompleted) _running.TryUpdate(fill, run, Task.CompletedTask);
    }

    /// <summary>A fetch is joined by nobody any more.</summary>
    public void Closed(Fill fill)
    {
        if (fill.Order.Shared is { } shared) _shared.TryRemove(new KeyValuePair<FillKey, Fill>(shared, fill));
    }

    /// <summary>A fetch is over.</summary>
    public void Ended(Fill fill)
    {
        Closed(fill);
        _running.TryRemove(fill, out _);
        fill.Order.Stored?.RefreshEnded();
    }

    /// <summary>Stores an answer; unless it has been invalidated since the origin was asked.</summary>
    public void Store(in CacheKey key, Route route, CachedAnswer answer)
    {
        if (answer.Check() == Standing.Gone)
        {
            Figures.Decisions.Note(key, "invalidated", answer.Head.Status, Time.GetUtcNow());
            answer.LetGo();
            return;
        }

        Metrics.Stored(route.Id);
        var place = PlaceOf(key, answer);
        if (answer.Search is { } variance)
        {
            _searches.Note(key, variance);
            // What is stored of the URL alone would be found first.
            Answers.Change(key, 0, static (_, _) => null);
            Disk?.Removed(key, answer);
        }

        Answers.Change(place, (Answer: answer, place.Bytes), static (before, added) => CachedResource.With(before, added.Answer, added.Bytes));
        Disk?.Replaced(place, answer);
        SecondLevel?.Keep(key, answer);
    }

    /// <summary>Stores what another edge has fetched. False if it may not be given any more, or something newer is here.</summary>
    public bool TryAdopt(in CacheKey key, CachedAnswer answer)
    {
        var isNewest = answer.Check() != Standing.Gone;
        if (isNewest)
        {
            Answers.Change(key, (Answer: answer, key.Bytes), (before, added) =>
            {
                isNewest = !HasNewer(before, added.Answer);
                return isNewest ? CachedResource.With(before, added.Answer, added.Bytes) : before;
            });
        }

        if (!isNewest) answer.LetGo();
        return isNewest;
    }

    /// <summary>
    /// Reads what is stored on disk under a key and not in memory, puts it there, and returns all that is stored under it now; none if nothing is to be found. Many who ask at once are
    /// one reading. To be asked only where <see cref="DiskCache.HasMore"/> says so.
    /// </summary>
    public Task<CachedResource?> LoadAsync(DiskKey place, CacheSettings settings)
    {
        var mine = new TaskCompletionSource<CachedResource?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var loading = _loading.GetOrAdd(place.Hash, mine.Task);
        return loading == mine.Task ? LoadAsync(place, settings, mine) : loading;
    }

    private async Task<CachedResource?> LoadAsync(DiskKey place, CacheSettings settings, TaskCompletionSource<CachedResource?> loading)
    {
        CachedResource? all = null;
        try
        {
            var loaded = await _disk!.LoadAsync(place.Hash, place.Bytes, settings, ObjectBytesMax);
            // What has been replaced since is out of the index by now.
            Answers.Change(place.Key, loaded, (now, older) => all = CachedResource.WithOlder(now, [.. older.Where(static answer => answer.Copy is { IsDropped: false })], place.Key.Bytes));
            foreach (var answer in loaded)
            {
                if (all is null || !all.Answers.Contains(answer)) answer.LetGo();
            }

            return all;
        }
        finally
        {
            _loading.TryRemove(place.Hash, out _);
            loading.SetResult(all);
        }
    }

    /// <summary>What is stored for a URL, or for others that are alike.</summary>
    public CachedResource? Find(in CacheKey key) => Answers.Find(key) ?? (_searches.Alike(key) is { } alike ? Answers.Find(alike) : null);

    /// <summary>Takes an answer out.</summary>
    public void Remove(in CacheKey key, CachedAnswer answer)
    {
        var place = PlaceOf(key, answer);
        Disk?.Removed(place, answer);
        Answers.Change(place, answer, static (before, removed) => before?.Where(answer => answer != removed));
    }

    /// <summary>Under what an answer to a request is stored.</summary>
    public static CacheKey PlaceOf(in CacheKey key, CachedAnswer answer) => answer.Search is { } variance ? key.Alike(variance) : key;

    /// <summary>Under what an answer to a request may be stored on disk.</summary>
    public CacheKey PlaceOf(in CacheKey key) => _searches.Alike(key) ?? key;

    public async ValueTask DisposeAsync()
    {
        await _sweep.DisposeAsync();
        var running = _running.ToArray();
        foreach (var (fill, _) in running) fill.Cancel();
        await Task.WhenAll(running.Select(static one => one.Value));
        if (Disk is { } disk) await disk.CloseAsync(_store.IsValueCreated ? Answers.Everything() : []);
    }

    /// <summary>Takes out, by and by, what is of no more use, so that selectors and memory go back without anyone asking.</summary>
    private void Sweep()
    {
        Disk?.Sweep();
        if (!_store.IsValueCreated || Answers.Count == 0) return;
        // Where much is of no use, after a purge say, it goes on: a million are out within seconds.
        for (var seen = 0; seen < SweptInARowMax; seen += SweptAtOnce)
        {
            var before = Answers.Count;
            var swept = Answers.Sweep(SweptAtOnce, this, static (resource, cache) => cache.HasSpent(resource), static (resource, cache) => resource?.Where(answer => !cache.IsSpent(answer)));
            if (swept < SweptAtOnce || before - Answers.Count < SweptAtOnce / 2) return;
        }
    }

    private static bool HasNewer(CachedResource? resource, CachedAnswer than)
    {
        foreach (var answer in resource is null ? [] : resource.Answers)
        {
            if (than.IsReplacedBy(answer) && answer.Terms.Times.CameAt >= than.Terms.Times.CameAt) return true;
        }

        return false;
    }

    private bool HasSpent(CachedResource resource)
    {
        foreach (var answer in resource.Answers)
        {
            if (IsSpent(answer)) return true;
        }

        return false;
    }

    /// <summary>Whether it is gone, or stale past all use: nothing to confirm it by, and not to be given any more.</summary>
    private bool IsSpent(CachedAnswer answer)
    {
        if (answer.Check() == Standing.Gone) return true;
        var (terms, stale) = (answer.Terms, answer.Terms.Age(Time, Time.GetTimestamp()) - answer.Terms.Lifetime);
        return !terms.HasValidator && stale > TimeSpan.Zero && stale > terms.WhileRevalidate && stale > terms.IfError;
    }
}
