using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Threading.Channels;
using OrleansGateway.Caching.Disk;
using OrleansGateway.Caching.Terms;
using OrleansGateway.Configuration;
using OrleansGateway.Http;
using OrleansGateway.Invalidation;
using OrleansGateway.Telemetry;

namespace OrleansGateway.Caching.SecondLevel;

/// <summary>
/// What other edges have stored, and this one before its last start. It is looked for there before the origin is asked, and kept in memory from then on like what was fetched. Whether it
/// is valid is decided here, by the place in the sequence at which its fetch began: the store is trusted with bytes and times, never with invalidations.
/// </summary>
internal sealed class SecondLevelCache : IAsyncDisposable
{
    private const int WritersAtOnce = 4;
    private const int WaitingMax = 4_096;
    private const long WaitingBytesMax = 32 * 1024 * 1024;

    private static readonly TimeSpan s_worthwhile = TimeSpan.FromSeconds(1);

    private readonly ISecondLevelStore? _store;
    private readonly SecondLevelSettings? _settings;
    private readonly InvalidationTable _invalidations;
    private readonly SecondLevelMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<string, Task<string[]>> _reading = new(StringComparer.Ordinal);
    private readonly Channel<Writing> _writing = Channel.CreateBounded<Writing>(WaitingMax);
    private readonly Task _writers;
    private long _waitingBytes;

    /// <param name="store">None if there is none.</param>
    /// <param name="settings">None if there is none.</param>
    /// <param name="invalidations">What has been invalidated.</param>
    /// <param name="metrics">Its numbers.</param>
    /// <param name="time">Clock.</param>
    public SecondLevelCache(ISecondLevelStore? store, SecondLevelSettings? settings, InvalidationTable invalidations, SecondLevelMetrics metrics, TimeProvider time)
    {
        (_store, _settings, _invalidations, _metrics, _time) = (store, settings, invalidations, metrics, time);
        _writers = store is null ? Task.CompletedTask : Task.WhenAll(Enumerable.Range(0, WritersAtOnce).Select(_ => WriteAllAsync()));
    }

    /// <summary>Whether there is one, and it can be asked.</summary>
    public bool IsOpen => _store is { IsOpen: true } && _settings is not null;

    /// <summary>Brings what is there for a request into memory. Many who ask at once are one reading.</summary>
    public async ValueTask LoadAsync(Exchange exchange, CacheKey key, CacheSettings settings, AnswerCache into)
    {
        var bytes = key.ToBytes();
        var name = NameOf(bytes);
        var names = await ReadOnceAsync(name, key, bytes, settings, into);
        if (names.Length > 0) await ReadOnceAsync(VariantOf(name, VaryTerms.VariantOf(names, exchange, SentFields.Of)), key, bytes, settings, into);
    }

    /// <summary>What is there for a request, without bringing it into memory: to be let go. None if nothing is, it may not be given any more, or that cannot be found out in time.</summary>
    public async ValueTask<CachedAnswer?> PeekAsync(Exchange exchange, CacheKey key, CacheSettings settings)
    {
        var bytes = key.ToBytes();
        var name = NameOf(bytes);
        try
        {
            var found = await FindAsync(name);
            if (found is ({ Names: [_, ..] names }, _)) found = await FindAsync(VariantOf(name, VaryTerms.VariantOf(names, exchange, SentFields.Of)));
            return found is ({ Head: { } head, Body: var body }, var left) && IsOf(key, bytes, head) ? AnswerOf(settings, head, body, left) : null;
        }
        catch (Exception failed) when (failed is IOException or DiskFaultException)
        {
            return null;
        }
    }

    /// <summary>An answer is stored here: the others are to find it. Quick; what cannot be written in time is not.</summary>
    public void Keep(in CacheKey key, CachedAnswer answer)
    {
        if (!IsOpen || answer.Part is not null || answer.BodyOnDisk is not null || answer.Search is not null || answer.Terms.MustValidate) return;
        if (answer.BodyLength > _settings!.ObjectMax.Bytes || KeptFor(answer) < s_worthwhile) return;
        if (Interlocked.Add(ref _waitingBytes, answer.Bytes) <= WaitingBytesMax && _writing.Writer.TryWrite(new Writing(key, answer))) return;
        Interlocked.Add(ref _waitingBytes, -answer.Bytes);
        _metrics.Dropped("busy");
    }

    /// <summary>What waits to be written is.</summary>
    public async ValueTask DisposeAsync()
    {
        _writing.Writer.TryComplete();
        await _writers;
    }

    private Task<string[]> ReadOnceAsync(string name, in CacheKey key, byte[] bytes, CacheSettings settings, AnswerCache into)
    {
        var mine = new TaskCompletionSource<string[]>(TaskCreationOptions.RunContinuationsAsynchronously);
        var reading = _reading.GetOrAdd(name, mine.Task);
        return reading == mine.Task ? ReadAsync(name, key, bytes, settings, into, mine) : reading;
    }

