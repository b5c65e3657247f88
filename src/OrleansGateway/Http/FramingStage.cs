using Microsoft.AspNetCore.Http.Features;
using OrleansGateway.Http.Listening;

namespace OrleansGateway.Http;

/// <summary>
/// Turns away requests that Kestrel lets through and whose end, or aim, another server may see elsewhere: between two that disagree requests are smuggled. On
/// HTTP/1.x the connection ends with them. Stands first of the stages that go by what a request says.
/// </summary>
internal sealed class FramingStage : IStage
{
    private static readonly Refusal UnknownCoding = new(501, "transfer_encoding_unknown", "The only Transfer-Encoding taken is chunked, once (RFC 9112 section 7).");

    private static readonly Refusal ChunkedBefore11 = Refusal.BadRequest(
        "transfer_encoding_unexpected", "HTTP/1.0 has no Transfer-Encoding (RFC 9112 section 6.1). Send a Content-Length, or HTTP/1.1.");

    private static readonly Refusal ConnectionField = Refusal.BadRequest(
        "connection_field", "Fields that speak of the connection (Keep-Alive, Proxy-Connection, Transfer-Encoding, Upgrade) are not for HTTP/2 and later (RFC 9113 section 8.2.2).");

    private static readonly Refusal UserInTarget = Refusal.BadRequest("target_invalid", "The target of the request names a user (RFC 9110 section 4.2.4). Leave it out.");

    private static readonly Refusal TargetCharacters = Refusal.BadRequest(
        "target_invalid", "The path or query holds a space or another character that must be percent-encoded there (RFC 3986).");

    public ValueTask InvokeAsync(Exchange exchange, Next next)
    {
        var isHttp1 = exchange.Http.Request.Protocol is "HTTP/1.1" or "HTTP/1.0";
        if (exchange.Http.Request.Headers.Connection is { Count: > 0 } connection && HeaderList.Has(connection, ConnectionEncoding.Close))
            exchange.Http.Response.Headers.Connection = "close";
        if (Judge(exchange.Http, isHttp1) is not { } refusal) return next(exchange);
        if (isHttp1) exchange.Http.Response.Headers.Connection = "close";
        exchange.Refuse(refusal);
        return ValueTask.CompletedTask;
    }

    private static Refusal? Judge(HttpContext http, bool isHttp1)
    {
        var headers = http.Request.Headers;
        if (!isHttp1 && headers.TransferEncoding.Count + headers.KeepAlive.Count + headers.Upgrade.Count + headers["Proxy-Connection"].Count > 0) return ConnectionField;
        if (headers.TransferEncoding is { Count: > 0 } codings)
        {
            if (HttpProtocol.IsHttp10(http.Request.Protocol)) return ChunkedBefore11;
            if (codings.Count > 1 || !string.Equals(codings[0], "chunked", StringComparison.OrdinalIgnoreCase)) return UnknownCoding;
        }

        var target = http.Features.Get<IHttpRequestFeature>()?.RawTarget ?? "";
        if (target.AsSpan().ContainsAnyExceptInRange('!', '~')) return TargetCharacters;
        // Nearly all begin with the slash of their path; the others are absolute.
        return target is [not '/', ..] && target.AsSpan(0, EndOfAuthority(target)).Contains('@') ? UserInTarget : null;
    }

    private static int EndOfAuthority(string target)
    {
        var scheme = target.IndexOf("://", StringComparison.Ordinal);
        var start = scheme < 0 ? 0 : scheme + 3;
        var length = target.AsSpan(start).IndexOfAny('/', '?', '#');
        return length < 0 ? target.Length : start + length;
    }
}
