using OrleansGateway.Invalidation;

namespace OrleansGateway.Caching.Terms;

/// <summary>What may be done with a stored answer.</summary>
internal enum Reuse : byte
{
    /// <summary>It may be given.</summary>
    Fresh,

    /// <summary>It may be given, and a new one is to be fetched meanwhile.</summary>
    StaleAndRefresh,

    /// <summary>The origin must confirm it.</summary>
    Validate,

    /// <summary>It has been invalidated.</summary>
    Gone,
}

/// <summary>Whether a stored answer may be given for a request (RFC 9111 §4, §4.2.4, §5.2.1; RFC 5861 §3).</summary>
internal static class ReuseRules
{
    /// <param name="request">What the request says.</param>
    /// <param name="answer">The answer's terms.</param>
    /// <param name="standing">Whether it has been invalidated.</param>
    /// <param name="age">How old it is.</param>
    public static Reuse Judge(RequestTerms request, AnswerTerms answer, Standing standing, TimeSpan age)
    {
        if (standing == Standing.Gone) return Reuse.Gone;
        var directives = request.Directives;
        if (answer.MustValidate || directives.Has(CacheFlags.NoCache) || (directives.MaxAge >= 0 && age > TimeSpan.FromSeconds(directives.MaxAge))) return Reuse.Validate;
        var left = answer.Lifetime - age;
        if (directives.MinFresh >= 0 && left < TimeSpan.FromSeconds(directives.MinFresh)) return Reuse.Validate;
        if (left > TimeSpan.Zero && standing == Standing.Valid) return Reuse.Fresh;
        if (answer.NeverStale) return Reuse.Validate;
        var stale = left < TimeSpan.Zero ? -left : TimeSpan.Zero;
        if (standing == Standing.Valid && (directives.Has(CacheFlags.AnyStale) || (directives.MaxStale >= 0 && stale <= TimeSpan.FromSeconds(directives.MaxStale)))) return Reuse.Fresh;
        // Who says how old it may be does not want a stale one, but where it says so (§5.2.1.1).
        if (directives.MaxAge >= 0 || directives.MaxStale >= 0 || directives.MinFresh >= 0) return Reuse.Validate;
        return answer.WhileRevalidate > stale ? Reuse.StaleAndRefresh : Reuse.Validate;
    }
}