    private async Task<string[]> ReadAsync(string name, CacheKey key, byte[] bytes, CacheSettings settings, AnswerCache into, TaskCompletionSource<string[]> reading)
    {
        string[] names = [];
        try
        {
            if (await FindAsync(name) is not var (content, left))
            {
                _metrics.Read("miss");
                return names;
            }

            names = content.Names;
            if (content.Head is { } head) _metrics.Read(TryAdopt(key, bytes, settings, into, head, content.Body, left));
        }
        catch (Exception failed) when (failed is IOException or DiskFaultException)
        {
            _metrics.Read("failed");
        }
        finally
        {
            _reading.TryRemove(name, out _);
            reading.SetResult(names);
        }

        return names;
    }

    /// <summary>Puts what was found into memory, if it may still be given; answers what became of it, in a word.</summary>
    private string TryAdopt(in CacheKey key, byte[] bytes, CacheSettings settings, AnswerCache into, DiskHead head, byte[] body, TimeSpan left)
    {
        if (!IsOf(key, bytes, head)) return "miss";
        return AnswerOf(settings, head, body, left) is { } answer && into.TryAdopt(key, answer) ? "hit" : "invalid";
    }

    private async ValueTask<(SecondLevelContent Content, TimeSpan Left)?> FindAsync(string name) =>
        await _store!.FindAsync(name) is { } value ? (SecondLevelFormat.Read(value.Bytes), value.Left) : null;

    /// <summary>Nothing hangs on a hash.</summary>
    private static bool IsOf(in CacheKey key, byte[] bytes, DiskHead head) => head.Key.AsSpan().SequenceEqual(bytes) && head.Tenant == key.InvalidatedBy;

    /// <summary>What was found, as an answer of ours; none if it has been invalidated, or may have been.</summary>
    private CachedAnswer? AnswerOf(CacheSettings settings, DiskHead head, byte[] body, TimeSpan left)
    {
        var tenant = _invalidations.Of(head.Tenant);
        if (tenant.TryIntern(head.FillSeq, head.Url, [.. head.Selectors]) is not { } cells) return null;
        var age = TimeSpan.FromMilliseconds(head.CameAt + head.SpentAt) - left;
        var cameAt = _time.GetTimestamp() - (long)((Int128)age.Ticks * _time.TimestampFrequency / TimeSpan.TicksPerSecond);
        var terms = AnswerTerms.Again(head.Head, cameAt, head.Delay, head.Date, settings, _time);
        return new CachedAnswer(head.Head, terms, head.Vary, tenant, cells, head.FillSeq) { Length = body.Length }.WithBody(body);
    }

    private async Task WriteAllAsync()
    {
        await foreach (var (key, answer) in _writing.Reader.ReadAllAsync())
        {
            try
            {
                await WriteAsync(key, answer);
            }
            catch (IOException)
            {
                _metrics.Dropped("failed");
            }
            finally
            {
                Interlocked.Add(ref _waitingBytes, -answer.Bytes);
            }
        }
    }

    private async ValueTask WriteAsync(CacheKey key, CachedAnswer answer)
    {
        var kept = KeptFor(answer);
        if (!_store!.IsOpen || kept < s_worthwhile || answer.Check() != Standing.Valid)
        {
            _metrics.Dropped("late");
            return;
        }

        var (bytes, times) = (key.ToBytes(), answer.Terms.Times);
        var (name, age) = (NameOf(bytes), (long)_time.GetElapsedTime(times.CameAt).TotalMilliseconds);
        var head = new DiskHead(
            bytes, key.InvalidatedBy, answer.FillSeq, answer.Cells.Url, [.. answer.Cells.Held.Select(static cell => cell.Selector)], age, (long)kept.TotalMilliseconds,
            _time.GetElapsedTime(times.SentAt, times.CameAt), times.Now, answer.Head, answer.Vary);
        var isStored = answer.Vary.IsNone || await _store.StoreAsync(name, answer.FillSeq, SecondLevelFormat.OfVaried(answer.Vary.Names), kept);
        isStored = isStored && await _store.StoreAsync(answer.Vary.IsNone ? name : VariantOf(name, answer.Vary.Variant), answer.FillSeq, SecondLevelFormat.Of(head, answer.Body), kept);
        if (isStored) _metrics.Wrote();
        else _metrics.Dropped("failed");
    }

    /// <summary>As long as it may be given, stale or not.</summary>
    private TimeSpan KeptFor(CachedAnswer answer)
    {
        var terms = answer.Terms;
        var left = terms.Lifetime - terms.Age(_time, _time.GetTimestamp()) + (terms.WhileRevalidate > terms.IfError ? terms.WhileRevalidate : terms.IfError);
        return left < _settings!.KeptMax ? left : _settings.KeptMax;
    }

    private static string NameOf(byte[] key) => DiskFolder.HashOf(key).ToString("x32", CultureInfo.InvariantCulture);

    private static string VariantOf(string name, string variant) => $"{name}:{Convert.ToHexStringLower(SHA256.HashData(Encoding.Unicode.GetBytes(variant)).AsSpan(0, 16))}";

    private readonly record struct Writing(CacheKey Key, CachedAnswer Answer);
}
