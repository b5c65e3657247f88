using System.Diagnostics.Metrics;
using OrleansGateway.Http;

namespace OrleansGateway.Telemetry;

/// <summary>Numbers of the cache, on the gateway's meter. All tags are named by the operator, or one of a few words.</summary>
internal sealed class CacheMetrics
{
    private readonly Counter<long> _requests;
    private readonly Counter<long> _served;
    private readonly Counter<long> _stored;

    public CacheMetrics(GatewayMetrics metrics)
    {
        var meter = metrics.Meter;
        _requests = meter.CreateCounter<long>("gateway.cache.requests", "{request}", "Requests to routes with a cache, by what the cache made of them.");
        _served = meter.CreateCounter<long>("gateway.cache.served", "By", "Bytes of bodies that came from the cache, or from another request's answer, rather than from an upstream.");
        _stored = meter.CreateCounter<long>("gateway.cache.stored", "{answer}", "Answers stored.");
        meter.CreateObservableGauge("gateway.cache.size", () => Size(), "By", "Memory taken by stored answers.");
        meter.CreateObservableGauge("gateway.cache.entries", () => Entries(), "{url}", "URLs of which an answer is stored.");
        meter.CreateObservableCounter("gateway.cache.evictions", () => Evictions(), "{url}", "Stored answers that had to go for want of room.");
    }

    /// <summary>Bytes taken by the store.</summary>
    public Func<long> Size { private get; set; } = static () => 0;

    /// <summary>Keys in the store.</summary>
    public Func<long> Entries { private get; set; } = static () => 0;

    /// <summary>How many had to go.</summary>
    public Func<long> Evictions { private get; set; } = static () => 0;

    /// <param name="route">Id of the route.</param>
    /// <param name="use">What the cache made of the request.</param>
    public void Asked(string route, CacheUse use) => _requests.Add(1, Tag("http.route", route), Tag("cache", use.Word()));

    /// <param name="route">Id of the route.</param>
    /// <param name="bytes">Bytes of the body.</param>
    public void Served(string route, long bytes) => _served.Add(bytes, Tag("http.route", route));

    /// <param name="route">Id of the route.</param>
    public void Stored(string route) => _stored.Add(1, Tag("http.route", route));

    private static KeyValuePair<string, object?> Tag(string name, object? value) => new(name, value);
}
