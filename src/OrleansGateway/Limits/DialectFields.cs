using OrleansGateway.Leases;

namespace OrleansGateway.Limits;

/// <summary>
/// The fields in which OpenAI and Anthropic, and the many APIs before them, tell their limits. Of several limits of a kind the one with the least left is told.
/// </summary>
internal static class DialectFields
{
    /// <summary>OpenAI, "Rate limits in headers": the time is written as Go writes durations.</summary>
    public static void WriteOpenAI(IHeaderDictionary headers, ReadOnlySpan<LimitLevel> levels)
    {
        Write("requests", Least(levels, static d => d == Dimension.Requests));
        Write("tokens", Least(levels, IsTokens));

        void Write(string unit, LimitLevel? found)
        {
            if (found is not { } level) return;
            headers["x-ratelimit-limit-" + unit] = Text(level.Limit);
            if (level.Remaining is not { } remaining) return;
            headers["x-ratelimit-remaining-" + unit] = Text(remaining);
            headers["x-ratelimit-reset-" + unit] = GoDuration(level.Reset);
        }
    }

    /// <summary>Anthropic, "Rate limits", "Response headers": the time is an instant of RFC 3339.</summary>
    public static void WriteAnthropic(IHeaderDictionary headers, ReadOnlySpan<LimitLevel> levels, DateTimeOffset now)
    {
        Write("requests", Least(levels, static d => d == Dimension.Requests));
        Write("tokens", Least(levels, IsTokens));
        Write("input-tokens", Least(levels, static d => d == Dimension.InputTokens));
        Write("output-tokens", Least(levels, static d => d == Dimension.OutputTokens));

        void Write(string unit, LimitLevel? found)
        {
            if (found is not { } level) return;
            headers[$"anthropic-ratelimit-{unit}-limit"] = Text(level.Limit);
            if (level.Remaining is not { } remaining) return;
            headers[$"anthropic-ratelimit-{unit}-remaining"] = Text(remaining);
            headers[$"anthropic-ratelimit-{unit}-reset"] = ResetAt(now, level).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        }
    }

    /// <summary>
    /// As GitHub and many others: one limit, the time in seconds since 1970. Requests if they are limited, else tokens, else requests in flight.
    /// </summary>
    public static void WriteLegacy(IHeaderDictionary headers, ReadOnlySpan<LimitLevel> levels, DateTimeOffset now)
    {
        var found = Least(levels, static d => d == Dimension.Requests) ?? Least(levels, IsTokens) ?? Least(levels, static _ => true);
        if (found is not { } level) return;
        headers["X-RateLimit-Limit"] = Text(level.Limit);
        if (level.Remaining is not { } remaining) return;
        headers["X-RateLimit-Remaining"] = Text(remaining);
        headers["X-RateLimit-Reset"] = Text(ResetAt(now, level).ToUnixTimeSeconds());
    }

    /// <summary>As Go writes it, to the millisecond: <c>6m0s</c>, <c>1.5s</c>, <c>20ms</c>; rounded up.</summary>
    public static string GoDuration(TimeSpan time)
    {
        var milliseconds = (time.Ticks + TimeSpan.TicksPerMillisecond - 1) / TimeSpan.TicksPerMillisecond;
        if (milliseconds < 1000) return milliseconds == 0 ? "0s" : Text(milliseconds) + "ms";
        var (minutes, rest) = Math.DivRem(milliseconds, 60_000);
        var seconds = (rest / 1000m).ToString("0.###", CultureInfo.InvariantCulture) + "s";
        if (minutes == 0) return seconds;
        return minutes < 60 ? $"{Text(minutes)}m{seconds}" : $"{Text(minutes / 60)}h{Text(minutes % 60)}m{seconds}";
    }

    private static DateTimeOffset ResetAt(DateTimeOffset now, in LimitLevel level)
    {
        // A second is the finest that these tell: the next whole one, for then it is whole.
        var at = level.Reset < DateTimeOffset.MaxValue - now ? (now + level.Reset).ToUniversalTime() : DateTimeOffset.MaxValue;
        var over = at.Ticks % TimeSpan.TicksPerSecond;
        return over == 0 || at > DateTimeOffset.MaxValue.AddSeconds(-1) ? at : at.AddTicks(TimeSpan.TicksPerSecond - over);
    }

    private static bool IsTokens(Dimension dimension) => dimension is Dimension.Tokens or Dimension.InputTokens or Dimension.OutputTokens;

    private static LimitLevel? Least(ReadOnlySpan<LimitLevel> levels, Func<Dimension, bool> counts)
    {
        var least = (LimitLevel?)null;
        foreach (var level in levels)
        {
            if (counts(level.Dimension) && (least is not { } found || (level.Remaining ?? long.MaxValue) < (found.Remaining ?? long.MaxValue))) least = level;
        }

        return least;
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
