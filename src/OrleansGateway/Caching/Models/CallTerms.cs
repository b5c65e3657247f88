using OrleansGateway.Configuration;
using OrleansGateway.Http;

namespace OrleansGateway.Caching.Models;

/// <summary>What a call says of the cache: in <c>Cache-Control</c> (RFC 9111 §5.2.1), <c>x-cache-ttl</c> and <c>x-cache-tags</c>.</summary>
internal sealed record CallTerms
{
    public const string TtlHeader = "x-cache-ttl";
    public const string TagsHeader = "x-cache-tags";

    /// <summary>Most tags that a call names itself.</summary>
    public const int OwnTagsMax = 16;

    private static readonly CallTerms s_none = new();

    /// <summary>Whether it may be answered from what is stored.</summary>
    public bool MayFind { get; private init; } = true;

    /// <summary>Whether its answer may be stored.</summary>
    public bool MayStore { get; private init; } = true;

    /// <summary>Whether it may be answered from nothing else.</summary>
    public bool OnlyIfCached { get; private init; }

    /// <summary>Oldest answer that it takes; none for any.</summary>
    public TimeSpan? MaxAge { get; private init; }

    /// <summary>How long its answer is to be stored; none for as long as the route says. Asks for the cache even where the answer is drawn at random.</summary>
    public TimeSpan? Ttl { get; private init; }

    /// <summary>Tags that it names.</summary>
    public IReadOnlyList<string> Tags { get; private init; } = [];

    /// <summary>Reads them, or says what is wrong with them.</summary>
    public static Refusal? Read(HttpRequest request, ModelCacheSettings settings, out CallTerms terms)
    {
        terms = s_none;
        if (settings.RequestDirectives == RequestDirectiveUse.Ignore) return null;
        var headers = request.Headers;
        if (headers.CacheControl.Count > 0) terms = WithDirectives(terms, headers.CacheControl.ToString());
        if (headers.TryGetValue(TtlHeader, out var ttl))
        {
            if (!TrySeconds(ttl.ToString().Trim(), out var seconds))
                return Refusal.BadRequest("invalid_cache_ttl", $"The header {TtlHeader} must be a whole number of seconds; 0 stores nothing and takes nothing stored.");
            terms = seconds == TimeSpan.Zero ? terms with { MayFind = false, MayStore = false }
                : terms with { Ttl = seconds < settings.TtlMax ? seconds : settings.TtlMax };
        }

        if (!headers.TryGetValue(TagsHeader, out var tagged)) return null;
        var tags = tagged.ToString().Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (tags.Length > OwnTagsMax || Array.Exists(tags, static tag => tag.Length > CacheTagTemplate.TagCharsMax))
        {
            return Refusal.BadRequest(
                "invalid_cache_tags", $"The header {TagsHeader} has more than {OwnTagsMax} tags, or one of more than {CacheTagTemplate.TagCharsMax} characters.");
        }

        terms = terms with { Tags = tags };
        return null;
    }

    private static CallTerms WithDirectives(CallTerms terms, string directives)
    {
        foreach (var directive in directives.Split(',', StringSplitOptions.TrimEntries))
        {
            var (name, value) = directive.IndexOf('=') is > 0 and var at ? (directive[..at].TrimEnd(), directive[(at + 1)..].Trim().Trim('"')) : (directive, "");
            terms = name.ToLowerInvariant() switch
            {
                "no-store" => terms with { MayFind = false, MayStore = false },
                "no-cache" => terms with { MayFind = false },
                "only-if-cached" => terms with { OnlyIfCached = true },
                // What is no number is as strict as can be, as RFC 9111 §4.2.1 advises for lifetimes.
                "max-age" => terms with { MaxAge = TrySeconds(value, out var age) ? age : TimeSpan.Zero },
                _ => terms,
            };
        }

        return terms;
    }

    private static bool TrySeconds(string text, out TimeSpan seconds)
    {
        var isNumber = uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number);
        seconds = TimeSpan.FromSeconds(number);
        return isNumber;
    }
}
