using Microsoft.Extensions.Options;
using Orleans.Clustering.Redis;
using Orleans.Configuration;
using StackExchange.Redis;

namespace OrleansGateway.Cluster;

/// <summary>
/// Puts the table of members back where Redis has lost it: Orleans does not, and no node could join then until all silos were restarted. Each silo keeps a copy, and of several that put
/// theirs back the one with the highest version stays. Whoever died meanwhile is found out as ever; what a silo may do is decided by PostgreSQL, not by this table.
/// </summary>
internal sealed class KeptMembers(IOptions<RedisClusteringOptions> redis, IOptions<ClusterOptions> cluster, TimeProvider time, ILogger<KeptMembers> log) : IHostedService, IDisposable
{
    private const string VersionField = "Version";

    // In one step: Orleans writes only if the version is the one that it has read.
    private const string PutBack = """
        local found = redis.call('HGET', KEYS[1], 'Version')
        if found and tonumber(found) >= tonumber(ARGV[1]) then return 0 end
        redis.call('DEL', KEYS[1])
        redis.call('HSET', KEYS[1], unpack(ARGV, 2))
        return 1
        """;

    private static readonly TimeSpan s_lookEvery = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _stop = new();
    private readonly RedisKey _key = redis.Value.CreateRedisKey(cluster.Value);
    private Task _looking = Task.CompletedTask;
    private HashEntry[] _copy = [];
    private bool _failed;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _looking = RunAsync();
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync();
        await _looking;
    }

    public void Dispose() => _stop.Dispose();

    private async Task RunAsync()
    {
        var options = redis.Value.ConfigurationOptions!.Clone();
        options.AbortOnConnectFail = false;
        await using var connection = await ConnectionMultiplexer.ConnectAsync(options);
        using var timer = new PeriodicTimer(s_lookEvery, time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token)) await LookAsync(connection.GetDatabase());
        }
        catch (OperationCanceledException)
        {
            // Stopped.
        }
    }

    private async Task LookAsync(IDatabase database)
    {
        try
        {
            var found = await database.HashGetAllAsync(_key);
            if (VersionOf(found) >= VersionOf(_copy)) _copy = found;
            else if ((long)await database.ScriptEvaluateAsync(PutBack, [_key], ArgumentsOf(_copy), CommandFlags.NoScriptCache) == 1) log.PutBack(_copy.Length - 1);
            _failed = false;
        }
        catch (Exception failed) when (failed is RedisException or TimeoutException)
        {
            if (!_failed) log.NotRead(failed);
            _failed = true;
        }
    }

    private static long VersionOf(HashEntry[] table) => table.FirstOrDefault(e => e.Name == VersionField).Value is { HasValue: true } version ? (long)version : -1;

    private static RedisValue[] ArgumentsOf(HashEntry[] table) => [VersionOf(table), .. table.SelectMany(static e => new[] { e.Name, e.Value })];
}

internal static partial class KeptMembersLog
{
    [LoggerMessage(2434, LogLevel.Warning, "Redis has lost the table of members; it was put back as this silo knew it, with {Members} entries")]
    public static partial void PutBack(this ILogger log, int members);

    [LoggerMessage(2435, LogLevel.Warning, "Redis cannot be read: no node can join the cluster now, and none that dies is replaced")]
    public static partial void NotRead(this ILogger log, Exception exception);
}
