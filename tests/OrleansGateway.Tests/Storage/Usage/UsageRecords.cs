using OrleansGateway.Http;
using OrleansGateway.Leases;
using OrleansGateway.Prices;
using OrleansGateway.Usage;

namespace OrleansGateway.Tests.Storage.Usage;

/// <summary>Records as a gateway writes them, drawn from a seed.</summary>
internal sealed class UsageRecords(int seed, DateTimeOffset from, TimeSpan during)
{
    private static readonly string?[] s_tenants = ["acme", "globex", "initech", null];
    private static readonly string?[] s_users = ["alice", "bob", "carol", "ünï\0\\ \ud800", "", null];
    private static readonly string[] s_models = ["gpt-5", "claude", "mistral", "fast"];
    private static readonly string?[] s_errors = [null, null, null, "limit_reached", "timeout"];
    private static readonly string[] s_tags = ["batch", "night", "ci", "", "Ω"];

    private readonly Random _random = new(seed);
    private int _count;

    public IReadOnlyList<UsageRecord> Many(int count) => [.. Enumerable.Range(0, count).Select(_ => One())];

    /// <summary>The records in batches: a tenth of them twice, in the same batch or another, and none in order.</summary>
    public IReadOnlyList<UsageRecord[]> Shuffled(IReadOnlyList<UsageRecord> records, int batchMax)
    {
        var all = records.Concat(records.Where(_ => _random.Next(10) == 0)).ToArray();
        _random.Shuffle(all);
        var batches = new List<UsageRecord[]>();
        for (var at = 0; at < all.Length; at += batches[^1].Length) batches.Add(all[at..Math.Min(all.Length, at + _random.Next(1, batchMax + 1))]);
        return batches;
    }

    public UsageRecord One()
    {
        var kind = _random.Next(20) switch { 0 => UsageKind.Correction, 1 => UsageKind.Evidence, _ => UsageKind.Attempt };
        var at = from + TimeSpan.FromMicroseconds(_random.NextInt64(during.Ticks / TimeSpan.TicksPerMicrosecond));
        return new UsageRecord
        {
            Id = Id(at),
            Kind = kind,
            // Some on the border of a minute, an hour or a day.
            At = _random.Next(10) == 0 ? new DateTimeOffset(at.UtcTicks / TimeSpan.TicksPerMinute * TimeSpan.TicksPerMinute, TimeSpan.Zero) : at,
            RequestId = string.Create(CultureInfo.InvariantCulture, $"req_{seed}_{_count / 2}"),
            Attempt = _random.Next(3),
            IsLast = _random.Next(4) > 0,
            Tenant = Pick(s_tenants),
            Team = _random.Next(2) == 0 ? "research" : null,
            User = Pick(s_users),
            Key = string.Create(CultureInfo.InvariantCulture, $"key_{_random.Next(4)}"),
            Route = "models",
            Operation = _random.Next(5) == 0 ? "embeddings" : "chat",
            Dialect = (Dialect)_random.Next(3),
            Model = Pick(s_models),
            Provider = _random.Next(2) == 0 ? "openai" : "anthropic",
            TargetModel = Pick(s_models),
            Tokens = kind == UsageKind.Correction ? default : Tokens(),
            Source = (UsageSource)_random.Next(5),
            Billed = kind == UsageKind.Correction ? -7 : 7_000_000,
            Cost = Cost(kind == UsageKind.Correction ? -500_000 : 0),
            Charges = [.. Enumerable.Range(0, _random.Next(3)).Select(i => new UsageCharge(new AccountId($"budgets.{i}", Pick(s_tenants) ?? ""), _random.Next(2), _random.Next(1_000_000)))],
            Duration = TimeSpan.FromTicks(_random.Next(100_000_000)),
            ToFirstByte = _random.Next(3) == 0 ? null : TimeSpan.FromTicks(_random.Next(10_000_000)),
            Error = Pick(s_errors),
            Outcome = (CallOutcome)_random.Next(6),
            Cache = (UsageCache)_random.Next(3),
            Tags = [.. Enumerable.Range(0, Math.Max(0, _random.Next(5) - 2)).Select(_ => Pick(s_tags))],
        };
    }

    private T Pick<T>(T[] of) => of[_random.Next(of.Length)];

    private Guid Id(DateTimeOffset at)
    {
        Span<byte> bytes = stackalloc byte[16];
        _random.NextBytes(bytes);
        System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(bytes, at.ToUnixTimeMilliseconds() << 16 | (uint)(_count++ & 0xffff));
        return new Guid(bytes, bigEndian: true);
    }

    private TokenUsage Tokens() => new()
    {
        Input = _random.Next(100_000), CacheRead = _random.Next(50_000), CacheWrite = _random.Next(1_000), CacheWrite1h = _random.Next(1_000), Output = _random.Next(8_000),
        Reasoning = _random.Next(4_000), AudioInput = _random.Next(10), AudioOutput = _random.Next(10), ImageInput = _random.Next(10), ImageOutput = _random.Next(10),
        AudioCacheRead = _random.Next(10), ImageCacheRead = _random.Next(10), WebSearches = _random.Next(3),
    };

    private CostParts Cost(int least) => new()
    {
        Input = _random.Next(least, 1_000_000), CacheRead = _random.Next(1_000), CacheWrite = _random.Next(1_000), Output = _random.Next(least, 1_000_000),
        Reasoning = _random.Next(1_000), Audio = _random.Next(1_000), Image = _random.Next(1_000), Tools = _random.Next(1_000), Request = _random.Next(1_000),
    };
}
