using OrleansGateway.Http;
using OrleansGateway.Leases;
using OrleansGateway.Prices;
using OrleansGateway.Usage;

namespace OrleansGateway.Tests.Usage;

/// <summary>Records for tests: a usual one, and any.</summary>
internal static class TestRecords
{
    /// <summary>As a chat of a key with a budget leaves it, with every field that such a call has.</summary>
    public static UsageRecord Usual(Guid id) => new()
    {
        Id = id,
        At = new DateTimeOffset(2026, 8, 1, 12, 30, 15, TimeSpan.Zero).AddTicks(1_234_560),
        RequestId = "req-0123456789abcdef",
        Attempt = 1,
        Edge = new Guid("11111111-2222-3333-4444-555555555555"),
        Tenant = "acme",
        Team = "research",
        User = "alice",
        Key = "key_01J9Z3",
        Route = "models",
        Operation = "chat",
        Dialect = Dialect.OpenAI,
        IsStream = true,
        Model = "fast",
        Provider = "openai",
        TargetModel = "gpt-4.1-mini",
        ResponseModel = "gpt-4.1-mini-2025-04-14",
        UpstreamRequestId = "req_9f8e7d6c5b4a",
        Tokens = new TokenUsage { Input = 1_200, CacheRead = 300, Output = 480, Reasoning = 64 },
        Source = UsageSource.Provider,
        Cost = new CostParts { Input = 480_000, CacheRead = 30_000, Output = 665_600, Reasoning = 102_400 },
        PriceVersion = "2026-08-01",
        ConfigVersion = "c0ffee123456",
        Charges = [new UsageCharge(new AccountId("budgets.team-month", "acme/research"), 679, 1_278_000), new UsageCharge(new AccountId("budgets.key", "key_01J9Z3"), 0, 1_278_000)],
        Queued = TimeSpan.FromMicroseconds(180),
        ToFirstByte = TimeSpan.FromMilliseconds(320),
        Duration = TimeSpan.FromMilliseconds(2_150),
        Status = 200,
        FinishReason = "stop",
        Outcome = CallOutcome.Completed,
        Tags = ["batch", "night"],
        Metadata = [KeyValuePair.Create("cost-centre", "4711")],
    };

    /// <summary>Any record: numbers of every size, texts with all that can be in one, lists of any length.</summary>
    public static UsageRecord Any(Random random) => new()
    {
        Id = AnyId(random),
        Kind = Of<UsageKind>(random),
        Corrects = random.Next(3) == 0 ? AnyId(random) : null,
        At = new DateTimeOffset(random.NextInt64(1, DateTimeOffset.MaxValue.UtcTicks), TimeSpan.Zero),
        RequestId = Text(random) ?? "",
        Attempt = random.Next(),
        IsLast = random.Next(2) == 0,
        Edge = random.Next(3) == 0 ? Guid.Empty : AnyId(random),
        Tenant = Text(random),
        Team = Text(random),
        User = Text(random),
        Key = Text(random),
        Route = Text(random),
        Operation = Text(random),
        Dialect = Of<Dialect>(random),
        IsStream = random.Next(2) == 0,
        Model = Text(random),
        Provider = Text(random),
        TargetModel = Text(random),
        ResponseModel = Text(random),
        UpstreamRequestId = Text(random),
        Tokens = AnyTokens(random),
        Source = Of<UsageSource>(random),
        Cost = AnyCost(random),
        Billed = random.NextInt64(-1_000_000, 1_000_000_000),
        PriceVersion = Text(random),
        ServiceTier = Text(random),
        ConfigVersion = Text(random),
        Charges = [.. Times(random).Select(_ => new UsageCharge(new AccountId(Text(random) ?? "", Text(random) ?? ""), Number(random), Number(random)))],
        Queued = new TimeSpan(Number(random)),
        Connected = new TimeSpan(Number(random)),
        ToFirstByte = random.Next(3) == 0 ? null : new TimeSpan(Number(random)),
        Duration = new TimeSpan(Number(random)),
        Status = random.Next(-1, 1_000),
        FinishReason = Text(random),
        Error = Text(random),
        Outcome = Of<CallOutcome>(random),
        Cache = Of<UsageCache>(random),
        SavedTokens = Number(random),
        Saved = Number(random),
        PromptHash = random.Next(3) == 0 ? null : Number(random),
        Tags = [.. Times(random).Select(_ => Text(random) ?? "")],
        Metadata = [.. Times(random).Select(_ => KeyValuePair.Create(Text(random) ?? "", Text(random) ?? ""))],
    };

    private static TokenUsage AnyTokens(Random random) => new()
    {
        Input = Number(random),
        CacheRead = Number(random),
        CacheWrite = Number(random),
        CacheWrite1h = Number(random),
        Output = Number(random),
        Reasoning = Number(random),
        AudioInput = Number(random),
        AudioOutput = Number(random),
        ImageInput = Number(random),
        ImageOutput = Number(random),
        AudioCacheRead = Number(random),
        ImageCacheRead = Number(random),
        WebSearches = Number(random),
    };

    private static CostParts AnyCost(Random random) => new()
    {
        Input = Number(random),
        CacheRead = Number(random),
        CacheWrite = Number(random),
        Output = Number(random),
        Reasoning = Number(random),
        Audio = Number(random),
        Image = Number(random),
        Tools = Number(random),
        Request = Number(random),
    };

    private static Guid AnyId(Random random)
    {
        var bytes = new byte[16];
        random.NextBytes(bytes);
        return new Guid(bytes);
    }

    private static T Of<T>(Random random) where T : struct, Enum => Enum.GetValues<T>()[random.Next(Enum.GetValues<T>().Length)];

    private static IEnumerable<int> Times(Random random) => Enumerable.Range(0, random.Next(2) == 0 ? 0 : random.Next(20));

    private static long Number(Random random) => random.Next(5) switch
    {
        0 => 0,
        1 => random.Next(-200, 200),
        2 => random.Next(),
        3 => random.NextInt64(long.MinValue, long.MaxValue),
        _ => random.Next(2) == 0 ? long.MinValue : long.MaxValue,
    };

    private static string? Text(Random random) => random.Next(6) switch
    {
        0 => null,
        1 => "",
        2 => "gpt-4.1-mini",
        3 => new string('x', random.Next(UsageRecordCodec.TextMax + 1)),
        4 => string.Concat(Enumerable.Repeat("Ωß日本🙂\0", random.Next(40))),
        // Half surrogate pairs among them.
        _ => new string([.. Enumerable.Range(0, random.Next(30)).Select(_ => (char)random.Next(char.MaxValue + 1))]),
    };
}
