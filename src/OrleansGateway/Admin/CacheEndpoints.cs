using OrleansGateway.Caching;
using OrleansGateway.Caching.Figures;
using OrleansGateway.Caching.Models;
using OrleansGateway.Caching.Reading;
using OrleansGateway.Http;
using OrleansGateway.Tenants;

namespace OrleansGateway.Admin;

/// <summary>Tells what caches have done, what is asked for most, and why a request is answered from a cache or not. Whoever is bound to a tenant sees that one's only.</summary>
internal sealed class CacheEndpoints(CacheFigures figures, AnswerCache answers, ModelCache models, CacheExplainer explainer)
{
    private static readonly string[] s_stats = ["tenant", "route"];
    private static readonly string[] s_top = ["by", "tenant", "route", "limit"];
    private static readonly string[] s_explain = ["url", "tenant", "team", "user", "key", "header"];
    private static readonly Refusal s_otherTenant = Refusal.Forbidden("forbidden_for_role", "Your token is bound to another tenant.");

    public static AdminEndpoint[] Of(CacheEndpoints cache) =>
    [
        new("GET", "/cache/stats", Permission.ReadCache, "What caches have done on this gateway since its start, by tenant and route.", call => Task.FromResult(cache.Stats(call)))
            { Answer = AdminJson.Default.CacheStatsDocument, Refusals = [422], Query = s_stats },
        new("GET", "/cache/top", Permission.ReadCache, "The URLs that were asked for most, by requests, bytes or misses.", call => Task.FromResult(cache.Top(call)))
            { Answer = AdminJson.Default.CacheTopDocument, Refusals = [422], Query = s_top },
        new("GET", "/cache/explain", Permission.ReadCache, "What the cache would make of a request now, what is stored for it, and what has become of it.", call => cache.ExplainAsync(call))
            { Answer = AdminJson.Default.CacheExplanationDocument, Refusals = [422], Query = s_explain },
    ];

    private IResult Stats(AdminCall call)
    {
        if (Reach(call, s_stats, out var faults, out var tenant) is { } refused) return refused;
        if (faults.Count > 0) return AdminAnswer.Invalid(faults);
        var rows = Tallies(call, tenant).Select(static tally => new CacheStatsRow(
            Named(tally.Tenant), tally.Route, CacheStatsSums.Of(tally.Sums()), CacheStatsSums.Of(tally.Last(1)), CacheStatsSums.Of(tally.Last(60)))).OrderByDescending(static row => row.Total.Requests);
        var total = Tallies(call, tenant).Aggregate(CacheSums.None, static (sum, tally) => sum.And(tally.Sums()));
        var (store, modelStore) = call.Principal.Tenant is not null ? (null, null) : (
            new CacheStoreDocument(answers.Answers.Count, answers.Answers.Bytes, answers.Answers.BytesMax, answers.Answers.Evictions),
            new CacheStoreDocument(models.Count, models.Bytes, models.BytesMax, models.Evictions));
        return AdminAnswer.Json(new CacheStatsDocument(figures.Since, store, modelStore, [.. rows], CacheStatsSums.Of(total)), AdminJson.Default.CacheStatsDocument);
    }

    private IResult Top(AdminCall call)
    {
        if (Reach(call, s_top, out var faults, out var tenant) is { } refused) return refused;
        var limit = QueryText.Limit(call.Http.Request.Query, faults);
        var word = QueryText.Of(call.Http.Request.Query, "by") ?? "requests";
        if (word is not ("requests" or "bytes" or "misses")) faults.Add(new KeyFault("by", "Must be requests, bytes or misses."));
        if (faults.Count > 0) return AdminAnswer.Invalid(faults);
        var by = word switch { "requests" => HotBy.Requests, "bytes" => HotBy.Bytes, _ => HotBy.Misses };
        var rows = Tallies(call, tenant).SelectMany(tally => tally.Keys.List(by).Select(heavy => new CacheTopRow(heavy.Key.Url, Named(tally.Tenant), tally.Route, heavy.Sum, heavy.OverMax)));
        return AdminAnswer.Json(new CacheTopDocument(figures.Since, word, [.. rows.OrderByDescending(static row => row.Count).Take(limit)]), AdminJson.Default.CacheTopDocument);
    }

    private async Task<IResult> ExplainAsync(AdminCall call)
    {
        if (Reach(call, s_explain, out var faults, out var tenant) is { } refused) return refused;
        var query = call.Http.Request.Query;
        var headers = new List<KeyValuePair<string, string>>();
        foreach (var text in query["header"])
        {
            if (text?.IndexOf(':', StringComparison.Ordinal) is > 0 and var at && IsField(text[..at], text[(at + 1)..])) headers.Add(new(text[..at], text[(at + 1)..].Trim()));
            else faults.Add(new KeyFault("header", "Must be a field, such as Accept-Language: de."));
        }

        var url = QueryText.Of(query, "url") ?? "";
        var explanation = faults.Count > 0 ? null : await explainer.ExplainAsync(
            new CacheQuestion(url, tenant, QueryText.Of(query, "team"), QueryText.Of(query, "user"), QueryText.Of(query, "key"), headers), onlyMatching: call.Principal.Tenant is not null);
        if (explanation is not null) return AdminAnswer.Json(explanation, AdminJson.Default.CacheExplanationDocument);
        if (faults.Count == 0) faults.Add(new KeyFault("url", "Must be a URL as clients call it, such as https://shop.example/products/42."));
        return AdminAnswer.Invalid(faults);
    }

    /// <summary>The tenant that is asked about; or the answer that refuses it.</summary>
    private static IResult? Reach(AdminCall call, string[] known, out List<KeyFault> faults, out string? tenant)
    {
        var query = call.Http.Request.Query;
        (faults, tenant) = (QueryText.Unknown(query, known), QueryText.Of(query, "tenant"));
        if (call.Principal.Tenant is not { } own) return null;
        if (tenant is not null && tenant != own) return AdminAnswer.Problem(s_otherTenant);
        tenant = own;
        return null;
    }

    private IEnumerable<CacheTally> Tallies(AdminCall call, string? tenant)
    {
        var route = QueryText.Of(call.Http.Request.Query, "route");
        return figures.All.Where(tally => (tenant is null || tally.Tenant == tenant) && (route is null || tally.Route == route));
    }

    private static string? Named(string tenant) => tenant.Length == 0 ? null : tenant;

    private static bool IsField(string name, string value) =>
        name.All(static c => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c, StringComparison.Ordinal)) && !value.AsSpan().ContainsAnyInRange('\0', '\u0008') && !value.AsSpan().ContainsAny('\r', '\n');
}
