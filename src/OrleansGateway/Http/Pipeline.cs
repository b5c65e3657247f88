using OrleansGateway.Configuration;

namespace OrleansGateway.Http;

/// <summary>The stages, linked once at start into one delegate.</summary>
internal sealed class Pipeline(IReadOnlyList<IStage> stages, Func<Snapshot> current, RequestIds ids, TimeProvider time)
{
    private readonly Next _first = Link(stages);

    /// <summary>Takes a request through the stages. Never throws for what a client or an upstream does.</summary>
    public ValueTask ServeAsync(HttpContext http)
    {
        var exchange = new Exchange(http, current(), ids.Next(), time.GetTimestamp());
        if (exchange.Snapshot.TrustedProxies is { } proxies) ForwardedClient.Read(exchange, proxies);
        var headers = http.Response.Headers;
        headers["x-request-id"] = exchange.Id;
        if (exchange.Snapshot.Settings.ConfigVersionHeader) headers["x-gateway-config-version"] = exchange.Snapshot.Version;
        return _first(exchange);
    }

    private static Next Link(IReadOnlyList<IStage> stages)
    {
        Next next = static _ => ValueTask.CompletedTask;
        foreach (var stage in stages.Reverse())
        {
            var (current, rest) = (stage, next);
            next = exchange => current.InvokeAsync(exchange, rest);
        }

        return next;
    }
}
