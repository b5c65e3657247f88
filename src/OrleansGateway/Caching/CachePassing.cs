using OrleansGateway.Caching.Terms;
using OrleansGateway.Configuration;
using OrleansGateway.Forwarding;
using OrleansGateway.Http;
using OrleansGateway.Invalidation;

namespace OrleansGateway.Caching;

/// <summary>Passes on requests that the cache does not answer, and sees what they mean for it: those that change something make what is stored of it invalid.</summary>
internal sealed class CachePassing(AnswerCache cache, IInvalidationSequencer sequencer)
{
    /// <param name="exchange">The request.</param>
    /// <param name="settings">The route's.</param>
    /// <param name="why">Why it is passed on, as RFC 9211 §2.2 says it.</param>
    public ValueTask PassAsync(Exchange exchange, CacheSettings settings, string why)
    {
        exchange.Cache = CacheUse.Bypass;
        cache.Metrics.Asked(exchange.Route!.Id, CacheUse.Bypass);
        cache.Figures.Of(exchange).Asked(CacheUse.Bypass);
        var method = exchange.Http.Request.Method;
        // RFC 9110 §9.2.1.
        var isSafe = HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method) || HttpMethods.IsTrace(method) || HttpMethods.IsConnect(method);
        if (!isSafe) return ChangeAsync(exchange, settings);
        return HttpMethods.IsHead(method) && CacheStage.IsPlain(exchange.Http)
            ? HeadAsync(exchange, settings, why)
            : cache.Origin.PassAsync(exchange, new LiveWatch(exchange, $"gateway; fwd={why}"));
    }

    private async ValueTask HeadAsync(Exchange exchange, CacheSettings settings, string why)
    {
        using var order = new FillOrder(CacheStage.KeyOf(exchange, settings), exchange.Route!, OriginRequest.Of(exchange), cache.InvalidationsOf(exchange, settings))
        {
            RouteTags = exchange.Route!.CacheTags(exchange.Target.RawPath),
            Terms = RequestTerms.Of(exchange.Http.Request.Headers, settings),
        };
        await cache.Origin.PassAsync(exchange, new HeadWatch(cache, order, exchange, $"gateway; fwd={why}"));
    }

    private async ValueTask ChangeAsync(Exchange exchange, CacheSettings settings)
    {
        var tenant = settings.Scope == CacheScope.Public ? null : exchange.Caller?.Tenant;
        using var ticket = cache.Invalidations.Of(tenant).BeginFill();
        await cache.Origin.PassAsync(exchange, new ChangeWatch(cache, sequencer, exchange, settings, tenant, ticket));
    }
}
