using OrleansGateway.Http;

namespace OrleansGateway.Limits;

/// <summary>What limits and budgets know of one request.</summary>
internal sealed class RequestLimits : LimitFacts
{
    /// <summary>Where those of its limits stand that answers tell, as far as they are known.</summary>
    public List<LimitLevel> Levels { get; } = [];

    public static RequestLimits Of(Exchange exchange)
    {
        if (exchange.Limits is RequestLimits limits) return limits;
        limits = new RequestLimits();
        exchange.Limits = limits;
        return limits;
    }
}
