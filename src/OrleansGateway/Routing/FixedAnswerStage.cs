using System.Text;
using OrleansGateway.Configuration;
using OrleansGateway.Http;

namespace OrleansGateway.Routing;

/// <summary>Answers for routes that redirect or have a fixed response. Runs after auth, for such a route too may be for some callers only.</summary>
internal sealed class FixedAnswerStage : IStage
{
    public ValueTask InvokeAsync(Exchange exchange, Next next) => exchange.Route switch
    {
        { Redirect: { } target } route => Redirect(exchange, route, target),
        { Settings.Respond: { } respond } route => RespondAsync(exchange, route, respond),
        _ => next(exchange),
    };

    private static ValueTask Redirect(Exchange exchange, Route route, RedirectTarget target)
    {
        var (request, response) = (exchange.Http.Request, exchange.Http.Response);
        response.StatusCode = route.Settings.Redirect!.Status;
        var host = HostPattern.NameOf(request.Host.Value ?? "").ToString();
        response.Headers.Location = target.Of(request.Scheme, host, exchange.Target.RawPath, exchange.Target.Query);
        response.ContentLength = 0;
        route.ResponseHeaders?.Apply(response.Headers);
        return ValueTask.CompletedTask;
    }

    private static async ValueTask RespondAsync(Exchange exchange, Route route, RespondSettings respond)
    {
        var response = exchange.Http.Response;
        response.StatusCode = respond.Status;
        if (respond.Body.Length > 0) response.ContentType = respond.ContentType;
        // RFC 9110 §8.6: these have no body, and no length either.
        if (respond.Status is not (StatusCodes.Status204NoContent or StatusCodes.Status304NotModified))
            response.ContentLength = Encoding.UTF8.GetByteCount(respond.Body);
        route.ResponseHeaders?.Apply(response.Headers);
        if (respond.Body.Length == 0 || HttpMethods.IsHead(exchange.Http.Request.Method)) return;
        Encoding.UTF8.GetBytes(respond.Body, response.BodyWriter);
        await response.BodyWriter.FlushAsync(exchange.Aborted);
    }
}
