using OrleansGateway.Configuration;

namespace OrleansGateway.Caching.Terms;

/// <summary>Whether an answer may be stored (RFC 9111 §3).</summary>
internal static class StoreRules
{
    /// <summary>Why it may not, for <c>Cache-Status</c>; none if it may.</summary>
    /// <param name="head">Of the answer.</param>
    /// <param name="directives">That count for this cache.</param>
    /// <param name="isTargeted">Whether they are of a field for caches like this one.</param>
    /// <param name="request">What the request said.</param>
    /// <param name="settings">The route's.</param>
    public static string? WhyNot(StoredHead head, in CacheDirectives directives, bool isTargeted, RequestTerms request, CacheSettings settings)
    {
        var isUnderstood = IsUnderstood(head.Status);
        if (head.Status is < 200 or 304 or 416 || (directives.Has(CacheFlags.MustUnderstand) && !isUnderstood)) return "status";
        // A cache that understands the status and the directive ignores the no-store beside it (RFC 9111 §5.2.2.3).
        if (directives.Has(CacheFlags.NoStore) && !(directives.Has(CacheFlags.MustUnderstand) && isUnderstood)) return "no-store";
        if (request.Directives.Has(CacheFlags.NoStore)) return "request-no-store";
        if (directives.Has(CacheFlags.Private)) return "private";
        var isForShared = directives.Has(CacheFlags.Public) || directives.SharedMaxAge >= 0;
        if (request.IsAuthorized && !isForShared && !directives.Has(CacheFlags.MustRevalidate)) return "authorization";
        if (head.Has("Set-Cookie") && settings.SetCookie != CookieAnswers.Always && !(settings.SetCookie == CookieAnswers.Explicit && (isForShared || isTargeted))) return "set-cookie";
        if (head["Vary"].Any(static line => line is not null && line.Contains('*', StringComparison.Ordinal))) return "vary";
        if (directives.MaxAge >= 0 || isForShared || head.Has("Expires") || MayGuess(head.Status, directives, settings.Heuristics)) return null;
        // What is confirmed each time needs no lifetime, where it is of a status that may be stored without one.
        return directives.Has(CacheFlags.NoCache) && MayGuess(head.Status, directives, HeuristicUse.All) ? null : "no-freshness";
    }

    /// <summary>Whether a lifetime may be guessed where none is stated (RFC 9110 §15.1).</summary>
    public static bool MayGuess(int status, in CacheDirectives directives, HeuristicUse use) => use switch
    {
        HeuristicUse.None => false,
        _ when directives.Has(CacheFlags.Public) => use == HeuristicUse.All || status < 400,
        HeuristicUse.All => status is 200 or 203 or 204 or 206 or 300 or 301 or 308 or 404 or 405 or 410 or 414 or 501,
        _ => status is 200 or 203 or 204 or 206 or 300 or 301 or 308,
    };

    /// <summary>Statuses whose meaning for caches is known here: all of RFC 9110 that are final.</summary>
    private static bool IsUnderstood(int status) => status switch
    {
        >= 200 and <= 206 or >= 300 and <= 305 or 307 or 308 => true,
        >= 400 and <= 417 or 421 or 422 or 426 => true,
        >= 500 and <= 505 => true,
        _ => false,
    };
}
