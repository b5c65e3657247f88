using OrleansGateway.Caching.Terms;
using OrleansGateway.Configuration;
using OrleansGateway.Forwarding;
using OrleansGateway.Http;
using OrleansGateway.Invalidation;
using OrleansGateway.Routing;

namespace OrleansGateway.Caching.Reading;

/// <summary>
/// Says what the cache would make of a request, and why. Goes the same way as a request: the same route, key and rules, so that what it says is what would happen. Changes nothing,
/// and does not count as a read.
/// </summary>
internal sealed class CacheExplainer(AnswerCache cache, RecentPurges purges, RouteStage routes, Func<Snapshot> current, TimeProvider time)
{
    private static readonly Next s_end = static _ => ValueTask.CompletedTask;

    /// <summary>None if the URL is none.</summary>
    /// <param name="question">The request.</param>
    /// <param name="onlyMatching">Whether entries that are for other requests are left out: what those have sent is not for everybody to see.</param>
    public async ValueTask<CacheExplanationDocument?> ExplainAsync(CacheQuestion question, bool onlyMatching)
    {
        if (question.ToExchange(current()) is not { } exchange) return null;
        await routes.InvokeAsync(exchange, s_end);
        if (exchange.Route is not { } route) return CacheExplanationDocument.None(question.Url, "no_route", exchange.Refusal?.Message ?? "No route takes it.", null, question.Tenant);
        if (route is not { Settings.Cache: { } settings, Upstream: { } upstream })
        {
            var reason = route.Settings.ModelCache is null ? "The route has no cache." : "The route caches answers of models, which are found by the body of a call and not by its URL.";
            return CacheExplanationDocument.None(question.Url, "no_cache", reason, route.Id, question.Tenant);
        }

        var key = CacheStage.KeyOf(exchange, settings);
        var tenant = settings.Scope == CacheScope.Public ? null : question.Tenant;
        var shown = new CacheKeyDocument(SharedBy(settings.Scope, question), exchange.ClientScheme, exchange.ClientHost, exchange.Target.Whole, TargetPath.HostOf(exchange, route), TargetPath.Of(exchange, route));
        using var stored = await StoredAnswers.FindAsync(cache, exchange, key, settings);
        var (all, match) = (stored.All, stored.Match);
        var (verdict, why) = Judge(exchange, settings, all.Count > 0, match);
        var entries = all.Where(one => one.Answer == match || !onlyMatching).Select(one => EntryOf(exchange, tenant, one, one.Answer == match, onlyMatching)).ToArray();
        var decision = cache.Figures.Decisions.Find(key) is { } last ? new CacheDecisionDocument(last.Why, last.Status, last.At) : null;
        var purge = purges.Find(tenant, UrlOf(key), SelectorsOf(key, route.CacheTags(exchange.Target.RawPath).Select(Selector.OfTag).OfType<Selector>()));
        return new CacheExplanationDocument(
            question.Url, verdict, why, route.Id, upstream.Id, question.Tenant, settings.Scope.ToString().ToLowerInvariant(), shown, cache.Invalidations.Of(tenant).Applied, entries, decision,
            DocumentOf(purge, onlyMatching));
    }

    private (string Verdict, string Reason) Judge(Exchange exchange, CacheSettings settings, bool isAnyStored, CachedAnswer? match)
    {
        if (CacheStage.Bypass(exchange.Http) is { } bypass) return ("bypass", bypass == "method" ? "Only GET and HEAD are answered from the cache." : "The request is one that only the upstream can judge.");
        if (match is null) return !isAnyStored ? ("miss", "Nothing is stored for this URL.") : ("miss", "What is stored for this URL is for requests that say something else in the fields of Vary.");
        if (match.Part is not null) return ("miss", "Only a part is stored.");
        var age = match.Terms.Age(time, time.GetTimestamp());
        return ReuseRules.Judge(RequestTerms.Of(exchange.Http.Request.Headers, settings), match.Terms, match.Check(), age) switch
        {
            Reuse.Gone => ("miss", "What is stored has been invalidated."),
            Reuse.Fresh when age < match.Terms.Lifetime => ("hit", "A fresh answer is stored."),
            Reuse.Fresh => ("stale", "The request takes a stale answer."),
            Reuse.StaleAndRefresh => ("stale", "It may be given while a new answer is fetched."),
            _ when match.Check() == Standing.Soft => ("revalidate", "It was purged softly: the upstream must confirm it."),
            _ when match.Terms.MustValidate => ("revalidate", "The upstream wants to be asked each time (no-cache)."),
            _ when age < match.Terms.Lifetime => ("revalidate", "The request wants a newer answer."),
            _ => ("revalidate", "It is stale."),
        };
    }

    private CacheEntryDocument EntryOf(Exchange exchange, string? tenant, in StoredAnswer stored, bool matches, bool isBound)
    {
        var answer = stored.Answer;
        var (terms, age, standing) = (answer.Terms, answer.Terms.Age(time, time.GetTimestamp()), answer.Check());
        HashSet<Selector> selectors = [];
        foreach (var cell in answer.Cells.Cells) selectors.Add(cell.Selector);
        var purge = standing == Standing.Valid ? null : purges.Find(tenant, answer.Cells.Url, selectors);
        return new CacheEntryDocument(
            matches, stored.Level, answer.Head.Status, answer.BodyLength, answer.Part is { } part ? string.Create(CultureInfo.InvariantCulture, $"{part.From}-{part.To}/{answer.WholeLength}") : null,
            standing switch { Standing.Valid => "valid", Standing.Soft => "soft", _ => "gone" }, Seconds(age), Seconds(terms.Lifetime), (long)Math.Floor((terms.Lifetime - age).TotalSeconds),
            terms.MustValidate, Seconds(terms.WhileRevalidate), Seconds(terms.IfError), terms.EntityTag,
            [.. answer.Vary.Fields.Select(field => new CacheVaryDocument(field.Name, Text(field.Said), Text(SentFields.Of(exchange, field.Name))))],
            [.. selectors.Select(static selector => selector.ToString()).Order(StringComparer.Ordinal)], answer.FillSeq, DocumentOf(purge, isBound));
    }

    private static string SharedBy(CacheScope scope, CacheQuestion question) => (scope, question) switch
    {
        (CacheScope.Public, _) => "everybody",
        (_, { Tenant: null }) => "callers without a key",
        (CacheScope.Tenant, _) => "tenant " + question.Tenant,
        (_, { User: { } user }) => $"user {user}{(question.Team is { } team ? " of " + team : "")} of tenant {question.Tenant}",
        _ => $"key {question.Key ?? "(not named)"} of tenant {question.Tenant}",
    };

    private static string UrlOf(in CacheKey key) => ClientUrl.Of(key.Url) ?? key.Url;

    private static HashSet<Selector> SelectorsOf(in CacheKey key, IEnumerable<Selector> tags) =>
        [.. tags, new Selector(SelectorKind.Url, UrlOf(key)), new Selector(SelectorKind.Host, ClientUrl.HostOf(key.Host) ?? key.Host)];

    private static CachePurgeDocument? DocumentOf((RecentPurge Purge, Selector By)? found, bool isBound) => found is var (purge, by)
        ? new CachePurgeDocument(purge.Seq, purge.Mode == InvalidationMode.Soft ? "soft" : "hard", by.ToString(), isBound && purge.Tenant is null ? null : purge.Source, purge.At)
        : null;

    private static string? Text(Microsoft.Extensions.Primitives.StringValues values) => values.Count == 0 ? null : values.ToString();

    private static long Seconds(TimeSpan time) => (long)time.TotalSeconds;
}
