using OrleansGateway.Http;
using OrleansGateway.Prices;
using OrleansGateway.Usage;

namespace OrleansGateway.Storage.Usage;

/// <summary>The columns of a rollup that are summed, in one order: of the tables, of the statements, and of the numbers in memory.</summary>
internal static class SumColumns
{
    /// <summary>Place of the number of records. A row of none is nothing.</summary>
    public const int Records = 0;

    /// <summary>
    /// The most that one figure of a record may be, either way: 1,000,000 dollars, 10^15 tokens, 31 years. So many that no honest record has it, and so few that thousands of them can be
    /// summed up: what one record says must not keep all others out.
    /// </summary>
    public const long FigureMax = 1_000_000_000_000_000;

    private const int FirstCost = 17;
    private const int Billed = FirstCost + 9;
    private const int FirstTime = Billed + 1;

    public static readonly IReadOnlyList<string> Names =
    [
        "records", "requests", "attempts", "failed",
        "input", "cache_read", "cache_write", "cache_write_1h", "output", "reasoning",
        "audio_input", "audio_output", "image_input", "image_output", "audio_cache_read", "image_cache_read", "web_searches",
        "cost_input", "cost_cache_read", "cost_cache_write", "cost_output", "cost_reasoning", "cost_audio", "cost_image", "cost_tools", "cost_request", "billed",
        "duration", "to_first_byte", "first_bytes",
    ];

    public static int Count => Names.Count;

    /// <summary>What one record adds. Times are microseconds.</summary>
    public static void Of(UsageRecord record, Span<long> to)
    {
        var isAttempt = record.Attempt > 0 && record.Kind != UsageKind.Correction;
        var isRequest = record.IsLast && record.Kind != UsageKind.Correction;
        to[Records] = 1;
        to[1] = isRequest ? 1 : 0;
        to[2] = isAttempt ? 1 : 0;
        to[3] = isRequest && record.Outcome is not (CallOutcome.Completed or CallOutcome.ClientAborted) ? 1 : 0;
        Tokens(record.Tokens, to[4..]);
        Cost(record.Cost, to[FirstCost..]);
        to[Billed] = record.Billed;
        to[FirstTime] = isAttempt ? Microseconds(record.Duration) : 0;
        to[FirstTime + 1] = isAttempt ? Microseconds(record.ToFirstByte ?? TimeSpan.Zero) : 0;
        to[FirstTime + 2] = isAttempt && record.ToFirstByte is not null ? 1 : 0;
    }

    public static UsageSums Sums(ReadOnlySpan<long> from) => new()
    {
        Requests = from[1],
        Attempts = from[2],
        Failed = from[3],
        Tokens = Tokens(from[4..]),
        Cost = Cost(from[FirstCost..]),
        Billed = from[Billed],
        Duration = TimeSpan.FromMicroseconds(from[FirstTime]),
        ToFirstByte = TimeSpan.FromMicroseconds(from[FirstTime + 1]),
        FirstBytes = from[FirstTime + 2],
    };

    /// <summary>Nano-dollars, all classes.</summary>
    public static long Cost(long[] sums) => Cost(sums.AsSpan(FirstCost)).Total;

    public static void Add(ReadOnlySpan<long> from, Span<long> to, int sign = 1)
    {
        for (var i = 0; i < from.Length; i++) to[i] = checked(to[i] + sign * from[i]);
    }

    private static long Microseconds(TimeSpan time) => time.Ticks / TimeSpan.TicksPerMicrosecond;

    private static void Tokens(in TokenUsage tokens, Span<long> to)
    {
        (to[0], to[1], to[2], to[3]) = (tokens.Input, tokens.CacheRead, tokens.CacheWrite, tokens.CacheWrite1h);
        (to[4], to[5], to[6], to[7]) = (tokens.Output, tokens.Reasoning, tokens.AudioInput, tokens.AudioOutput);
        (to[8], to[9], to[10], to[11]) = (tokens.ImageInput, tokens.ImageOutput, tokens.AudioCacheRead, tokens.ImageCacheRead);
        to[12] = tokens.WebSearches;
    }

    private static TokenUsage Tokens(ReadOnlySpan<long> from) => new()
    {
        Input = from[0], CacheRead = from[1], CacheWrite = from[2], CacheWrite1h = from[3],
        Output = from[4], Reasoning = from[5], AudioInput = from[6], AudioOutput = from[7],
        ImageInput = from[8], ImageOutput = from[9], AudioCacheRead = from[10], ImageCacheRead = from[11],
        WebSearches = from[12],
    };

    private static void Cost(in CostParts cost, Span<long> to)
    {
        (to[0], to[1], to[2], to[3], to[4]) = (cost.Input, cost.CacheRead, cost.CacheWrite, cost.Output, cost.Reasoning);
        (to[5], to[6], to[7], to[8]) = (cost.Audio, cost.Image, cost.Tools, cost.Request);
    }

    private static CostParts Cost(ReadOnlySpan<long> from) => new()
    {
        Input = from[0], CacheRead = from[1], CacheWrite = from[2], Output = from[3], Reasoning = from[4],
        Audio = from[5], Image = from[6], Tools = from[7], Request = from[8],
    };
}
