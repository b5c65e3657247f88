using System.Globalization;
using OrleansGateway.Http;
using OrleansGateway.Leases;
using OrleansGateway.Prices;
using OrleansGateway.Usage;

namespace OrleansGateway.Bench.Usage;

/// <summary>Records as chats of many keys leave them: some keys are busier than others, one call in twenty fails, one in ten has a tag.</summary>
internal sealed class BenchRecords(int keys)
{
    private const int KeysPerTenant = 10;

    private static readonly Guid s_edge = new(1, 2, 3, [1, 2, 3, 4, 5, 6, 7, 8]);

    private readonly Random _random = new(7);
    private readonly (string Tenant, string Team, string User, string Key, UsageCharge[] Charges)[] _keys = [.. Enumerable.Range(0, keys).Select(Key)];
    private long _count;

    public UsageRecord One(DateTimeOffset at)
    {
        // The square favours the first keys.
        var draw = _random.NextDouble();
        var (tenant, team, user, key, charges) = _keys[(int)(draw * draw * keys)];
        var model = _random.Next(3) == 0 ? "smart" : "fast";
        var isFailed = _random.Next(20) == 0;
        var (input, output) = (_random.Next(5_000), _random.Next(1_000));
        return new UsageRecord
        {
            Id = Id(at),
            At = at,
            RequestId = string.Create(CultureInfo.InvariantCulture, $"req_0123456789{_count:x10}"),
            Attempt = 1,
            Edge = s_edge,
            Tenant = tenant,
            Team = team,
            User = user,
            Key = key,
            Route = "models",
            Operation = "chat",
            Dialect = Dialect.OpenAI,
            IsStream = true,
            Model = model,
            Provider = "openai",
            TargetModel = model == "smart" ? "gpt-5" : "gpt-5-mini",
            ResponseModel = model == "smart" ? "gpt-5-2025-08-07" : "gpt-5-mini-2025-08-07",
            UpstreamRequestId = "req_9f8e7d6c5b4a39281706f5e4d3c2b1a0",
            Tokens = isFailed ? default : new TokenUsage { Input = input, CacheRead = input / 3, Output = output, Reasoning = output / 4 },
            Source = isFailed ? UsageSource.None : UsageSource.Provider,
            Cost = isFailed ? default : new CostParts { Input = input * 250L, CacheRead = input / 3 * 25L, Output = output * 1_500L, Reasoning = output / 4 * 500L },
            PriceVersion = "2026-08-01",
            ConfigVersion = "12-3f16b7d8",
            Charges = charges,
            Queued = TimeSpan.FromMicroseconds(180),
            ToFirstByte = TimeSpan.FromMilliseconds(320),
            Duration = TimeSpan.FromMilliseconds(_random.Next(4_000)),
            Status = isFailed ? 502 : 200,
            FinishReason = isFailed ? null : "stop",
            Error = isFailed ? "upstream_error" : null,
            Outcome = isFailed ? CallOutcome.UpstreamError : CallOutcome.Completed,
            Tags = _random.Next(10) == 0 ? ["batch"] : [],
        };
    }

    private static (string Tenant, string Team, string User, string Key, UsageCharge[] Charges) Key(int number)
    {
        var name = number.ToString("D5", CultureInfo.InvariantCulture);
        var tenant = string.Create(CultureInfo.InvariantCulture, $"tenant-{number / KeysPerTenant:D4}");
        return (tenant, "research", $"user-{name}", $"key_01J9Z3{name}",
            [new UsageCharge(new AccountId("budgets.tenant-month", tenant), 679, 1_278_000), new UsageCharge(new AccountId("budgets.key", $"key_01J9Z3{name}"), 0, 1_278_000)]);
    }

    // In order of time, as version 7 of UUIDs.
    private Guid Id(DateTimeOffset at)
    {
        Span<byte> bytes = stackalloc byte[16];
        _random.NextBytes(bytes);
        System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(bytes, (at.ToUnixTimeMilliseconds() << 16) | (_count++ & 0xfff));
        return new Guid(bytes, bigEndian: true);
    }
}
