using OrleansGateway.Configuration;
using OrleansGateway.Http;
using OrleansGateway.Invalidation;

namespace OrleansGateway.Caching;

/// <summary>
/// The method <c>PURGE</c>, as Varnish, Squid and Fastly have it: takes what is stored of the URL out of the cache. The upstream does not see it. Answers when it is done everywhere, whether
/// anything was stored or not: somebody else may have been about to store it.
/// </summary>
internal sealed class PurgeMethod(IInvalidationSequencer sequencer)
{
    private static readonly Refusal s_forbidden = Refusal.Forbidden("purge_not_allowed", "This key may not purge here.");
    private static readonly Refusal s_unavailable = new(503, "invalidation_unavailable", "It could not be written down and is not acknowledged; it may have been applied. Send it again.");
    private static readonly Refusal s_badUrl = Refusal.BadRequest("invalid_url", "What is stored of this URL cannot be told from others.");

    /// <summary>Whether a request is one, on a route that has it.</summary>
    public static bool IsFor(Exchange exchange, CacheSettings settings) => settings.PurgeKeys.Count > 0 && exchange.Http.Request.Method == "PURGE";

    public async ValueTask PurgeAsync(Exchange exchange, CacheSettings settings)
    {
        if (exchange.Caller is not { IsToken: false } caller || !settings.PurgeKeys.Contains(caller.KeyId, StringComparer.Ordinal))
        {
            exchange.Refuse(s_forbidden);
            return;
        }

        if (Selector.OfUrl(exchange.ClientHost + exchange.Target.Whole) is not { } url)
        {
            exchange.Refuse(s_badUrl);
            return;
        }

        await SocketThreads.Leave();
        var mode = exchange.Http.Request.Headers["Fastly-Soft-Purge"] == "1" ? InvalidationMode.Soft : InvalidationMode.Hard;
        var tenant = settings.Scope == CacheScope.Public ? null : caller.Tenant;
        try
        {
            var receipt = await sequencer.PublishAsync(new InvalidationRequest(tenant, [url], mode, EventId: null, OccurredAt: null, caller.KeyId), exchange.Aborted);
            await AnswerAsync(exchange, receipt.Seq, mode);
        }
        catch (InvalidationException)
        {
            exchange.Refuse(s_unavailable);
        }
    }

    private static Task AnswerAsync(Exchange exchange, long sequence, InvalidationMode mode)
    {
        var response = exchange.Http.Response;
        (response.ContentType, response.Headers.CacheControl) = ("application/json", "no-store");
        var text = string.Create(CultureInfo.InvariantCulture, $$"""{"status":"ok","sequence":{{sequence}},"mode":"{{(mode == InvalidationMode.Soft ? "soft" : "hard")}}"}""");
        response.ContentLength = text.Length;
        return response.WriteAsync(text, exchange.Aborted);
    }
}
