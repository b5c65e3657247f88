using Microsoft.Extensions.Primitives;
using OrleansGateway.Configuration;

namespace OrleansGateway.Caching.Terms;

/// <summary>When a request was sent and its answer came.</summary>
/// <param name="SentAt">Timestamp of the time provider.</param>
/// <param name="CameAt">Timestamp of the time provider.</param>
/// <param name="Now">The date when it came.</param>
internal readonly record struct AnswerTimes(long SentAt, long CameAt, DateTimeOffset Now);

/// <summary>On which terms a stored answer may be used again: all that its head says about it, worked out once.</summary>
internal sealed class AnswerTerms
{
    private static readonly TimeSpan s_heuristicMax = TimeSpan.FromDays(1);

    private readonly TimeSpan _initialAge;

    private AnswerTerms(StoredHead head, in CacheDirectives directives, bool isTargeted, CacheSettings settings, in AnswerTimes times, TimeProvider time)
    {
        Times = times;
        var date = HttpDate.Parse(head["Date"], times.Now) ?? times.Now;
        _initialAge = InitialAge(head, date, times, time);
        (Lifetime, IsExplicit) = LifetimeOf(head, directives, isTargeted, settings, date, times.Now);
        MustValidate = directives.Has(CacheFlags.NoCache);
        // s-maxage has the force of proxy-revalidate (RFC 9111 §5.2.2.10).
        NeverStale = directives.Has(CacheFlags.MustRevalidate | CacheFlags.ProxyRevalidate | CacheFlags.NoCache) || directives.SharedMaxAge >= 0;
        WhileRevalidate = directives.WhileRevalidate >= 0 ? TimeSpan.FromSeconds(directives.WhileRevalidate) : settings.StaleWhileRevalidate;
        IfError = directives.IfError >= 0 ? TimeSpan.FromSeconds(directives.IfError) : settings.StaleIfError;
        if (NeverStale) (WhileRevalidate, IfError) = (TimeSpan.Zero, TimeSpan.Zero);
        EntityTag = head["ETag"] is [{ Length: > 0 } tag] ? tag : null;
        ModifiedText = head["Last-Modified"] is [{ Length: > 0 } modified] ? modified : null;
        Modified = HttpDate.Parse(ModifiedText, times.Now);
        IsModifiedStrong = Modified <= date - TimeSpan.FromSeconds(1);
    }

    /// <summary>When it was asked for and came.</summary>
    public AnswerTimes Times { get; }

    /// <summary>How long it is fresh, from its making.</summary>
    public TimeSpan Lifetime { get; }

    /// <summary>Whether the origin has said so, rather than that it was guessed.</summary>
    public bool IsExplicit { get; }

    /// <summary>Whether the origin must confirm it each time (<c>no-cache</c>).</summary>
    public bool MustValidate { get; }

    /// <summary>Whether it may never be given once it is stale.</summary>
    public bool NeverStale { get; }

    /// <summary>How long after that it may be given while a new one is fetched.</summary>
    public TimeSpan WhileRevalidate { get; }

    /// <summary>How long after that it may be given when the origin fails.</summary>
    public TimeSpan IfError { get; }

    public string? EntityTag { get; }

    public DateTimeOffset? Modified { get; }

    /// <summary><c>Last-Modified</c> as it came.</summary>
    public string? ModifiedText { get; }

    /// <summary>Whether <c>Last-Modified</c> tells versions apart: one changed within the second in which it was sent may have changed again (RFC 9110 §8.8.2.2).</summary>
    public bool IsModifiedStrong { get; }

    public bool HasValidator => EntityTag is not null || ModifiedText is not null;

    /// <summary>How old it is (RFC 9111 §4.2.3).</summary>
    public TimeSpan Age(TimeProvider time, long now) => _initialAge + time.GetElapsedTime(Times.CameAt, now);

    /// <summary>Works the terms out.</summary>
    public static AnswerTerms Of(StoredHead head, in CacheDirectives directives, bool isTargeted, CacheSettings settings, in AnswerTimes times, TimeProvider time) =>
        new(head, directives, isTargeted, settings, times, time);

