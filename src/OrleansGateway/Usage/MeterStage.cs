using OrleansGateway.Http;
using OrleansGateway.Models;

namespace OrleansGateway.Usage;

/// <summary>
/// Accounts for model calls: refuses one whose usage could not be written down, and bills each however it ends, an exception on its way out included. Stands outside the stage that
/// holds money, and inside the one that has read the call.
/// </summary>
internal sealed class MeterStage(UsageMeter meter) : IStage
{
    private static readonly Refusal s_full = new(
        503, "usage_unavailable", "The gateway cannot write down what calls use now, and so makes none. Try again.", RetryAfter: TimeSpan.FromSeconds(5));

    public ValueTask InvokeAsync(Exchange exchange, Next next) => exchange.Call is ModelCall call ? MeterAsync(exchange, call, next) : next(exchange);

    private async ValueTask MeterAsync(Exchange exchange, ModelCall call, Next next)
    {
        if (!meter.HasRoom)
        {
            exchange.Refuse(s_full);
            return;
        }

        if (CallLabels.Read(exchange.Http.Request, call, out var labels) is { } refusal)
        {
            exchange.Refuse(refusal);
            return;
        }

        call.Labels = labels;
        try
        {
            await next(exchange);
        }
        finally
        {
            meter.Ended(exchange, call);
        }
    }
}
