using Microsoft.AspNetCore.Http.Features;
using OrleansGateway.Caching.Disk;
using OrleansGateway.Caching.Figures;
using OrleansGateway.Caching.SecondLevel;
using OrleansGateway.Caching.Terms;
using OrleansGateway.Configuration;
using OrleansGateway.Forwarding;
using OrleansGateway.Http;
using OrleansGateway.Invalidation;

namespace OrleansGateway.Caching;

/// <summary>
/// Answers from what is stored where it can, and stores what is fetched, for routes with a cache. Directly before the stage that passes requests on, in place of which it
/// fetches: all that may refuse has had its say, and what is stored is what the origin said, not what was made of it for one client.
/// </summary>
internal sealed class CacheStage(AnswerCache cache, CacheFetch fetch, CachePassing passing, PurgeMethod purge, TimeProvider time) : IStage
{
    private static readonly Refusal s_notCached = new(504, "not_cached", "The answer is not stored, and the request asks for a stored one only (only-if-cached).");

    public ValueTask InvokeAsync(Exchange exchange, Next next) =>
        exchange.Route is { Settings.Cache: { } settings, Upstream: not null } ? ServeAsync(exchange, settings) : next(exchange);

    private ValueTask ServeAsync(Exchange exchange, CacheSettings settings)
    {
        var headers = exchange.Http.Request.Headers;
        if (PurgeMethod.IsFor(exchange, settings)) return purge.PurgeAsync(exchange, settings);
        if (Bypass(exchange.Http) is { } why) return passing.PassAsync(exchange, settings, why);
        var key = KeyOf(exchange, settings);
        var terms = RequestTerms.Of(headers, settings);
        return Serve(exchange, settings, key, terms, cache.Find(key), mayLoad: true);
    }

    private ValueTask Serve(Exchange exchange, CacheSettings settings, in CacheKey key, RequestTerms terms, CachedResource? resource, bool mayLoad)
    {
        var stored = Find(exchange, resource, out var partial, out var variant);
        if (stored is null && mayLoad && cache.Disk is { Count: > 0 } && IsOnDisk(key, resource, out var place)) return LoadAsync(exchange, settings, key, terms, place);
        var isSuspect = settings.WhenSuspect != SuspectUse.Serve && cache.Invalidations.Trust.IsOver;
        if (isSuspect)
        {
            (stored, partial) = (settings.WhenSuspect == SuspectUse.Revalidate && stored?.Check() < Standing.Gone ? stored : null, null);
        }
        else if (stored is not null)
        {
            var age = stored.Terms.Age(time, time.GetTimestamp());
            switch (ReuseRules.Judge(terms, stored.Terms, stored.Check(), age))
            {
                case Reuse.Fresh:
                    return GiveAsync(exchange, key, settings, terms, stored, age, age < stored.Terms.Lifetime ? CacheUse.Hit : CacheUse.Stale);
                case Reuse.StaleAndRefresh:
                    return RefreshAsync(exchange, key, settings, terms, stored, age);
                case Reuse.Gone:
                    cache.Remove(key, stored);
                    stored = null;
                    break;
            }
        }

        if (mayLoad && !isSuspect && !terms.WantsNew && cache.SecondLevel is { } secondLevel && !cache.Uncacheable.Has(key)) return LoadAsync(exchange, settings, key, terms, secondLevel);
        if (terms.Directives.Has(CacheFlags.OnlyIfCached))
        {
            exchange.Cache = CacheUse.Miss;
            CacheStatusText.Append(exchange.Http.Response.Headers, "gateway; fwd=request; detail=only-if-cached");
            cache.Metrics.Asked(exchange.Route!.Id, CacheUse.Miss);
            cache.Figures.Of(exchange).Asked(CacheUse.Miss);
            exchange.Refuse(s_notCached);
            return ValueTask.CompletedTask;
        }

        return fetch.FetchAsync(exchange, new CacheMiss(key, settings, terms, stored, partial, variant) { IsSuspect = isSuspect });
    }

