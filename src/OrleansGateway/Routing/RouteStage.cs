using OrleansGateway.Http;
using OrleansGateway.Models;

namespace OrleansGateway.Routing;

/// <summary>
/// Finds the route and what its path serves. Runs before auth: a key may be bound to routes, and from here on refusals know the dialect of the caller.
/// </summary>
internal sealed class RouteStage : IStage
{
    public ValueTask InvokeAsync(Exchange exchange, Next next)
    {
        var request = exchange.Http.Request;
        var path = request.Path.Value!;
        foreach (var route in exchange.Snapshot.Routes)
        {
            if (!path.StartsWith(route.Path, StringComparison.Ordinal)) continue;
            if (!route.IsModelApi) { exchange.Route = route; return next(exchange); }
            if (ModelEndpoint.At(path.AsSpan(route.Path.Length)) is not { } endpoint) continue;
            exchange.Route = route;
            exchange.Endpoint = endpoint;
            exchange.Operation = endpoint.Operation;
            exchange.Dialect = DialectOf(endpoint, request);
            // Where Anthropic's SDKs look for it; x-request-id is there for all.
            if (exchange.Dialect == Dialect.Anthropic) exchange.Http.Response.Headers["request-id"] = exchange.Id;
            if (request.Method == endpoint.Method) return next(exchange);
            exchange.Http.Response.Headers.Allow = endpoint.Method;
            exchange.Refuse(new Refusal(405, "method_not_allowed", $"{path} takes {endpoint.Method}, not {request.Method}."));
            return ValueTask.CompletedTask;
        }

        exchange.Dialect = request.Headers.ContainsKey("anthropic-version") ? Dialect.Anthropic
            : path.Contains("/v1/", StringComparison.Ordinal) ? Dialect.OpenAI : Dialect.Problem;
        exchange.Refuse(Refusal.NotFound("route_not_found", $"Nothing is served at {(path.Length <= 200 ? path : path[..200] + "…")}."));
        return ValueTask.CompletedTask;
    }

    /// <summary>Both APIs list models at the same path; Anthropic's clients always name their version.</summary>
    private static Dialect DialectOf(ModelEndpoint endpoint, HttpRequest request) =>
        endpoint.Action is ModelAction.ListModels or ModelAction.GetModel && request.Headers.ContainsKey("anthropic-version")
            ? Dialect.Anthropic
            : endpoint.Dialect;
}
