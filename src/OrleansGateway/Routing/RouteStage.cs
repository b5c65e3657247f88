using OrleansGateway.Configuration;
using OrleansGateway.Http;
using OrleansGateway.Models;

namespace OrleansGateway.Routing;

/// <summary>
/// Finds the route and what its path serves. Runs before auth: a key may be bound to routes, and from here on refusals know the dialect of the caller.
/// </summary>
internal sealed class RouteStage : IStage
{
    private const int ShownMax = 200;

    private static readonly Func<Route, string, bool> ServesModels = static (route, path) => ModelEndpoint.At(path.AsSpan(route.Path.Length)) is not null;

    public ValueTask InvokeAsync(Exchange exchange, Next next)
    {
        var http = exchange.Http.Request;
        if (RequestTarget.Read(http, out var target) is { } problem)
        {
            exchange.Refuse(Refusal.BadRequest("bad_path", problem));
            return ValueTask.CompletedTask;
        }

        exchange.Target = target;
        var request = RequestOf(http, target, http.Method, http.Headers);
        if (FindForPreflight(exchange, request) is { } asked)
        {
            exchange.Route = asked;
            return next(exchange);
        }

        exchange.Route = exchange.Snapshot.Routes.Find(request);
        return exchange.Route switch
        {
            null => RefuseAsync(exchange, request),
            { IsModelApi: true } route => ServeModelsAsync(exchange, route, next),
            _ => next(exchange),
        };
    }

    /// <summary>
    /// The route of the request that a preflight asks about, if it answers preflights: its method is the one asked for, and its own header is not there yet. Without
    /// this a route that takes only POST would never see its preflight, which is an OPTIONS.
    /// </summary>
    private static Route? FindForPreflight(Exchange exchange, in RouteRequest request)
    {
        if (!HttpMethods.IsOptions(request.Method)) return null;
        var headers = exchange.Http.Request.Headers;
        if (headers.Origin.Count == 0 || headers.AccessControlRequestMethod is not [{ } method]) return null;
        var asked = RequestOf(exchange.Http.Request, exchange.Target, method, headers: null);
        return exchange.Snapshot.Routes.Find(asked) is { Cors: not null } route ? route : null;
    }

    private static ValueTask ServeModelsAsync(Exchange exchange, Route route, Next next)
    {
        var endpoint = ModelEndpoint.At(exchange.Target.Path.AsSpan(route.Path.Length))!;
        var request = exchange.Http.Request;
        exchange.Endpoint = endpoint;
        exchange.Operation = endpoint.Operation;
        exchange.Dialect = DialectOf(endpoint, request);
        // Where Anthropic's SDKs look for it; x-request-id is there for all.
        if (exchange.Dialect == Dialect.Anthropic) exchange.Http.Response.Headers["request-id"] = exchange.Id;
        return request.Method == endpoint.Method ? next(exchange) : RefuseMethodAsync(exchange, endpoint.Method);
    }

    private static ValueTask RefuseAsync(Exchange exchange, in RouteRequest request)
    {
        var path = request.Path;
        exchange.Dialect = exchange.Http.Request.Headers.ContainsKey("anthropic-version") ? Dialect.Anthropic
            : path.Contains("/v1/", StringComparison.Ordinal) ? Dialect.OpenAI : Dialect.Problem;
        var allowed = exchange.Snapshot.Routes.MethodsAllowed(request);
        if (allowed.Count > 0) return RefuseMethodAsync(exchange, string.Join(", ", allowed));
        exchange.Refuse(Refusal.NotFound("route_not_found", $"Nothing is served at {Shown(path)}."));
        return ValueTask.CompletedTask;
    }

    private static ValueTask RefuseMethodAsync(Exchange exchange, string allowed)
    {
        exchange.Http.Response.Headers.Allow = allowed;
        exchange.Refuse(new Refusal(405, "method_not_allowed", $"{Shown(exchange.Target.Path)} takes {allowed}, not {exchange.Http.Request.Method}."));
        return ValueTask.CompletedTask;
    }

    private static RouteRequest RequestOf(HttpRequest http, in RequestTarget target, string method, IHeaderDictionary? headers) => new()
    {
        Host = http.Host.Value ?? "",
        Method = method,
        Path = target.Path,
        Query = target.Query,
        Headers = headers,
        ServesModels = ServesModels,
    };

    private static string Shown(string path) => path.Length <= ShownMax ? path : path[..ShownMax] + "…";

    /// <summary>Both APIs list models at the same path; Anthropic's clients always name their version.</summary>
    private static Dialect DialectOf(ModelEndpoint endpoint, HttpRequest request) =>
        endpoint.Action is ModelAction.ListModels or ModelAction.GetModel && request.Headers.ContainsKey("anthropic-version")
            ? Dialect.Anthropic
            : endpoint.Dialect;
}
