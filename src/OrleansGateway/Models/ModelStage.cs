using OrleansGateway.Configuration;
using OrleansGateway.Http;

namespace OrleansGateway.Models;

/// <summary>
/// Reads what a model call asks for and finds its model, or lists the models. Runs after auth, which says what the caller may use.
/// </summary>
internal sealed class ModelStage : IStage
{
    public ValueTask InvokeAsync(Exchange exchange, Next next) => exchange.Endpoint switch
    {
        ModelEndpoint { Action: ModelAction.ListModels } => ModelList.WriteAllAsync(exchange),
        ModelEndpoint { Action: ModelAction.GetModel } => ModelList.WriteOneAsync(exchange),
        ModelEndpoint endpoint => CallAsync(exchange, endpoint, next),
        _ => next(exchange),
    };

    private static async ValueTask CallAsync(Exchange exchange, ModelEndpoint endpoint, Next next)
    {
        var http = exchange.Http.Request;
        if (http.Headers.ContentEncoding.Count > 0)
        {
            exchange.Refuse(new Refusal(415, "unsupported_encoding", "Compressed request bodies are not accepted; send the body without Content-Encoding."));
            return;
        }

        var bytesMax = exchange.Snapshot.Settings.Limits.RequestBodyMax.Bytes;
        if (await RequestBody.ReadAsync(http, bytesMax, exchange.Aborted) is not { } body)
        {
            exchange.Refuse(Refusal.BodyTooLarge(bytesMax));
            return;
        }

        if (Open(exchange, endpoint, body) is not { } call)
        {
            body.Dispose();
            return;
        }

        using (call)
        {
            exchange.Call = call;
            await next(exchange);
        }
    }

    private static ModelCall? Open(Exchange exchange, ModelEndpoint endpoint, RequestBody body)
    {
        if ((RequestEnvelope.Read(body.Memory.Span, out var envelope) ?? ModelList.Check(exchange, envelope.Model)) is { } refusal)
        {
            exchange.Refuse(refusal);
            return null;
        }

        var model = exchange.Snapshot.Models[envelope.Model];
        return new ModelCall(endpoint, body, envelope, model) 
        {
            Model = model.Name,
            Stream = envelope.Stream,
            IsDrained = exchange.Snapshot.OnDisconnectOf(exchange.Caller?.Tenant) == OnDisconnect.Drain,
        };
    }
}
