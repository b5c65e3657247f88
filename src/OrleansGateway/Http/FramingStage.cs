namespace OrleansGateway.Http;

/// <summary>
/// Turns away requests that Kestrel lets through and whose end, or aim, others may see elsewhere: what stands between two servers that disagree is how requests are
/// smuggled. The connection ends with them. Only HTTP/1.x knows such requests.
/// </summary>
internal sealed class FramingStage : IStage
{
    private static readonly Refusal UnknownCoding = new(501, "transfer_encoding_unknown", "The only Transfer-Encoding taken is chunked, once (RFC 9112 section 7).");

    private static readonly Refusal ChunkedBefore11 = Refusal.BadRequest(
        "transfer_encoding_unexpected", "HTTP/1.0 has no Transfer-Encoding (RFC 9112 section 6.1). Send a Content-Length, or HTTP/1.1.");

    private static readonly Refusal UserInTarget = Refusal.BadRequest("target_invalid", "The target of the request names a user (RFC 9110 section 4.2.4). Leave it out.");

    public ValueTask InvokeAsync(Exchange exchange, Next next)
    {
        if (Judge(exchange.Http) is not { } refusal) return next(exchange);
        exchange.Http.Response.Headers.Connection = "close";
        exchange.Refuse(refusal);
        return ValueTask.CompletedTask;
    }

    private static Refusal? Judge(HttpContext http)
    {
        var codings = http.Request.Headers.TransferEncoding;
        if (codings.Count > 0)
        {
            if (HttpProtocol.IsHttp10(http.Request.Protocol)) return ChunkedBefore11;
            if (codings.Count > 1 || !string.Equals(codings[0], "chunked", StringComparison.OrdinalIgnoreCase)) return UnknownCoding;
        }

        var target = http.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpRequestFeature>()?.RawTarget;
        // An absolute target: nearly all begin with the slash of their path.
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