    /// <summary>Works them out again, by the settings of now, of an answer that was stored before.</summary>
    /// <param name="head">Status and fields.</param>
    /// <param name="cameAt">When it came, as a timestamp of <paramref name="time"/>.</param>
    /// <param name="delay">Time from the request to the origin until then.</param>
    /// <param name="date">The date then.</param>
    /// <param name="settings">The route's.</param>
    /// <param name="time">Clock.</param>
    public static AnswerTerms Again(StoredHead head, long cameAt, TimeSpan delay, DateTimeOffset date, CacheSettings settings, TimeProvider time)
    {
        var times = new AnswerTimes(cameAt - (long)((Int128)delay.Ticks * time.TimestampFrequency / TimeSpan.TicksPerSecond), cameAt, date);
        var directives = DirectivesOf(head, out var isTargeted);
        return Of(head, directives, isTargeted, settings, times, time);
    }

    /// <summary>The directives that count for this cache: those of the first field for it that is there and valid (RFC 9213 §2.2), else <c>Cache-Control</c>.</summary>
    public static CacheDirectives DirectivesOf(StoredHead head, out bool isTargeted)
    {
        isTargeted = true;
        if (head["Gateway-Cache-Control"] is { Count: > 0 } own && TargetedField.TryRead(own, out var directives)) return directives;
        if (head["CDN-Cache-Control"] is { Count: > 0 } others && TargetedField.TryRead(others, out directives)) return directives;
        isTargeted = false;
        directives = new CacheDirectives();
        foreach (var line in head["Cache-Control"]) directives.Read(line);
        return directives;
    }

    private static (TimeSpan Lifetime, bool IsExplicit) LifetimeOf(
        StoredHead head, in CacheDirectives directives, bool isTargeted, CacheSettings settings, DateTimeOffset date, DateTimeOffset now)
    {
        if (directives.SharedMaxAge >= 0) return (TimeSpan.FromSeconds(directives.SharedMaxAge), true);
        if (directives.MaxAge >= 0) return (TimeSpan.FromSeconds(directives.MaxAge), true);
        if (!isTargeted && head["Expires"] is { Count: > 0 } expires)
        {
            var end = expires.Count == 1 ? HttpDate.Parse(expires[0], now) : null;
            return (end is null ? TimeSpan.Zero : end.Value - date, true);
        }

        return (Heuristic(head, directives, settings, date, now), false);
    }

    /// <summary>A tenth of the time since it was changed last (RFC 9111 §4.2.2), at most a day.</summary>
    private static TimeSpan Heuristic(StoredHead head, in CacheDirectives directives, CacheSettings settings, DateTimeOffset date, DateTimeOffset now)
    {
        if (!StoreRules.MayGuess(head.Status, directives, settings.Heuristics)) return TimeSpan.Zero;
        if (HttpDate.Parse(head["Last-Modified"], now) is not { } modified || modified >= date) return TimeSpan.Zero;
        var guess = (date - modified) / 10;
        return guess < s_heuristicMax ? guess : s_heuristicMax;
    }

    private static TimeSpan InitialAge(StoredHead head, DateTimeOffset date, in AnswerTimes times, TimeProvider time)
    {
        var apparent = times.Now > date ? times.Now - date : TimeSpan.Zero;
        var stated = TimeSpan.FromSeconds(StatedAge(head["Age"])) + time.GetElapsedTime(times.SentAt, times.CameAt);
        return apparent > stated ? apparent : stated;
    }

    /// <summary>The first member counts, if it is a number (RFC 9111 §5.1).</summary>
    private static long StatedAge(StringValues lines)
    {
        foreach (var line in lines)
        {
            var first = line.AsSpan().Trim(" \t,");
            if (first.IsEmpty) continue;
            var comma = first.IndexOf(',');
            return CacheDirectives.Seconds((comma < 0 ? first : first[..comma]).Trim(" \t"));
        }

        return 0;
    }
}
