using Microsoft.AspNetCore.Http.Features;
using OrleansGateway.Configuration;
using OrleansGateway.Http;

namespace OrleansGateway.Compression;

/// <summary>Compresses answers for clients that accept it, where the route says so. Stands before all stages that write bodies, and after those that only refuse.</summary>
internal sealed class CompressionStage : IStage
{
    public ValueTask InvokeAsync(Exchange exchange, Next next) =>
        exchange.Route?.Compression is { } policy ? CompressAsync(exchange, policy, next) : next(exchange);

    private static async ValueTask CompressAsync(Exchange exchange, CompressionPolicy policy, Next next)
    {
        var (request, response, features) = (exchange.Http.Request, exchange.Http.Response, exchange.Http.Features);
        var coding = HttpMethods.IsHead(request.Method) ? null : AcceptedCoding.Choose(request.Headers.AcceptEncoding, policy.Encodings);
        var sent = features.GetRequiredFeature<IHttpResponseBodyFeature>();
        await using var body = new CompressedBody(sent, response, policy, coding);
        response.OnStarting(static state => ((CompressedBody)state).DecideAsync(), body);
        if (coding is null)
        {
            await next(exchange);
            return;
        }

        features.Set<IHttpResponseBodyFeature>(body);
        try
        {
            await next(exchange);
            // Of an answer that was broken off the end is not written either: it must not look whole.
            if (exchange.Refusal is null) await body.EndAsync(exchange.Aborted);
        }
        finally
        {
            features.Set(sent);
        }
    }
}
