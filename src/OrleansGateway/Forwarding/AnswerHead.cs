using Microsoft.Extensions.Primitives;
using OrleansGateway.Configuration;
using OrleansGateway.Http;
using OrleansGateway.Upstream;

namespace OrleansGateway.Forwarding;

/// <summary>The head of an upstream's answer on its way to the client: all but what speaks of the upstream's connection, and with our <c>Via</c>.</summary>
internal static class AnswerHead
{
    public static void Copy(UpstreamResponse from, Exchange exchange, Route route)
    {
        var response = exchange.Http.Response;
        response.StatusCode = from.Status;
        var connection = from.Header("Connection");
        var namesFields = connection is not null && HopByHop.NamesFields(connection);
        for (var i = 0; i < from.FieldCount; i++)
        {
            var (name, value) = from.Field(i);
            if (HopByHop.Has(name) || IsOurs(name) || (namesFields && HeaderList.Has(connection, name))) continue;
            if (name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase)) SetLength(response, from.Status, value);
            else Append(response.Headers, name, value);
        }

        Append(response.Headers, "Via", from.Version + " gateway");
        route.ResponseHeaders?.Apply(response.Headers);
    }

    // Neither 101 nor 204 has a length (RFC 9110 §8.6), and a server that names one all the same means nothing by it.
    private static void SetLength(HttpResponse response, int status, string value)
    {
        if (status is not (StatusCodes.Status101SwitchingProtocols or StatusCodes.Status204NoContent) && long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var length)) response.ContentLength = length;
    }

    private static void Append(IHeaderDictionary headers, string name, string value) =>
        headers[name] = headers.TryGetValue(name, out var before) ? StringValues.Concat(before, value) : value;

    // Answers name the request as we do: support asks for one id, not two.
    private static bool IsOurs(string name) =>
        name.Equals("x-request-id", StringComparison.OrdinalIgnoreCase) || name.Equals("x-gateway-config-version", StringComparison.OrdinalIgnoreCase);
}
