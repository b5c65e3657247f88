using OrleansGateway.Configuration;
using OrleansGateway.Http;

namespace OrleansGateway.Cors;

/// <summary>
/// Tells browsers which pages of other origins may call a route (Fetch standard §3.3, CORS protocol). Runs before auth: a preflight carries no credentials, and a
/// page may read only such refusals as carry these fields too.
/// </summary>
internal sealed class CorsStage : IStage
{
    private const string Prefix = "Access-Control-";

    public ValueTask InvokeAsync(Exchange exchange, Next next)
    {
        if (exchange.Route?.Cors is not { } policy) return next(exchange);
        var request = exchange.Http.Request;
        if (HttpMethods.IsOptions(request.Method) && request.Headers.Origin is [{ } origin] && request.Headers.AccessControlRequestMethod is [{ } method])
            return AnswerPreflight(exchange, policy, origin, method);
        // Only once the answer's own header is there, for what is set here takes the place of what an upstream says.
        exchange.Http.Response.OnStarting(static state => Mark((Exchange)state), exchange);
        return next(exchange);
    }

    private static ValueTask AnswerPreflight(Exchange exchange, CorsPolicy policy, string origin, string method)
    {
        var (asked, response) = (exchange.Http.Request.Headers.AccessControlRequestHeaders.ToString(), exchange.Http.Response);
        response.StatusCode = StatusCodes.Status204NoContent;
        var headers = response.Headers;
        headers.Append("Vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers");
        if (!policy.AllowsOrigin(origin) || !policy.AllowsMethod(method) || asked.Length > 0 && !policy.AllowsHeaders(asked)) return ValueTask.CompletedTask;
        AllowOrigin(headers, policy, origin);
        headers.AccessControlAllowMethods = policy.Methods;
        if (asked.Length > 0) headers.AccessControlAllowHeaders = asked;
        headers.AccessControlMaxAge = policy.MaxAge;
        return ValueTask.CompletedTask;
    }

    private static Task Mark(Exchange exchange)
    {
        var (policy, headers) = (exchange.Route!.Cors!, exchange.Http.Response.Headers);
        RemoveTheirs(headers);
        if (!policy.AnyOrigin || policy.Credentials) HeaderList.AddToVary(headers, "Origin");
        if (exchange.Http.Request.Headers.Origin is not [{ } origin] || !policy.AllowsOrigin(origin)) return Task.CompletedTask;
        AllowOrigin(headers, policy, origin);
        if (policy.ExposeHeaders.Length > 0) headers.AccessControlExposeHeaders = policy.ExposeHeaders;
        return Task.CompletedTask;
    }

    private static void AllowOrigin(IHeaderDictionary headers, CorsPolicy policy, string origin)
    {
        headers.AccessControlAllowOrigin = policy is { AnyOrigin: true, Credentials: false } ? "*" : origin;
        if (policy.Credentials) headers.AccessControlAllowCredentials = "true";
    }

    private static void RemoveTheirs(IHeaderDictionary headers)
    {
        List<string>? theirs = null;
        foreach (var (name, _) in headers)
        {
            if (name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase)) (theirs ??= []).Add(name);
        }

        foreach (var name in theirs ?? []) headers.Remove(name);
    }
}
