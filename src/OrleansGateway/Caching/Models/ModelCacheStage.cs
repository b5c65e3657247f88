using OrleansGateway.Caching.Figures;
using OrleansGateway.Configuration;
using OrleansGateway.Http;
using OrleansGateway.Invalidation;
using OrleansGateway.Models;
using OrleansGateway.Routing;
using OrleansGateway.Telemetry;
using OrleansGateway.Usage;

namespace OrleansGateway.Caching.Models;

/// <summary>
/// Answers model calls from what providers have said before, or are saying to another who asks the same. Stands inside the stage that writes down usage, for an answer from
/// here is usage too, and outside the one that holds money, for it spends none. What limits requests has had its say.
/// </summary>
internal sealed class ModelCacheStage(
    ModelCache cache, AnswerDesk desk, InvalidationTable invalidations, ModelCacheMetrics metrics, CacheFigures figures, Readiness readiness, Random random, TimeProvider time) : IStage
{
    private static readonly Refusal s_notStored = new(504, "not_cached", "The request takes an answer from the cache only, and there is none.");

    public ValueTask InvokeAsync(Exchange exchange, Next next) =>
        exchange.Call is ModelCall { Endpoint.Action: ModelAction.ChatCompletions or ModelAction.Messages or ModelAction.Embeddings } call
        && exchange.Route!.Settings.ModelCache is { } settings
            ? CacheAsync(exchange, call, settings, next)
            : next(exchange);

    private async ValueTask CacheAsync(Exchange exchange, ModelCall call, ModelCacheSettings settings, Next next)
    {
        if (CallTerms.Read(exchange.Http.Request, settings, out var terms) is { } wrong)
        {
            exchange.Refuse(wrong);
            return;
        }

        try
        {
            if (Order(exchange, call, settings, terms) is { } order) await CacheAsync(exchange, call, terms, order, next);
            else if (terms.OnlyIfCached) exchange.Refuse(s_notStored);
            else await next(exchange);
        }
        finally
        {
            metrics.Asked(exchange.Route!.Id, call.Model, exchange.Cache);
            figures.Of(exchange).AskedModel(exchange.Cache);
        }
    }

    /// <summary>What is to be asked for the cache; none if the call has nothing to do with it, as its answer then says.</summary>
    private AnswerOrder? Order(Exchange exchange, ModelCall call, ModelCacheSettings settings, CallTerms terms)
    {
        call.Order = TargetOrder.Draw(call.Entry, random);
        var (target, isChat) = (call.Order[0], call.Endpoint.Action != ModelAction.Embeddings);
        // What this target cannot take is for another, or for nobody, as happens without a cache.
        if (UpstreamCall.Prepare(exchange, call, target, time, out var upstream) is not null) return Bypass(exchange, "target");
        var labels = call.Labels as CallLabels ?? CallLabels.None;
        if (CallTags.Of(exchange, call, terms.Tags, labels.WithCaller(exchange.Caller)) is not { } tags) return Bypass(exchange, "tags");
        var caller = exchange.Caller;
        var user = settings.Scope == ModelCacheScope.User ? caller?.User is { } name ? $"user {caller.Team} {name}" : $"key {caller?.CountedAs}" : null;
        var owner = new KeyOwner(caller?.Tenant, user, exchange.Route!.Id, settings.PolicyVersion, tags, isChat);
        if (!AskedCall.TryRead(owner, target, upstream!.Dialect, upstream.Request, out var asked)) return Bypass(exchange, "ambiguous");
        if (asked.IsKept) return Bypass(exchange, "store");
        if (asked.IsSampled && !settings.Sampled && terms.Ttl is null) return Bypass(exchange, "sampled");
        var host = exchange.ClientHost;
        return new AnswerOrder
        {
            Key = asked.Key,
            Target = target,
            Dialect = upstream.Dialect,
            IsChat = isChat,
            TellsUsage = call.Envelope.IncludeUsage || target.Provider.Settings.StreamUsage == StreamUsage.Always,
            IsStream = call.Stream,
            Route = exchange.Route.Id,
            Settings = settings,
            Ttl = terms.Ttl ?? settings.Ttl,
            Invalidations = invalidations.Of(caller?.Tenant),
            Host = host,
            Url = host + exchange.Target.Path,
            Tags = [.. tags.Select(Selector.OfTag).OfType<Selector>()],
        };
    }

    private static AnswerOrder? Bypass(Exchange exchange, string why)
    {
        exchange.Cache = CacheUse.Bypass;
        CacheStatus.Write(exchange.Http.Response, $"fwd=bypass; detail={why}");
        return null;
    }

    private async ValueTask CacheAsync(Exchange exchange, ModelCall call, CallTerms terms, AnswerOrder order, Next next)
    {
        var isSuspect = order.Settings.WhenSuspect == ModelSuspectUse.Pass && order.Invalidations.IsSuspect;
        if (terms.MayFind && !isSuspect)
        {
            if (cache.Find(order.Key) is { } stored && !(stored.Age(time) > terms.MaxAge) && stored.StoppedFor(order.Settings.FinishReasons)
                && await desk.TryGiveAsync(exchange, call, order, stored)) return;
            if (!terms.OnlyIfCached && cache.TryJoin(order.Key) is { } coming && await FollowAsync(exchange, call, order, coming)) return;
        }

        if (terms.OnlyIfCached)
        {
            exchange.Cache = CacheUse.Miss;
            CacheStatus.Write(exchange.Http.Response, "fwd=miss");
            exchange.Refuse(s_notStored);
            return;
        }

        await AskAsync(exchange, call, terms, order, next);
    }

    private async ValueTask<bool> FollowAsync(Exchange exchange, ModelCall call, AnswerOrder order, SharedAnswer coming)
    {
        try
        {
            return await desk.TryFollowAsync(exchange, call, order, coming);
        }
        finally
        {
            coming.Leave();
        }
    }

    private async ValueTask AskAsync(Exchange exchange, ModelCall call, CallTerms terms, AnswerOrder order, Next next)
    {
        exchange.Cache = terms.MayStore || terms.MayFind ? CacheUse.Miss : CacheUse.Bypass;
        CacheStatus.Write(exchange.Http.Response, terms.MayFind ? "fwd=miss" : terms.MayStore ? "fwd=request" : "fwd=bypass; detail=request");
        if (!terms.MayStore)
        {
            await next(exchange);
            return;
        }

        using var answer = new SharedAnswer(cache, order, call, time, exchange.Aborted, readiness.CutOff);
        cache.Offer(answer);
        await next(exchange);
    }
}
