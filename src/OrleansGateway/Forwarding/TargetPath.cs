using Microsoft.AspNetCore.Http.Features;
using OrleansGateway.Http;
using OrleansGateway.Configuration;
namespace OrleansGateway.Forwarding;
internal static class TargetPath
{
    public static bool TryWrite(Exchange exchange, Route route, out string target)
    {
        target = exchange.Http.Features.Get<IHttpRequestFeature>()!.RawTarget;
        return true;
    }
}
