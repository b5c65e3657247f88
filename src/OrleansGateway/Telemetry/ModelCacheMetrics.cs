using System.Diagnostics.Metrics;
using OrleansGateway.Http;

namespace OrleansGateway.Telemetry;

/// <summary>Numbers of the cache of models' answers, on the gateway's meter.</summary>
internal sealed class ModelCacheMetrics
{
    private const double Billion = 1e9;

    private readonly Meter _meter;
    private readonly Counter<long> _requests;
    private readonly Counter<long> _stored;
    private readonly Counter<long> _savedTokens;
    private readonly Counter<double> _savedCost;

    public ModelCacheMetrics(GatewayMetrics metrics)
    {
        _meter = metrics.Meter;
        _requests = _meter.CreateCounter<long>("gateway.model_cache.requests", "{request}", "Model calls on routes with model_cache, by what the cache made of them.");
        _stored = _meter.CreateCounter<long>("gateway.model_cache.stored", "{answer}", "Answers stored.");
        _savedTokens = _meter.CreateCounter<long>("gateway.model_cache.saved_tokens", "{token}", "Tokens of answers that no provider was asked for.");
        _savedCost = _meter.CreateCounter<double>("gateway.model_cache.saved_cost", "{USD}", "What tenants would have been billed for them.");
    }

    /// <summary>Shows what the store holds.</summary>
    /// <param name="bytes">Bytes taken.</param>
    /// <param name="entries">Answers in it.</param>
    /// <param name="evictions">How many had to go for want of room.</param>
    public void Show(Func<long> bytes, Func<long> entries, Func<long> evictions)
    {
        _meter.CreateObservableGauge("gateway.model_cache.size", bytes, "By", "Memory taken by stored answers of models.");
        _meter.CreateObservableGauge("gateway.model_cache.entries", entries, "{answer}", "Answers of models that are stored.");
        _meter.CreateObservableCounter("gateway.model_cache.evictions", evictions, "{answer}", "Stored answers of models that had to go for want of room.");
    }

    /// <param name="route">Id of the route.</param>
    /// <param name="model">The model asked for.</param>
    /// <param name="use">What the cache made of the call.</param>
    public void Asked(string route, string model, CacheUse use) => _requests.Add(1, new("http.route", route), new("gen_ai.request.model", model), new("cache", use.Word()));

    /// <param name="route">Id of the route.</param>
    public void Stored(string route) => _stored.Add(1, new KeyValuePair<string, object?>("http.route", route));

    /// <param name="tenant">Id of the tenant.</param>
    /// <param name="model">The model asked for.</param>
    /// <param name="saved">What an answer has saved.</param>
    public void Saved(string? tenant, string model, in SavedUsage saved)
    {
        _savedTokens.Add(saved.Tokens.TotalInput + saved.Tokens.Output, new("tenant", tenant), new("model", model));
        _savedCost.Add(saved.Billed / Billion, new("tenant", tenant), new("model", model));
    }
}