    /// <summary>Why the cache has nothing to do with a request; none if it has.</summary>
    public static string? Bypass(HttpContext http)
    {
        var (request, headers) = (http.Request, http.Request.Headers);
        if (!HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method)) return "method";
        return !IsPlain(http) || Conditions.AreForOrigin(headers) ? "bypass" : null;
    }

    /// <summary>Whether an origin takes it for what its method says. The body of a GET means nothing to a cache, and may mean something to an origin.</summary>
    public static bool IsPlain(HttpContext http) =>
        http.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false } && http.Request.Headers.Upgrade.Count == 0 && !IsOverridden(http.Request.Headers);

    /// <summary>Whether an origin may take it for another method than it is.</summary>
    private static bool IsOverridden(IHeaderDictionary headers) =>
        headers.ContainsKey("X-HTTP-Method-Override") || headers.ContainsKey("X-HTTP-Method") || headers.ContainsKey("X-Method-Override");

    /// <summary>Under what answers to a request are stored.</summary>
    public static CacheKey KeyOf(Exchange exchange, CacheSettings settings)
    {
        var route = exchange.Route!;
        var (target, host) = (exchange.Target.Whole, exchange.ClientHost);
        return CacheKey.Of(settings.Scope, exchange.Caller, new CacheAddress(exchange.ClientScheme, host, target, route.Upstream!.Id, TargetPath.HostOf(exchange, route), TargetPath.Of(exchange, route)));
    }

    /// <summary>The stored answer for a request.</summary>
    /// <param name="exchange">The request.</param>
    /// <param name="resource">All that is stored of the URL; none if nothing is.</param>
    /// <param name="partial">One of which the request wants more than is there, and that begins at the beginning.</param>
    /// <param name="variant">What the request says of what the origin is known to vary by.</param>
    private static CachedAnswer? Find(Exchange exchange, CachedResource? resource, out CachedAnswer? partial, out string variant)
    {
        (partial, variant) = (null, "");
        if (resource is null) return null;
        foreach (var answer in resource.Answers)
        {
            if (!answer.Vary.Matches(exchange, SentFields.Of)) continue;
            if (answer.Part is null || Covers(exchange, answer)) return answer;
            if (answer.Part is { From: 0 }) partial = answer;
        }

        if (!resource.Answers[0].Vary.IsNone) variant = resource.Answers[0].Vary.VariantOf(exchange, SentFields.Of);
        return null;
    }

    private static bool Covers(Exchange exchange, CachedAnswer answer)
    {
        var headers = exchange.Http.Request.Headers;
        // Ranges are of GET only (RFC 9110 §14.2).
        return HttpMethods.IsGet(exchange.Http.Request.Method) && headers.Range is [{ } text] && Conditions.MayCut(headers, answer.Terms) && ByteRange.TryRead(text, answer.PartOf, out var range)
            && range is { } asked && asked.From >= answer.Part!.Value.From && asked.To <= answer.Part.Value.To;
    }

    private async ValueTask RefreshAsync(Exchange exchange, CacheKey key, CacheSettings settings, RequestTerms terms, CachedAnswer answer, TimeSpan age)
    {
        await SocketThreads.Leave();
        fetch.Refresh(exchange, key, answer, settings);
        await GiveAsync(exchange, key, settings, terms, answer, age, CacheUse.Stale);
    }

    private ValueTask GiveAsync(Exchange exchange, in CacheKey key, CacheSettings settings, RequestTerms terms, CachedAnswer answer, TimeSpan age, CacheUse use)
    {
        exchange.Cache = use;
        var status = answer.HitStatus((long)Math.Floor((answer.Terms.Lifetime - age).TotalSeconds));
        if (answer.IsSuspect) status += "; detail=suspect";
        if (answer.BodyOnDisk is not null) return GiveFromDiskAsync(exchange, new CacheMiss(key, settings, terms, null, null, ""), answer, age, status);
        var writing = Serving.WriteAsync(exchange, answer, age, status, time);
        Count(exchange, key, answer);
        return writing;
    }

    private async ValueTask GiveFromDiskAsync(Exchange exchange, CacheMiss miss, CachedAnswer answer, TimeSpan age, string status)
    {
        await SocketThreads.Leave();
        if (await Serving.TryWriteFromDiskAsync(exchange, answer, age, status, time))
        {
            Count(exchange, miss.Key, answer);
            return;
        }

        cache.Remove(miss.Key, answer);
        await fetch.FetchAsync(exchange, miss);
    }

    /// <summary>Once the head is written, which says how long the body is that the client gets.</summary>
    private void Count(Exchange exchange, in CacheKey key, CachedAnswer answer)
    {
        var (use, bytes, tally) = (exchange.Cache, Serving.BodyBytes(exchange), TallyOf(exchange, answer));
        cache.Metrics.Asked(exchange.Route!.Id, use);
        cache.Metrics.Served(exchange.Route.Id, bytes);
        tally.Asked(use);
        tally.GaveStored(bytes);
        tally.Keys.Hit(key, bytes);
    }

    /// <summary>Mostly it is the one that had the answer before: then nothing is looked up.</summary>
    private CacheTally TallyOf(Exchange exchange, CachedAnswer answer)
    {
        if (answer.Tally is { } last && last.Route == exchange.Route!.Id && last.Tenant == (exchange.Caller?.Tenant ?? "")) return last;
        return answer.Tally = cache.Figures.Of(exchange);
    }

    private bool IsOnDisk(in CacheKey key, CachedResource? inMemory, out DiskKey place)
    {
        place = DiskKey.Of(cache.PlaceOf(key));
        return cache.Disk!.HasMore(place.Hash, inMemory);
    }

    private async ValueTask LoadAsync(Exchange exchange, CacheSettings settings, CacheKey key, RequestTerms terms, DiskKey place)
    {
        await SocketThreads.Leave();
        var all = await cache.LoadAsync(place, settings);
        await Serve(exchange, settings, key, terms, all, mayLoad: false);
    }

    private async ValueTask LoadAsync(Exchange exchange, CacheSettings settings, CacheKey key, RequestTerms terms, SecondLevelCache secondLevel)
    {
        await SocketThreads.Leave();
        await secondLevel.LoadAsync(exchange, key, settings, cache);
        await Serve(exchange, settings, key, terms, cache.Find(key), mayLoad: false);
    }
}
