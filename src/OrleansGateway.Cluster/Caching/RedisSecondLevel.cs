using System.Security.Cryptography;
using OrleansGateway.Caching.SecondLevel;
using OrleansGateway.Cluster.Invalidation;
using OrleansGateway.Configuration;
using StackExchange.Redis;

namespace OrleansGateway.Cluster.Caching;

/// <summary>
/// The second level of the cache in Redis. All of it is of one generation, which a mark names, with the highest place of the sequence that anything there was fetched at. Where the mark is
/// ahead of the sequence, the database was set back, and numbers come again that what is stored there knows with another meaning: then a new generation begins, and nobody finds the old.
/// </summary>
internal sealed class RedisSecondLevel : ISecondLevelStore, IAsyncDisposable
{
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);

    // The mark is raised first, in the same step: nothing stands there that it does not cover.
    private const string StoreScript = """
        if redis.call('HGET', KEYS[1], 'generation') ~= ARGV[1] then return 0 end
        if tonumber(ARGV[2]) > tonumber(redis.call('HGET', KEYS[1], 'head')) then redis.call('HSET', KEYS[1], 'head', ARGV[2]) end
        redis.call('SET', KEYS[2], ARGV[3], 'PX', ARGV[4])
        return 1
        """;

    private const string BeginScript = """
        if (redis.call('HGET', KEYS[1], 'generation') or '') == ARGV[1] then redis.call('HSET', KEYS[1], 'generation', ARGV[2], 'head', ARGV[3]) end
        return redis.call('HGET', KEYS[1], 'generation')
        """;

    private readonly ConfigurationOptions _options;
    private readonly string _prefix;
    private readonly TimeSpan _timeout;
    private readonly HubFollower _follower;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _running;
    private volatile TaskCompletionSource _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private IDatabase? _redis;
    private volatile string? _generation;
    private long _pausedUntil;
    private bool _isFailing;

    private RedisSecondLevel(ConfigurationOptions options, string cluster, TimeSpan timeout, HubFollower follower, TimeProvider time, ILogger log)
    {
        (_options, _timeout, _follower, _time, _log) = (options, timeout, follower, time, log);
        // In braces: a Redis of several machines keeps it all on one, where scripts can see it.
        _prefix = $"{{{cluster}/cache}}";
        _running = RunAsync();
    }

    /// <inheritdoc/>
    public bool IsOpen => _generation is not null && _time.GetTimestamp() >= Volatile.Read(ref _pausedUntil);

    /// <summary>Begins to connect. None if there is to be none. Throws <see cref="IOException"/> if the settings are not understood.</summary>
    public static RedisSecondLevel? Begin(GatewaySettings settings, HubFollower follower, TimeProvider time, ILogger<RedisSecondLevel> log)
    {
        if (settings.Cache.SecondLevel is not { } level) return null;
        var cluster = settings.Cluster!;
        var options = level.Redis is { } own ? RedisOptions.Of(own, level.RedisCa, "cache.second_level.redis") : RedisOptions.Of(cluster.Redis!, cluster.RedisCa, "cluster.redis");
        // What cannot be asked now is not worth waiting for.
        (options.AbortOnConnectFail, options.BacklogPolicy) = (false, BacklogPolicy.FailFast);
        return new RedisSecondLevel(options, cluster.Name, level.Timeout, follower, time, log);
    }

    /// <inheritdoc/>
    public ValueTask<SecondLevelValue?> FindAsync(string key) => AskAsync<SecondLevelValue?>(async (redis, generation) =>
        await redis.StringGetWithExpiryAsync($"{_prefix}:{generation}:{key}") is { Value.IsNull: false, Expiry: { } left } found ? new SecondLevelValue(found.Value!, left) : null);

    /// <inheritdoc/>
    public ValueTask<bool> StoreAsync(string key, long fillSeq, byte[] value, TimeSpan kept) => AskAsync(async (redis, generation) =>
    {
        var isStored = (bool)await redis.ScriptEvaluateAsync(StoreScript, [_prefix, $"{_prefix}:{generation}:{key}"], [generation, fillSeq, value, (long)kept.TotalMilliseconds]);
        if (!isStored) Lose(generation);
        return isStored;
    });

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running;
        _generation = null;
        if (_redis is { Multiplexer: { } connection }) await connection.DisposeAsync();
        _stopping.Dispose();
    }

    private async ValueTask<T> AskAsync<T>(Func<IDatabase, string, Task<T>> ask)
    {
        try
        {
            var answer = await ask(_redis!, _generation ?? throw new IOException("Redis cannot be asked yet.")).WaitAsync(_timeout, _time);
            if (_isFailing) _log.Back();
            _isFailing = false;
            return answer;
        }
        // It is disposed of where the node stops while somebody asks.
        catch (Exception failed) when (failed is RedisException or TimeoutException or ObjectDisposedException)
        {
            Volatile.Write(ref _pausedUntil, _time.GetTimestamp() + (long)(s_pause.TotalSeconds * _time.TimestampFrequency));
            if (!_isFailing) _log.Failed(failed.Message);
            _isFailing = true;
            throw new IOException(failed.Message, failed);
        }
    }

    private async Task RunAsync()
    {
        try
        {
            while (true)
            {
                try
                {
                    _redis ??= (await ConnectionMultiplexer.ConnectAsync(_options)).GetDatabase();
                    _generation = await FindGenerationAsync(_redis);
                    await _lost.Task.WaitAsync(_stopping.Token);
                    _lost = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                }
                catch (Exception failed) when (failed is RedisException or TimeoutException)
                {
                    if (!_isFailing) _log.Failed(failed.Message);
                    _isFailing = true;
                    await Task.Delay(s_pause, _time, _stopping.Token);
                }
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // Stopped.
        }
    }

    private async Task<string> FindGenerationAsync(IDatabase redis)
    {
        var mark = await redis.HashGetAsync(_prefix, ["generation", "head"]);
        // Asked after the mark was read: it can only be behind it if the sequence was set back.
        var head = await _follower.HeadAsync(_stopping.Token);
        var isKnown = mark[1].TryParse(out long seen);
        if (!mark[0].IsNull && isKnown && seen <= head) return mark[0]!;
        if (isKnown && seen > head) _log.SetBack(seen, head);
        // Whichever edge is first: the others take its word.
        return (string)(await redis.ScriptEvaluateAsync(BeginScript, [_prefix], [mark[0].IsNull ? "" : mark[0], Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)), head]))!;
    }

    /// <summary>The mark is another one, or gone.</summary>
    private void Lose(string generation)
    {
        if (_generation != generation) return;
        _generation = null;
        _lost.TrySetResult();
    }
}

internal static partial class RedisSecondLevelLog
{
    [LoggerMessage(2860, LogLevel.Warning, "The cache's second level cannot be asked; what is not in memory is fetched from upstreams: {Reason}")]
    public static partial void Failed(this ILogger log, string reason);

    [LoggerMessage(2861, LogLevel.Information, "The cache's second level can be asked again")]
    public static partial void Back(this ILogger log);

    [LoggerMessage(2862, LogLevel.Warning, "The cache's second level has seen invalidation {Mark}, and the database {Head} only: it was set back, and what is stored there is not used any more")]
    public static partial void SetBack(this ILogger log, long mark, long head);
}
